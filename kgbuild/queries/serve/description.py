"""What the endpoint says of itself (SPARQL 1.1 Service Description)."""

from __future__ import annotations

from kgbuild.queries.serve import forms
from kgbuild.vocab import KGF

SD = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS = "http://www.w3.org/ns/formats/"
_NAMES = {
    "json": "SPARQL_Results_JSON", "xml": "SPARQL_Results_XML", "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV", "turtle": "Turtle", "ntriples": "N-Triples", "jsonld": "JSON-LD", "rdfxml": "RDF_XML",
}  # fmt: skip


def describe_service(url: str, form: str) -> bytes:
    """The description in a form of graphs; ``url`` is where it was asked for."""
    import pyoxigraph as ox

    from kgbuild.queries.functions import boxes, fragments, intervals

    service, type_ = ox.NamedNode(url), ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    said = [(type_, SD + "Service"), (ox.NamedNode(SD + "endpoint"), url)]
    said += [(ox.NamedNode(SD + "supportedLanguage"), SD + "SPARQL11Query")]
    said += [(ox.NamedNode(SD + "feature"), SD + "UnionDefaultGraph")]
    said += [(ox.NamedNode(SD + "resultFormat"), _FORMATS + name) for name in _NAMES.values()]
    names = sorted({*fragments.functions(), *boxes.functions(), *intervals.functions(), "similarity"})
    said += [(ox.NamedNode(SD + "extensionFunction"), KGF + name) for name in names]
    said += [(ox.NamedNode(SD + "extensionAggregate"), KGF + "extent")]
    triples = [ox.Triple(service, predicate, ox.NamedNode(value)) for predicate, value in said]
    return forms.graph(triples, form, prefixes={"sd": SD, "kgf": KGF}, truncated=False)
