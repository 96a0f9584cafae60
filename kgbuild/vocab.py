"""Namespaces and the terms that code needs by name.

rdflib has no Web Annotation namespace, so it stands here. Plain strings: the stages
that need rdflib or pyoxigraph terms wrap them.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

CORE = "https://w3id.org/kgbuild/core#"
GENERAL = "https://w3id.org/kgbuild/general#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"  # a datatype: ISO 8601-2 dates and periods
UCUM = "https://w3id.org/cdt/ucum"  # a datatype: a number and a UCUM unit
MONEY = CORE + "money"  # a datatype: an amount and a currency
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"
OA = "http://www.w3.org/ns/oa#"
SH = "http://www.w3.org/ns/shacl#"
SCHEMA = "https://schema.org/"
KGF = "https://w3id.org/kgbuild/function#"  # functions of SPARQL, of this project
WD = "http://www.wikidata.org/entity/"
WDT = "http://www.wikidata.org/prop/direct/"

PREFIXES: dict[str, str] = {
    "core": CORE, "gen": GENERAL, "rdf": RDF, "rdfs": RDFS, "owl": OWL, "xsd": XSD, "skos": SKOS,
    "dcterms": DCTERMS, "prov": PROV, "oa": OA, "sh": SH, "schema": SCHEMA, "kgf": KGF, "wd": WD, "wdt": WDT,
}  # fmt: skip

TYPE = RDF + "type"
LABEL = RDFS + "label"
ALT_LABEL = SKOS + "altLabel"

_SHOWN = {"be": "is", "have": "has"}
_SAID = {shown: base for base, shown in _SHOWN.items()}


def camel(name: str) -> str:
    """Local name of a property from its English name: "head of government" -> ``headOfGovernment``."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    return words[0].lower() + "".join(w[0].upper() + w[1:] for w in words[1:])


def shorten(iri: str) -> str:
    """``prefix:local`` for IRIs of known namespaces, else the IRI unchanged."""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and re.fullmatch(r"[\w-]+", iri[len(namespace) :]):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri


def words(iri: str) -> str:
    """The last part of an IRI for people: ``gen:headOfGovernment`` -> "head of government"."""
    head, _, local = iri.rpartition("/relation/")
    if head:  # an open relation: the text's own words
        return shown(unquote(local).replace("_", " "))
    local = re.split(r"[#/]", iri.rstrip("#/"))[-1]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", local).lower()


def shown(phrase: str) -> str:
    """An open relation for people: "be part of", as extractors say it, -> "is part of"."""
    first, blank, rest = phrase.partition(" ")
    return f"{_SHOWN.get(first, first)}{blank}{rest}"


def said(phrase: str) -> str:
    """The words of a relation as extractors say them: "is part of" -> "be part of"."""
    first, blank, rest = phrase.partition(" ")
    return f"{_SAID.get(first, first)}{blank}{rest}"
