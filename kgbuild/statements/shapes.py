"""SHACL validation of a graph: the union of all named graphs, since engines look at one graph."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from kgbuild.errors import OntologyError


def validate(quads: Path, shapes: Sequence[str] = ("shapes",)) -> list[str]:
    """Violations of an N-Quads file as sorted lines "focus: message"; empty if it conforms.

    ``shapes``: built-in names or paths of SHACL files. Uses pySHACL (SHACL core).
    """
    from pyshacl import validate as run
    from rdflib import Graph
    from rdflib.namespace import SH

    _, results, _ = run(_union(quads), shacl_graph=_shapes(shapes), advanced=False, inference="none")
    assert isinstance(results, Graph)
    found = []
    for result in results.subjects(SH.resultSeverity):
        focus, message = results.value(result, SH.focusNode), results.value(result, SH.resultMessage)
        found.append(f"{focus}: {message}")
    return sorted(found)


def _shapes(names: Sequence[str]) -> Any:
    from rdflib import Graph

    graph = Graph()
    for name in names:
        built_in = files("kgbuild.ontologies").joinpath(f"{name}.ttl")
        try:
            text = built_in.read_text("utf-8") if built_in.is_file() else Path(name).read_text("utf-8")
            graph.parse(data=text, format="turtle")
        except Exception as err:  # rdflib's parsers raise many kinds
            raise OntologyError(f"shapes {name!r} cannot be loaded: {err}"[:300]) from err
    return graph


def _union(path: Path) -> Any:
    import pyoxigraph as ox
    from rdflib import Graph

    triples = (quad.triple for quad in ox.parse(path=path, format=ox.RdfFormat.N_QUADS))
    return Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
