"""The properties of the ontologies as models are asked for them: names, and what stands at their ends."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from kgbuild.config import Config
from kgbuild.ontology_files import OntologyFile, ontology_files
from kgbuild.vocab import CORE, LABEL, OWL, RDF, RDFS, SCHEMA, TYPE, words

_KINDS = frozenset((OWL + "ObjectProperty", OWL + "DatatypeProperty", RDF + "Property"))
_DOMAIN = frozenset((RDFS + "domain", SCHEMA + "domainIncludes"))
_RANGE = frozenset((RDFS + "range", SCHEMA + "rangeIncludes"))


@dataclass(frozen=True, slots=True)
class NamedProperty:
    """A property of a loaded ontology; ``domain`` and ``range``: IRIs of what may stand at its ends, as far as said."""

    iri: str
    label: str
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()


def properties(config: Config) -> tuple[NamedProperty, ...]:
    """The properties of ``statements.ontologies``, in the order of their IRIs; none of ``core``.

    Raises ``OntologyError``.
    """
    return _properties(ontology_files(config["statements"]["ontologies"]))


@lru_cache(4)
def _properties(files: tuple[OntologyFile, ...]) -> tuple[NamedProperty, ...]:
    iris: set[str] = set()
    labels: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    ends: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for quad in (q for file in files for q in file.quads()):
        subject, predicate, value = str(getattr(quad.subject, "value", "")), quad.predicate.value, quad.object
        if predicate == TYPE and getattr(value, "value", "") in _KINDS and "://" in subject:
            iris.add(subject)
        elif predicate == LABEL and hasattr(value, "datatype"):
            labels[subject].append((not (value.language or "en").startswith("en"), value.value))
        elif predicate in _DOMAIN | _RANGE and "://" in str(getattr(value, "value", "")):
            ends[subject, predicate in _RANGE].add(value.value)
    return tuple(
        NamedProperty(
            iri, min(labels[iri], default=(False, words(iri)))[1],
            tuple(sorted(ends[iri, False])), tuple(sorted(ends[iri, True])),
        )
        for iri in sorted(iris)
        if not iri.startswith(CORE)
    )  # fmt: skip
