"""What the ontology forbids is put right where only one reading is legal: a relation said the wrong way round, a class
that was guessed too finely.

Nothing is lost: what was said stands in quarantine with the reason, what was made of it names the rule, and what it was
made of as its premise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kgbuild.entities.decisions import Decisions
from kgbuild.identity import statement_iri
from kgbuild.statements.assemble import combine
from kgbuild.statements.misfit import Misfit
from kgbuild.statements.ontology import Ontology, Property, class_iri
from kgbuild.types import Entity, Statement, Value
from kgbuild.vocab import TYPE

TURNED, WIDENED = "turned", "widened"


def correct(
    statements: Iterable[Statement], entities: Sequence[Entity], ontology: Ontology, *, base: str,
    decisions: Decisions | None = None,
) -> tuple[list[Statement], tuple[Entity, ...]]:  # fmt: skip
    """Drafted statements and entities after correction, in the order of their IRIs.

    A relation between two things is turned if its property may not stand as said and may stand the other way round.
    A thing loses the finest of its classes, those that likeness to a description gave it, if that makes a statement
    legal that is surer than they are. What the user accepts or rejects is left alone.
    """
    decisions = decisions or Decisions()
    decided = decisions.accept | decisions.reject
    found = {s.id: s for s in statements}
    open_to = [s for s in found.values() if s.status == "asserted" and s.id.rsplit("/", 1)[-1] not in decided]
    types, misfit = {e.id: tuple(map(class_iri, e.types)) for e in entities}, Misfit(ontology)
    things, made = _widen(open_to, entities, types, misfit, ontology, base)
    for s in open_to:
        p = ontology.properties.get(s.predicate)
        if p is None or isinstance(s.object, Value) or s.subject == s.object:
            continue
        reason = misfit(types[s.subject], types[s.object], p)
        if reason and not misfit(types[s.object], types[s.subject], p):
            other = _turned(s, found, base)
            found[other.id] = other
            found[s.id] = replace(s, status="quarantined", reason=f"{TURNED}: {reason}; kept the other way round")
    found |= {s.id: s for s in made}
    return sorted(found.values(), key=lambda s: s.id), tuple(things[e.id] for e in entities)


def _turned(s: Statement, found: dict[str, Statement], base: str) -> Statement:
    """The statement the other way round; together with what says it so already."""
    assert not isinstance(s.object, Value)
    id = statement_iri(base, s.object, s.predicate, s.subject)
    known = found.get(id)
    evidence = (*s.evidence, *(known.evidence if known else ()))
    evidence = tuple(sorted({e.id: e for e in evidence}.values(), key=lambda e: e.id))
    premises = (s.id, *(known.premises if known else ()))
    return Statement(id, s.object, s.predicate, s.subject, evidence, combine(evidence), rule=TURNED, premises=premises)


def _widen(
    statements: Sequence[Statement], entities: Sequence[Entity], types: dict[str, tuple[str, ...]], misfit: Misfit,
    ontology: Ontology, base: str,
) -> tuple[dict[str, Entity], list[Statement]]:  # fmt: skip
    """Entities by id, without the classes that forbid what is said of them more surely; the classes given up.

    ``types``: IRIs of the classes by entity id; here too those given up are left out.
    """
    things, refused = {e.id: e for e in entities}, []
    for s in sorted(statements, key=lambda s: (-s.confidence, s.id)):
        p = ontology.properties.get(s.predicate)
        if p is None or s.subject == s.object:
            continue
        object = s.object if isinstance(s.object, Value) else types[s.object]
        if not misfit(types[s.subject], object, p):
            continue
        if misfit(types[s.subject][-1:], object if isinstance(object, Value) else object[-1:], p):
            continue  # not the finer classes alone forbid it
        for id, sets, bars in ((s.subject, p.domains, p.barred[0]), (s.object, p.ranges, p.barred[1])):
            e = things.get(str(id))
            while e is not None and len(e.types) > 1 and s.confidence > e.type_score:
                kinds = types[e.id]
                if all(ontology.admits(kinds, wanted) for wanted in sets) and not ontology.barred(kinds, bars):
                    break
                refused.append(_given_up(e, s, p, ontology, base))
                e = replace(e, types=e.types[1:], type_score=e.type_score if len(e.types) > 2 else 1.0)
                things[e.id], types[e.id] = e, kinds[1:]
    return things, refused


def _given_up(e: Entity, s: Statement, p: Property, ontology: Ontology, base: str) -> Statement:
    """The refused statement that a thing is of its finest class."""
    kind = class_iri(e.types[0])
    reason = f"{WIDENED}: no {ontology.labels.get(kind, kind)} may stand where {p.label} says it more surely"
    id = statement_iri(base, e.id, TYPE, kind)
    return Statement(id, e.id, TYPE, kind, (), e.type_score, "quarantined", reason, WIDENED, (s.id,))


def corrections(statements: Iterable[Statement]) -> dict[str, int]:
    """How many statements were turned, classes widened or ruled out by a name, and values given up for a surer one."""
    reasons = Counter(s.reason.partition(":")[0] for s in statements if s.status == "quarantined")
    return {
        "statements turned": reasons[TURNED], "classes widened": reasons[WIDENED],
        "classes that the name rules out": reasons["named"], "values given up for a surer one": reasons["functional"],
    }  # fmt: skip
