"""The gate: what the ontology forbids, or nobody is sure of, goes to quarantine with the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from kgbuild.entities.decisions import Decisions
from kgbuild.statements.held import Held
from kgbuild.statements.misfit import Misfit, called
from kgbuild.statements.one_value import one_value
from kgbuild.statements.ontology import Ontology, class_iri
from kgbuild.statements.rivals import weigh
from kgbuild.types import Entity, Statement, Value
from kgbuild.vocab import shorten


def gate(
    statements: Iterable[Statement],
    entities: Sequence[Entity],
    ontology: Ontology,
    *,
    min_confidence: float,
    decisions: Decisions | None = None,
    open_under: str = "",
    judged: Collection[str] = (),
) -> list[Statement]:
    """The same statements with status ``asserted`` or ``quarantined`` and the reason, in the same order.

    What was drafted as no fact keeps its reason. ``open_under``: properties whose IRIs begin so need no ontology.
    ``judged``: properties whose facts have been weighed against others of their source.
    """
    decisions = decisions or Decisions()
    types = {e.id: tuple(map(class_iri, e.types)) for e in entities}
    labels = {e.id: e.pref_label for e in entities}
    checked, legal, misfit = [], [], Misfit(ontology)
    for s in statements:
        key = s.id.rsplit("/", 1)[-1]
        if key in decisions.accept:
            checked.append(replace(s, status="asserted", reason=""))
            continue
        reason = "rejected by the user's decision" if key in decisions.reject else ""
        reason = reason or s.reason or _reason(s, types, ontology, misfit, open_under)
        if not reason:
            legal.append(s)
            reason = _unsure(s, min_confidence)
        checked.append(replace(s, status="quarantined", reason=reason) if reason else s)
    checked = one_value(checked, ontology, labels, decisions)
    weighed = weigh(legal, ontology, judged)
    checked = [_weighed(s, weighed[s.id], min_confidence) if s.id in weighed else s for s in checked]
    return _together(checked, types, labels, ontology, decisions)


def _together(
    statements: list[Statement], types: Mapping[str, tuple[str, ...]], labels: Mapping[str, str], ontology: Ontology,
    decisions: Decisions,
) -> list[Statement]:  # fmt: skip
    """The statements without those that surer ones rule out by what the ontology forbids facts to say together."""
    held = Held(ontology, types, lambda term: labels.get(term) or called(term, ontology))
    order = sorted(
        (s.id.rsplit("/", 1)[-1] not in decisions.accept, -s.confidence, s.id, n)
        for n, s in enumerate(statements) if s.status == "asserted"
    )  # fmt: skip
    refused: dict[int, str] = {}
    for open_to, _, _, n in order:
        s = statements[n]
        if open_to and (reason := held.no_kind(s.subject, s.predicate, s.object)):
            refused[n] = reason
        else:
            held.add_kinds(s.subject, s.predicate, s.object)
    for open_to, _, _, n in order:
        s = statements[n]
        if n not in refused and open_to and (reason := held.refusal(s.subject, s.predicate, s.object)):
            refused[n] = reason
        elif n not in refused:
            held.take(s.subject, s.predicate, s.object)
    return [
        replace(s, status="quarantined", reason=refused[n]) if n in refused else s for n, s in enumerate(statements)
    ]


def _weighed(s: Statement, confidence: float, min_confidence: float) -> Statement:
    """A statement less sure for its rivals, refused if that is too little."""
    if s.status != "asserted":
        return s
    less = replace(s, confidence=confidence)
    if confidence >= min_confidence:
        return less
    alone = f"{s.confidence:.2f} if no other value were said"
    return replace(less, status="quarantined", reason=f"{_unsure(less, min_confidence)}; {alone}")


def _reason(
    s: Statement, types: dict[str, tuple[str, ...]], ontology: Ontology, misfit: Misfit, open_under: str
) -> str:
    p = ontology.properties.get(s.predicate)
    if p is None and not (open_under and s.predicate.startswith(open_under)):
        return f"no loaded ontology knows the property {shorten(s.predicate)}"
    if s.subject == s.object:
        return "subject and object are the same entity"
    if p is None:
        return ""
    return misfit(types[s.subject], s.object if isinstance(s.object, Value) else types[s.object], p)


def _unsure(s: Statement, min_confidence: float) -> str:
    if s.confidence < min_confidence:
        note = f" ({s.note})" if s.note else ""
        return f"confidence {s.confidence:.2f} is below statements.min_confidence = {min_confidence:g}{note}"
    return ""
