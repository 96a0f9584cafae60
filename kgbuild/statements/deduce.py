"""Inferred facts become statements, gated like what sources say, each with its rule and premises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from kgbuild.entities.decisions import Decisions
from kgbuild.identity import statement_iri
from kgbuild.statements.assemble import CEILING
from kgbuild.statements.axioms import SAME, Axioms, Triple, narrowed
from kgbuild.statements.held import Held
from kgbuild.statements.infer import Inferred, facts, infer, term, written
from kgbuild.statements.misfit import called, misfit
from kgbuild.statements.ontology import CONNECTS, THING, Ontology, class_iri
from kgbuild.statements.rules import Rule
from kgbuild.types import Entity, Statement, Value
from kgbuild.vocab import CORE, TYPE


def deduce(
    stated: Sequence[Statement], entities: Sequence[Entity], ontology: Ontology, axioms: Axioms,
    rules: Sequence[Rule], *, base: str, min_confidence: float, decisions: Decisions | None = None,
    refused_ids: Mapping[str, str] = MappingProxyType({}),
) -> list[Statement]:  # fmt: skip
    """The statements that follow from gated ones and stand nowhere among them, status ``inferred``.

    What is less sure than ``min_confidence``, or speaks of properties and classes that no loaded ontology has, is left
    out; what the ontology forbids, or ``refused_ids`` names with a reason, is in quarantine, and nothing is made to
    follow from it.
    """
    decisions = decisions or Decisions()
    types = {e.id: tuple(map(class_iri, e.types)) for e in entities}
    ids = {(s.subject, s.predicate, written(s.object)): s.id for s in stated if s.status == "asserted"}
    taken = {s.id for s in stated}
    if not rules:  # which may ask for anything
        axioms = narrowed(axioms, ontology.properties.keys(), ontology.classes.keys() - {THING})
    found = {i.fact: i for i in infer(facts(stated, entities), axioms, rules)}
    own = {p for r in rules for p in r.makes}
    drafts: dict[Triple, tuple[str, str]] = {}  # id and why it is refused
    for fact, i in found.items():
        s, p, o = fact
        known = p in ontology.properties or p in own or (p == TYPE and o in ontology.classes)
        things = s in types and (p == TYPE or o in types or o.startswith('"'))
        if not known or not things or i.confidence < min_confidence or not _says_something(fact):
            continue
        ident = statement_iri(base, s, p, _key(o))
        if ident not in taken:  # what was refused when a source said it is not let in by another door
            drafts[fact] = ident, ""
    labels = {e.id: e.pref_label for e in entities}
    held = Held(ontology, types, lambda term: labels.get(term) or called(term, ontology))
    for statement in stated:
        if statement.status == "asserted":
            held.add_kinds(statement.subject, statement.predicate, statement.object)
            held.take(statement.subject, statement.predicate, statement.object)
    for fact in sorted(drafts, key=lambda f: (-found[f].confidence, f)):  # the surest first
        ident = drafts[fact][0]
        key = ident.rsplit("/", 1)[-1]
        reason = (
            "" if key in decisions.accept else refused_ids.get(ident, "") or _forbidden(fact, types, held, ontology)
        )
        drafts[fact] = ident, "rejected by the user's decision" if key in decisions.reject else reason
        if not drafts[fact][1]:
            _hold(fact, held)
    ids |= {fact: ident for fact, (ident, _) in drafts.items()}
    premises = {fact: _ground(found[fact], found, ids) for fact in drafts}
    refused = {fact for fact, (_, reason) in drafts.items() if reason}
    return [
        Statement(
            ident, fact[0], fact[1], _value(fact[2]), (), min(CEILING, found[fact].confidence),
            "quarantined" if reason else "inferred", reason, found[fact].rule,
            tuple(sorted(ids.get(p, p[0]) for p in premises[fact])),
        )
        for fact, (ident, reason) in drafts.items()
        if not _rests_on(fact, refused, premises)
    ]  # fmt: skip


def _says_something(fact: Triple) -> bool:
    s, p, o = fact
    empty = p == TYPE and (o == THING or not o.startswith("http"))
    return not empty and s != o and p != SAME and (p == CONNECTS or not p.startswith(CORE))


def _value(o: str) -> str | Value:
    if not o.startswith('"'):
        return o
    made = term(o)
    return Value(made.value, "" if made.language else made.datatype.value, made.language or "")


def _key(o: str) -> str:
    """What identifies the object of a statement, as ``draft`` has it."""
    object = _value(o)
    return f"{object.lexical}^^{object.datatype}@{object.language}" if isinstance(object, Value) else object


def _forbidden(fact: Triple, types: Mapping[str, tuple[str, ...]], held: Held, ontology: Ontology) -> str:
    """Why a fact may not follow, "" if it may."""
    s, p, o = fact
    if p == TYPE:
        clash = held.clash(s, o)
        return f"disjoint: the thing is a {called(clash, ontology)}" if clash else ""
    known, object = ontology.properties.get(p), _value(o)
    if known is not None and (reason := misfit(types[s], object if isinstance(object, Value) else types[object], known,
                                               ontology)):  # fmt: skip
        return reason
    return held.no_kind(s, p, object) or held.refusal(s, p, object)


def _hold(fact: Triple, held: Held) -> None:
    s, p, o = fact
    if p == TYPE:
        held.is_of(s, o)
    else:
        held.add_kinds(s, p, _value(o))
        held.take(s, p, _value(o))


def _ground(i: Inferred, found: Mapping[Triple, Inferred], ids: Mapping[Triple, str]) -> set[Triple]:
    """The premises that are statements, or classes of entities; one that is neither gives way to its own premises."""
    made: set[Triple] = set()
    stack, seen = list(i.premises), {i.fact}
    while stack:
        p = stack.pop()
        if p in ids or p not in found:
            made.add(p)
        elif p not in seen:
            seen.add(p)
            stack += found[p].premises
    return made


def _rests_on(fact: Triple, refused: set[Triple], premises: Mapping[Triple, set[Triple]]) -> bool:
    """Whether a premise, or a premise of one, was refused."""
    stack, seen = list(premises[fact]), {fact}
    while stack:
        p = stack.pop()
        if p in refused:
            return True
        if p not in seen:
            seen.add(p)
            stack += premises.get(p, ())
    return False
