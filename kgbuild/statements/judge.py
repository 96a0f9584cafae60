"""A second opinion on what sources say: the confidence of a fact in the light of the others of its source.

A logistic curve over the confidence as read and the signs of ``signs`` (decision 0027); its numbers and what was
counted are in ``weights/judge.json``. Relations that it does not know keep their confidence.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from kgbuild.errors import ModelError
from kgbuild.statements.assemble import CEILING, combine
from kgbuild.statements.signs import SIGNS, Fact, Knowledge, is_empty, is_small, signs
from kgbuild.types import Entity, Statement, Value
from kgbuild.vocab import GENERAL

READER = "text/"  # agents whose relations are judged begin so
TOLD = 0.3  # log-odds from which a sign is told to people


@dataclass(frozen=True, slots=True)
class Judge:
    """``offset`` + ``trust`` x log-odds as read + ``weights`` x signs are the log-odds of a fact."""

    knowledge: Knowledge
    offset: float
    trust: float
    weights: tuple[float, ...]

    @property
    def properties(self) -> Collection[str]:
        """Those whose facts it judges."""
        return self.knowledge.one.keys()

    def __call__(self, statements: Sequence[Statement], entities: Iterable[Entity]) -> list[Statement]:
        """The statements with judged confidence and, where much changed, a note that says why; in the same order."""
        judged: dict[str, dict[str, tuple[float, tuple[float, ...]]]] = defaultdict(dict)
        for s, f, found in signs_of(statements, entities, self.knowledge):
            judged[s.id][f.source] = self.chance(f.confidence, found), found
        return [self._judged(s, judged[s.id]) if s.id in judged else s for s in statements]

    def chance(self, confidence: float, found: Sequence[float]) -> float:
        """The confidence of a fact with these signs."""
        sure = min(max(confidence, 1 - CEILING), CEILING)
        odds = self.offset + self.trust * math.log(sure / (1 - sure))
        odds += sum(w * x for w, x in zip(self.weights, found, strict=True))
        return round(1 / (1 + math.exp(-odds)), 4)

    def _judged(self, s: Statement, by_source: Mapping[str, tuple[float, tuple[float, ...]]]) -> Statement:
        heard = [by_source[e.target.source][0] if e.agent.startswith(READER) else e.score for e in s.evidence]
        _, found = max(by_source.values())
        shares = [(text, w * x) for text, w, x in zip(SIGNS.values(), self.weights, found, strict=True) if x]
        told = [row for row in shares if abs(row[1]) >= TOLD]
        told.sort(key=lambda row: (-abs(row[1]), row[0]))
        note = "; ".join([f"{text} ({share:+.1f})" for text, share in told])
        return replace(
            s, confidence=combine(s.evidence, heard), note=f"{s.confidence:.2f} as read; {note}" if note else ""
        )


def signs_of(
    statements: Sequence[Statement], entities: Iterable[Entity], known: Knowledge
) -> Iterator[tuple[Statement, Fact, tuple[float, ...]]]:
    """What each source says by a known property, and its signs, source by source."""
    names = {e.id: e.pref_label for e in entities}
    said: dict[str, list[tuple[Statement, float]]] = defaultdict(list)
    for s in statements:
        if s.status == "asserted" and s.predicate in known.one:
            heard: dict[str, float] = {}
            for e in s.evidence:
                if e.agent.startswith(READER):
                    heard[e.target.source] = max(e.score, heard.get(e.target.source, 0.0))
            for source in sorted(heard):
                said[source].append((s, heard[source]))
    for source, own in said.items():
        facts = [_fact(s, source, confidence, names) for s, confidence in own]
        yield from zip((s for s, _ in own), facts, signs(facts, known), strict=True)


def _fact(s: Statement, source: str, confidence: float, names: Mapping[str, str]) -> Fact:
    o = s.object
    key, name = (f"{o.lexical}^^{o.datatype}", o.lexical) if isinstance(o, Value) else (o, names.get(o, ""))
    ends = names.get(s.subject, ""), name
    return Fact(source, s.subject, s.predicate, key, confidence, any(map(is_small, ends)), any(map(is_empty, ends)))


@lru_cache(1)
def shipped() -> Judge:
    """The judge of ``weights/judge.json``. Raises ``ModelError`` if that is damaged."""
    try:
        return from_json(json.loads(files("kgbuild.weights").joinpath("judge.json").read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise ModelError(f"judge.json cannot be used: {err}. Reinstall kgbuild or run `kgbuild train judge`.") from err


def from_json(facts: Mapping[str, Any]) -> Judge:
    """What ``as_json`` made."""
    if list(facts["weights"]) != list(SIGNS):
        raise ValueError("its signs are not those of this version")

    def full(name: str) -> str:
        return GENERAL + name

    follows: dict[tuple[str, bool, str, bool], dict[str, float]] = defaultdict(dict)
    for p, back, q, turned, r, share in facts["follows"]:
        follows[full(p), bool(back), full(q), bool(turned)][full(r)] = share
    one, one_of = ({full(p): v for p, v in facts[k].items()} for k in ("one", "one_of"))
    joined, back = (
        {full(p): {full(q): v for q, v in row.items()} for p, row in facts[k].items()} for k in ("joined", "back")
    )
    knowledge = Knowledge(one, one_of, joined, back, dict(follows))
    return Judge(knowledge, facts["offset"], facts["trust"], tuple(facts["weights"].values()))


def as_json(judge: Judge) -> dict[str, Any]:
    """Everything of a judge, its numbers to four digits, properties by their names in the general ontology."""
    k = judge.knowledge

    def short(iri: str) -> str:
        return iri.removeprefix(GENERAL)

    def shares(row: Mapping[str, float]) -> dict[str, float]:
        return {short(p): round(v, 4) for p, v in sorted(row.items())}

    return {
        "format": 1, "offset": judge.offset, "trust": judge.trust,
        "weights": dict(zip(SIGNS, judge.weights, strict=True)), "one": shares(k.one), "one_of": shares(k.one_of),
        "joined": {short(p): shares(row) for p, row in sorted(k.joined.items()) if row},
        "back": {short(p): shares(row) for p, row in sorted(k.back.items()) if row},
        "follows": [
            [short(p), int(b), short(q), int(t), short(r), round(v, 4)]
            for (p, b, q, t), row in sorted(k.follows.items()) for r, v in sorted(row.items())
        ],
    }  # fmt: skip
