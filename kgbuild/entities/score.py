"""How likely two groups of mentions are one thing: a forest over names and contexts, and what is known beside.

The forest (``weights/align.json``; its card ``align.md`` says what it learned from) sees names and contexts; a match
head (``entities.head``) sees the vectors too, of the pairs that the forest does not rule out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kgbuild.entities.beside import EXTRA, Beside
from kgbuild.entities.candidates import ANCHORS, group_pairs
from kgbuild.entities.columns import Columns, cosines
from kgbuild.entities.forest import load_forest
from kgbuild.entities.group import Group
from kgbuild.entities.head import LEAST, load_head
from kgbuild.entities.names import NAME_FEATURES
from kgbuild.entities.surroundings import CONTEXT_FEATURES, Surroundings
from kgbuild.threads import THREADS, in_order
from kgbuild.types import EmbeddingTable

PAIR_FEATURES = (*NAME_FEATURES, *CONTEXT_FEATURES, "vector", "near")
# Names below all of these are hardly ever of one thing: at least so alike in spelling, so much of the shorter one
# held by the other, or so near in their vectors.
_LIKE, _HELD, _NEAR = 0.6, 0.5, 0.62
_CHUNK = 1 << 14  # pairs at a time, by each thread: four times as many need a few hundred MiB
_AT = {name: i for i, name in enumerate(NAME_FEATURES)}


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Pairs of groups int32 (m, 2), ascending; of each the row of the names it met through, and its log-odds."""

    pairs: np.ndarray
    ways: np.ndarray
    log_odds: np.ndarray


class Scorer:
    """Scores pairs of groups. Of the pairs of ``names`` that meet it keeps the likely ones: a pair's ways are rows of
    these.
    """

    def __init__(
        self, groups: Sequence[Group], columns: Columns, names: np.ndarray, surroundings: Surroundings, *,
        fused: EmbeddingTable | None = None, weights: str = "",
    ) -> None:  # fmt: skip
        self.columns, self.surroundings = columns, surroundings
        self._weights = weights
        chunks = [names[at : at + _CHUNK] for at in range(0, max(1, len(names)), _CHUNK)]
        kept = zip(*in_order(self._likely, chunks), strict=True)
        self.names, self.named, self.near = (np.concatenate(part) for part in kept)
        self.beside = Beside(groups, columns, self.names, self.named, ~self.surroundings.has, fused)
        if self.surroundings.states is not None:
            self.surroundings.gather(self._of_one_name())
        head = load_head(weights) if self.surroundings.states is not None else None
        self._projected = head.project(*self.known()) if head is not None else None
        self._head = head if self._projected is not None else None

    def known(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The vectors (n, d) of the groups, of themselves in context and of their senses, with states only."""
        states, senses = self.surroundings.states, self.surroundings.senses
        none = np.zeros((len(self.columns.vectors), 0), np.float32)
        return self.columns.vectors, none if states is None else states, none if senses is None else senses

    def bare(self, pairs: np.ndarray) -> np.ndarray:
        """Whether nothing stands around one of each pair (m, 2) but its name."""
        made: np.ndarray = ~self.surroundings.has[pairs].all(1)
        return made

    def _likely(self, names: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The pairs of names that may well be of one thing, their features and the cosine of their vectors."""
        f, near = self.columns.names.features(*names.T), self.columns.nearness(names)
        likely = (
            (f[:, _AT["exact"]] > 0) | (f[:, _AT["acronym"]] > 0) | (f[:, _AT["tokens"]] > _LIKE)
            | (f[:, _AT["contained"]] > _HELD) | (near > _NEAR)
        )  # fmt: skip
        return names[likely], f[likely], near[likely]

    def _of_one_name(self) -> np.ndarray:
        """Pairs int32 (m, 2) of groups that bear one name and may be one thing."""
        found, size = [np.zeros((0, 2), np.int32)], max(1, len(self.columns.vectors))
        for block in group_pairs(self.columns, self.names[self.named[:, _AT["exact"]] > 0]):
            a, b = block[self.columns.allowed(block[:, 0], block[:, 1]), :2].T
            found.append(np.stack(np.divmod(np.unique(a * size + b), size), 1).astype(np.int32))
        return np.concatenate(found)

    def _best(self, found: np.ndarray) -> np.ndarray:
        """Of rows (group, group, way) each pair once, ascending, with the way whose names are most alike."""
        f = self.named
        alike = np.maximum.reduce([f[:, _AT["tokens"]], f[:, _AT["acronym"]], f[:, _AT["contained"]] * 0.9])
        alike = alike + f[:, _AT["exact"]]
        code = found[:, 0] * len(self.columns.vectors) + found[:, 1]
        order = np.lexsort((found[:, 2], -alike[found[:, 2]], code))
        made: np.ndarray = found[order[np.diff(code[order], prepend=-1) > 0]]
        return made

    def features(self, pairs: np.ndarray, ways: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Float32 (m, len(PAIR_FEATURES)) of pairs (m, 2) met through the rows ``ways`` (m,) of names, and what adds to
        the forest's log-odds by the weights of ``EXTRA``, float32 (m,) each.
        """
        a, b, named = pairs[:, 0], pairs[:, 1], self.named[ways]
        around = self.surroundings.features(a, b, self.same_name(ways))
        vector = cosines(self.columns.vectors, a, b)
        beside = np.stack([vector, self.near[ways]], 1).astype(np.float32)
        extra = self.beside.features(pairs, ways, vector)
        return np.concatenate([named, around, beside], 1), extra

    def candidates(self) -> Iterator[np.ndarray]:
        """Blocks (m, 3) of (group, group, way) that types allow, each pair of groups once."""
        held = [np.zeros((0, 3), np.int64)]
        several = self.columns.several()
        for found in group_pairs(self.columns, self.names):
            found = found[self.columns.allowed(found[:, 0], found[:, 1])]
            again = several[found[:, 0]] | several[found[:, 1]]  # may come in another block too, by another name
            held.append(found[again].astype(np.int32))
            alone = found[~again]  # comes again by its one name only
            _, first = np.unique(alone[:, 0] * len(several) + alone[:, 1], return_index=True)
            yield alone[np.sort(first)]
        yield self._best(np.concatenate(held))

    def scored(self, least: float, wanted: np.ndarray) -> Scored:
        """The candidates with their log-odds, without those between groups that no chain of pairs links.

        Links are pairs (n, 2) that are ``wanted``, and candidates above ``least``: most others can be forgotten.
        """
        size, asked = len(self.columns.vectors), []
        with ThreadPoolExecutor(THREADS) as pool:  # each chunk is its own: how many there are changes no number
            for found in self.candidates():
                # pairs of the same names together: they look at the same few groups
                found = found[np.argsort(found[:, 2], kind="stable")].astype(np.int32)
                parts = [found[at : at + _CHUNK] for at in range(0, len(found), _CHUNK)]
                asked += [(part, pool.submit(self.log_odds, part[:, :2], part[:, 2])) for part in parts]
        blocks = [(np.zeros((0, 3), np.int32), np.zeros(0)), *((found, odds.result()) for found, odds in asked)]
        ends = np.concatenate([wanted, *(found[odds > least, :2] for found, odds in blocks)])
        _, part = connected_components(coo_matrix((np.ones(len(ends), bool), ends.T), (size, size)), directed=False)
        for at, (found, odds) in enumerate(blocks):
            kept = part[found[:, 0]] == part[found[:, 1]]
            blocks[at] = found[kept], odds[kept]
        rows, weight = (np.concatenate(column) for column in zip(*blocks, strict=True))
        order = np.lexsort((rows[:, 1], rows[:, 0]))
        return Scored(rows[order, :2], rows[order, 2], weight[order])

    def same_name(self, ways: np.ndarray) -> np.ndarray:
        """Whether the rows of names are of one key."""
        made: np.ndarray = self.named[ways, _AT["exact"]] > 0
        return made

    def of_one_common_name(self, ways: np.ndarray) -> np.ndarray:
        """Whether each pair met by a name that both bear, and more than the anchors do."""
        i, j = self.names[ways].T
        made: np.ndarray = (i == j) & (self.columns.counts(i) > ANCHORS)
        return made

    def shown(
        self, pairs: np.ndarray, ways: np.ndarray, more: Mapping[str, np.ndarray]
    ) -> Iterator[tuple[tuple[str, float], ...]]:
        """What a reader is told of each pair: its features, and ``more`` (m,), rounded, where they are not zero."""
        known: dict[tuple[str, float], tuple[str, float]] = {}  # the same few values, a million times
        for at in range(0, len(pairs), _CHUNK):
            part = slice(at, at + _CHUNK)
            features, extra = self.features(pairs[part], ways[part])
            columns = dict(zip(PAIR_FEATURES, features.T, strict=True))
            columns |= {"head": self._heard(features, pairs[part])} | extra | {n: v[part] for n, v in more.items()}
            made = np.full((len(features), len(columns)), None)
            for place, (name, column) in enumerate(columns.items()):
                rows = np.flatnonzero((column != 0) & np.isfinite(column))
                rounded = np.round(column[rows].astype(np.float64), 4) + 0.0  # no -0.0
                values, again = np.unique(rounded, return_inverse=True)
                told = [known.setdefault((name, v), (name, v)) for v in values.tolist()]
                made[rows, place] = np.fromiter(told, object, len(told))[again]
            for row in made.tolist():
                yield tuple([pair for pair in row if pair is not None])

    def _heard(self, features: np.ndarray, pairs: np.ndarray) -> np.ndarray:
        """Log-odds (m,) that the match head gives pairs (m, 2); 0 where there is none."""
        if self._head is None or self._projected is None:
            return np.zeros(len(pairs), np.float32)
        a, b = pairs.T
        return self._head.log_odds(features, self._projected[a], self._projected[b], self.bare(pairs))

    def log_odds(self, pairs: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """Log-odds float64 (m,) that each pair is one thing."""
        kind = "plain" if self.surroundings.states is None else "states"
        features, extra = self.features(pairs, ways)
        odds = load_forest(PAIR_FEATURES, kind, self._weights).log_odds(features)
        if self._head is not None:
            rows = np.flatnonzero(odds > LEAST)
            said = self._heard(features[rows], pairs[rows])
            odds[rows] = self._head.blended(odds[rows], said, self.same_name(ways[rows]))
        for name, value in extra.items():
            odds += EXTRA[name] * value
        return odds


def probability(log_odds: np.ndarray) -> np.ndarray:
    """Logistic function, in [0, 1]."""
    made: np.ndarray = 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))
    return made
