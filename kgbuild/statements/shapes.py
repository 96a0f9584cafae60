"""SHACL validation of a graph: the union of all named graphs, since engines look at one graph."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from kgbuild.errors import OntologyError
from kgbuild.ontology_files import read_file
from kgbuild.statements.shacl import NotCompiled, validate_store
from kgbuild.statements.shacl.check import wrong
from kgbuild.vocab import RDFS


def validate(quads: Path, shapes: Sequence[str] = ("shapes",)) -> list[str]:
    """Violations of an N-Quads file as sorted lines "focus: message"; empty if it conforms.

    ``shapes``: built-in names, or paths of SHACL files and ontologies in RDF (what is not compiled to SPARQL runs on
    pySHACL); the subclasses that they state count. Raises ``OntologyError`` naming file and line of what is none.
    """
    import pyoxigraph as ox

    store = ox.Store()
    store.bulk_load(path=quads, format=ox.RdfFormat.N_QUADS)
    try:
        found = validate_store(store, _shapes(shapes, store))
    except (NotCompiled, ValueError, RuntimeError, SyntaxError) as err:
        raise OntologyError(f"{', '.join(shapes)}: the shapes cannot be used: {err}"[:400]) from err
    return sorted({f"{r.focus.strip('<>')}: {r.message}" for r in found})


def _shapes(names: Sequence[str], store: Any) -> Any:
    """The shapes of files together; the subclasses that these state go into the store."""
    import pyoxigraph as ox
    from rdflib import Graph

    graph = Graph()
    for name in names:
        built_in = files("kgbuild.ontologies").joinpath(f"{name}.ttl")
        file = read_file(str(built_in) if built_in.is_file() else name)
        quads = file.quads()
        store.extend(q for q in quads if q.predicate.value == RDFS + "subClassOf")
        triples = (q.triple for q in quads)
        part = Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
        for term, _, message in wrong(part):
            raise OntologyError(f"{file.at(term)}: {message}")
        graph += part
    return graph
