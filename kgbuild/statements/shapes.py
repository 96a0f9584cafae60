"""SHACL validation of a graph: the union of all named graphs, since engines look at one graph."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from kgbuild.errors import OntologyError
from kgbuild.statements.shacl import validate_store


def validate(quads: Path, shapes: Sequence[str] = ("shapes",)) -> list[str]:
    """Violations of an N-Quads file as sorted lines "focus: message"; empty if it conforms.

    ``shapes``: built-in names or paths of SHACL files (SHACL Core; what is not compiled to SPARQL runs on pySHACL).
    """
    import pyoxigraph as ox

    store = ox.Store()
    store.bulk_load(path=quads, format=ox.RdfFormat.N_QUADS)
    found = validate_store(store, _shapes(shapes))
    return sorted({f"{r.focus.strip('<>')}: {r.message}" for r in found})


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
