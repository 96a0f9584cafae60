"""Do the modalities agree? What is drawn but not written, written but not drawn, and what contradicts.

Silence is no contradiction: two things are compared only where both modalities know both of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from kgbuild.graphs.data import GraphData
from kgbuild.types import Statement, Value
from kgbuild.vocab import CORE, words

DRAWN = frozenset(("picture", "frame", "drawing", "diagram"))
_MOST = 12  # things of a drawing whose pairs are looked at all with all, times ten


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things. ``drawn`` and ``written``: what each side says of them in words, with statement ids; ``where``: paths
    of the sources that say it.
    """

    left: str
    right: str
    drawn: tuple[tuple[str, str], ...]
    written: tuple[tuple[str, str], ...]
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consistency:
    """``drawn``: a line joins things that texts name and never relate. ``written``: a text relates things that stand in
    one drawing without a line. ``contradicted``: a text denies what is drawn, or says it the other way round.
    """

    drawn: tuple[Pair, ...]
    written: tuple[Pair, ...]
    contradicted: tuple[Pair, ...]


def compare(data: GraphData) -> Consistency:
    """Compare the statements of a graph by the modality of their evidence; pairs in the order of their labels."""
    label = data.label
    drawn, together = _by_pair(data.asserted, drawn=True), _together(data)
    if not drawn and not together:
        return Consistency((), (), ())  # nothing is drawn
    written = _by_pair(data.asserted, drawn=False)
    told = {e.id for e in data.entities if set(data.modalities[e.id]) - DRAWN}

    def said(statements: list[Statement]) -> tuple[tuple[str, str], ...]:
        found = set()
        for s in statements:
            relation = data.phrases.get(s.predicate) or words(s.predicate)
            denied = "" if s.status == "asserted" else f" ({s.reason.partition(':')[0]})"
            found.add((f"{label[str(s.subject)]} {relation} {label[str(s.object)]}{denied}", s.id.rsplit("/", 1)[-1]))
        return tuple(sorted(found))

    def pair(key: frozenset[str], lines: list[Statement], texts: list[Statement]) -> Pair:
        left, right = sorted(label[k] for k in key)
        sources = {e.target.source.removeprefix(f"{data.base}source/") for s in (*lines, *texts) for e in s.evidence}
        return Pair(left, right, said(lines), said(texts), tuple(sorted(sources)))

    def ordered(pairs: list[Pair]) -> tuple[Pair, ...]:
        return tuple(sorted(pairs, key=lambda p: (p.left, p.right, p.drawn, p.written)))

    unwritten = [pair(k, s, []) for k, s in drawn.items() if k <= told and k not in written]
    undrawn = [pair(k, [], s) for k, s in written.items() if k in together and k not in drawn]
    denied = _by_pair(tuple(s for s in data.quarantined if s.reason.startswith("negated")), drawn=False)
    against = [pair(k, drawn[k], denied[k]) for k in drawn.keys() & denied.keys()]
    against += [pair(k, drawn[k], written[k]) for k in drawn.keys() & written.keys() if _turned(drawn[k], written[k])]
    return Consistency(ordered(unwritten), ordered(undrawn), ordered(against))


def _by_pair(statements: tuple[Statement, ...], *, drawn: bool) -> dict[frozenset[str], list[Statement]]:
    """Statements between two things that have evidence of a drawing, or of a text."""
    found: dict[frozenset[str], list[Statement]] = defaultdict(list)
    for s in statements:
        on_side = any((e.modality in DRAWN) == drawn for e in s.evidence)
        if on_side and not isinstance(s.object, Value) and s.subject != s.object:
            found[frozenset((s.subject, s.object))].append(s)
    return found


def _turned(drawn: list[Statement], written: list[Statement]) -> bool:
    """Whether a property is drawn one way and written only the other way."""
    lines = {(s.subject, s.predicate, s.object) for s in drawn if s.predicate != CORE + "connectsTo"}
    texts = {(s.subject, s.predicate, s.object) for s in written}
    return any((o, p, s) in texts and (s, p, o) not in texts and (o, p, s) not in lines for s, p, o in lines)


def _together(data: GraphData) -> set[frozenset[str]]:
    """Pairs of things that one drawing shows both; drawings with very many things are passed over."""
    shown: dict[str, set[str]] = defaultdict(set)
    for m in data.mentions:
        if m.modality in DRAWN and m.id in data.entity_of:
            shown[m.segment or m.target.source].add(data.entity_of[m.id].id)
    return {
        frozenset((a, b))
        for things in shown.values()
        if len(things) <= 10 * _MOST
        for a in things
        for b in things
        if a < b
    }
