"""Of several values of a functional property one stays: the more exact before the surer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kgbuild.entities.decisions import Decisions
from kgbuild.statements.misfit import TIMES
from kgbuild.statements.ontology import Ontology
from kgbuild.types import Statement, Value


def one_value(
    statements: Sequence[Statement], ontology: Ontology, labels: Mapping[str, str], decisions: Decisions
) -> list[Statement]:
    """The statements, of rivals all but one in quarantine.

    A coarser value that agrees ("1906" of "1906-10-07", the county of a town by what is stated of them) supports the
    exact one, however sure that is alone. What the user accepted stays.
    """
    found = list(statements)
    rivals: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, s in enumerate(found):
        p = ontology.properties.get(s.predicate)
        if s.status == "asserted" and p is not None and p.functional:
            rivals[s.subject, s.predicate].append(i)
    wider = _wider(found, ontology)
    for (_, predicate), several in rivals.items():
        if len(several) < 2:
            continue
        coarser = {i: [j for j in several if _refines(found[i].object, found[j].object, wider)] for i in several}
        surest = {i: max(found[j].confidence for j in (i, *coarser[i])) for i in several}
        best = min(several, key=lambda i: (-surest[i], -len(coarser[i]), -_length(found[i].object), found[i].id))
        kept = found[best].object
        name = kept.lexical if isinstance(kept, Value) else labels.get(kept, kept)
        for i in several:
            if i != best and found[i].id.rsplit("/", 1)[-1] not in decisions.accept:
                how = "says it more exactly" if i in coarser[best] else "is held more surely"
                reason = f"functional: {ontology.properties[predicate].label} has one value, and {name!r} {how}"
                found[i] = replace(found[i], status="quarantined", reason=reason)
    return found


def _wider(statements: Iterable[Statement], ontology: Ontology) -> dict[str, set[str]]:
    """What each thing lies in or is part of, by what transitive properties state."""
    found: dict[str, set[str]] = defaultdict(set)
    for s in statements:
        p = ontology.properties.get(s.predicate)
        if s.status == "asserted" and p is not None and p.transitive and not isinstance(s.object, Value):
            found[s.subject].add(s.object)
    return found


def _refines(value: str | Value, other: str | Value, wider: Mapping[str, set[str]]) -> bool:
    """Whether a value says more exactly what another says."""
    if isinstance(value, Value) and isinstance(other, Value):
        return value.datatype in TIMES and value != other and value.lexical.startswith(other.lexical)
    if isinstance(value, Value) or isinstance(other, Value):
        return False
    return other in _above(value, wider) and value not in _above(other, wider)


def _above(thing: str, wider: Mapping[str, set[str]]) -> set[str]:
    """All that a thing lies in or is part of; itself only where that goes in a circle."""
    found, stack = set[str](), [thing]
    while stack:
        new = wider.get(stack.pop(), set()) - found
        found |= new
        stack += new
    return found


def _length(value: str | Value) -> int:
    """How exactly a time is written, 0 for anything else."""
    return len(value.lexical) if isinstance(value, Value) and value.datatype in TIMES else 0
