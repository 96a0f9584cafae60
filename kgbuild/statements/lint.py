"""What is wrong, or of no use to kgbuild, in an ontology or a file of shapes: findings with file and line.

Checks follow RDFS, OWL 2 (sections 9.1 and 9.2 for classes and properties, 11.2 for what OWL 2 DL forbids) and SHACL.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kgbuild.errors import OntologyError
from kgbuild.ontology_files import OntologyFile, ontology_files
from kgbuild.statements.ontology import Ontology, Property, is_datatype, load_ontology
from kgbuild.statements.shacl.check import wrong
from kgbuild.vocab import CORE, GENERAL, OWL, RDFS, SH, shorten

_VALUES = frozenset((GENERAL + "Time", GENERAL + "Quantity"))  # classes whose members stand as literals
_UNUSED = {OWL + n: n for n in ("hasKey", "hasSelf", "minCardinality", "minQualifiedCardinality", "withRestrictions")}
_TARGETS = {SH + "targetClass": "class", SH + "class": "class", SH + "path": "property"}
_RANK = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``severity``: ``error`` | ``warning`` | ``info``; ``line`` counts from 1, 0 if unknown."""

    severity: str
    code: str
    file: str
    line: int
    term: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.severity}: {self.message} [{self.code}]"


def lint(name: str, *, beside: tuple[str, ...] = ("general",)) -> list[Finding]:
    """Findings of one ontology (built-in name or path), errors first; read together with ``beside``.

    What cannot be loaded at all is one finding of code ``load``; raises nothing of its own.
    """
    try:
        ontology = load_ontology([*beside, name])
        files = ontology_files([*beside, name])
    except OntologyError as err:
        return [Finding("error", "load", name, 0, "", str(err))]
    file = next(f for f in files if f.name == name)
    own = _Own(file, ontology)
    found = [finding for check in _CHECKS for finding in check(own)]
    return sorted(found, key=lambda f: (_RANK[f.severity], f.line, f.code, f.term))


class _Own:
    """The terms that one file defines, beside all that is loaded."""

    def __init__(self, file: OntologyFile, ontology: Ontology) -> None:
        import pyoxigraph as ox
        from rdflib import Graph

        self.file, self.all = file, ontology
        self.quads = file.quads()
        self.said: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for q in self.quads:
            self.said[str(getattr(q.subject, "value", q.subject))][q.predicate.value].append(q.object)
        same = [q for q in self.quads if q.predicate.value == OWL + "equivalentClass"]
        self.equal = [{str(getattr(t, "value", t)) for t in (q.subject, q.object)} for q in same]
        triples = (q.triple for q in self.quads)
        self.graph = Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
        self.classes = {c: i for c, i in ontology.classes.items() if c in self.said}
        self.properties = {p: i for p, i in ontology.properties.items() if p in self.said}

    def finding(self, severity: str, code: str, term: str, message: str) -> Finding:
        return Finding(severity, code, self.file.name, self.file.line(term) if term else 0, term, message)

    def near(self, term: str, known: dict[str, Any]) -> str:
        close = difflib.get_close_matches(term, list(known), n=1, cutoff=0.8)
        return f" Did you mean {shorten(close[0])}?" if close else ""


def _empty(own: _Own) -> Iterator[Finding]:
    if not own.quads:
        yield own.finding("warning", "empty", "", "the file says nothing: no class, property or shape stands in it")


def _described(own: _Own) -> Iterator[Finding]:
    for term in sorted({**own.classes, **own.properties}):
        said, name = own.said[term], shorten(term)
        if not any(p.endswith(("#label", "prefLabel")) for p in said):
            yield own.finding("warning", "label", term, f"{name} has no rdfs:label; its name is made from its IRI")
        if not any(p.endswith(("#comment", "#definition", "/description")) for p in said):
            yield own.finding("info", "comment", term, f"{name} has no rdfs:comment: likeness to it finds less")


def _ends(own: _Own) -> Iterator[Finding]:
    for iri, p in sorted(own.properties.items()):
        name = shorten(iri)
        for end, kind in [("domain", k) for k in sorted(p.domain)] + [("range", k) for k in sorted(p.range - _VALUES)]:
            value, text = is_datatype(kind), ""
            if end == "range" and value and not p.literal and not p.either:
                text = f"{name} is no owl:DatatypeProperty and has the datatype {shorten(kind)} as its range"
            elif end == "range" and not value and p.literal:
                text = f"{name} is an owl:DatatypeProperty and has the class {shorten(kind)} as its range"
            if text:
                yield own.finding("error", "range", iri, text)
            elif not value and kind not in own.all.classes and not kind.startswith((OWL, CORE)):
                text = f"{end} of {name}: no loaded ontology has the class {shorten(kind)}, so nothing will fit."
                yield own.finding("warning", end, iri, text + own.near(kind, own.all.classes))


def _hierarchy(own: _Own) -> Iterator[Finding]:
    above = own.all.above
    for c in sorted(own.classes):
        equal = {str(getattr(o, "value", o)) for o in own.said[c].get(OWL + "equivalentClass", ())}
        equal |= {
            o
            for o in above(c)
            if any(getattr(x, "value", "") == c for x in own.said[o].get(OWL + "equivalentClass", ()))
        }
        circle = sorted(o for o in above(c) - equal if o != c and c in above(o))
        if circle:
            names = ", ".join(map(shorten, circle))
            yield own.finding("error", "circle", c, f"{shorten(c)} stands below itself, through {names}")
        elif clash := next((pair for pair in own.all.disjoint if pair <= above(c)), None):
            a, b = sorted(map(shorten, clash))
            yield own.finding("error", "disjoint", c, f"nothing can be a {shorten(c)}: it stands below {a} and {b}, "
                              "which are disjoint")  # fmt: skip
        for parent in sorted(own.said[c].get(RDFS + "subClassOf", ()), key=str):
            name = getattr(parent, "value", "")
            if "://" in name and name not in own.all.classes and not name.startswith(OWL):
                yield own.finding("info", "parent", c, f"{shorten(c)}: no loaded ontology has its superclass "
                                  f"{shorten(name)}.{own.near(name, own.all.classes)}")  # fmt: skip


def _logic(own: _Own) -> Iterator[Finding]:
    for iri, p in sorted(own.properties.items()):
        name = shorten(iri)
        if p.symmetric and _apart(p.domain, p.range, own.all):
            yield own.finding("error", "symmetric", iri, f"{name} is symmetric, but its domain and range are disjoint")
        if p.functional and p.transitive:
            yield own.finding("warning", "functional", iri, f"{name} is functional and transitive: OWL 2 DL forbids it")
        other = own.all.properties.get(p.inverse)
        if other and (_apart(p.domain, other.range, own.all) or _apart(p.range, other.domain, own.all)):
            text = f"{name} and its inverse {shorten(other.iri)}: domain of the one and range of the other are disjoint"
            yield own.finding("error", "inverse", iri, text)
        for wider in sorted(p.above & own.all.properties.keys()):
            up = own.all.properties[wider]
            if _apart(p.domain, up.domain, own.all) or _apart(p.range, up.range, own.all):
                yield own.finding("error", "above", iri, f"{name} stands below {shorten(wider)}, but their domains or "
                                  "ranges are disjoint")  # fmt: skip


def _apart(a: frozenset[str], b: frozenset[str], ontology: Ontology) -> bool:
    """Whether no thing can be of a class of the one and of a class of the other."""
    return bool(a and b) and all(ontology.are_disjoint(x, y) for x in a for y in b)


def _names(own: _Own) -> Iterator[Finding]:
    by_label: dict[str, list[str]] = defaultdict(list)
    for iri, p in own.properties.items():
        by_label[p.label].append(iri)
    for label, iris in sorted(by_label.items()):
        for iri in sorted(iris)[1:]:
            yield own.finding("warning", "same-label", iri, f"{shorten(iri)} is called {label!r} like "
                              f"{shorten(sorted(iris)[0])}: likeness cannot tell them apart")  # fmt: skip


def _unused(own: _Own) -> Iterator[Finding]:
    seen = set()
    for q in own.quads:
        for term in (q.predicate.value, getattr(q.object, "value", "")):
            if term in _UNUSED and term not in seen:
                seen.add(term)
                yield own.finding(
                    "info",
                    "unused",
                    term,
                    f"owl:{_UNUSED[term]} is read over: no fact follows from it or is refused for it",
                )


def _shape_terms(own: _Own) -> Iterator[Finding]:
    for term, code, message in wrong(own.graph):
        yield own.finding("error", code, term, message)


def _shapes(own: _Own) -> Iterator[Finding]:
    known: dict[str, dict[str, Any]] = {"class": own.all.classes, "property": dict[str, Property](own.all.properties)}
    spaces = {iri.rpartition("#")[0] or iri.rpartition("/")[0] for terms in known.values() for iri in terms}
    for q in own.quads:
        kind, term = _TARGETS.get(q.predicate.value, ""), getattr(q.object, "value", "")
        if not kind or "://" not in term or term in known[kind]:
            continue
        if kind == "class" or (term.rpartition("#")[0] or term.rpartition("/")[0]) in spaces:
            yield own.finding("error", "shape", term, f"{shorten(q.predicate.value)} names the {kind} {shorten(term)}, "
                              f"which no loaded ontology has.{own.near(term, known[kind])}")  # fmt: skip


_CHECKS: tuple[Callable[[_Own], Iterator[Finding]], ...] = (
    _empty, _described, _ends, _hierarchy, _logic, _names, _unused, _shape_terms, _shapes,
)  # fmt: skip
