"""How likely two groups of mentions are one thing: a forest over names and contexts, and what is known beside.

The forest (``weights/align.json``; its card ``align.md`` says what it learned from) sees names and contexts. Classes,
fused vectors and neighbours in the graph are no part of its data: they add to its log-odds by fixed weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.entities.candidates import group_pairs
from kgbuild.entities.columns import Columns, cosines
from kgbuild.entities.forest import load_forest
from kgbuild.entities.group import Group
from kgbuild.entities.names import NAME_FEATURES
from kgbuild.entities.surroundings import CONTEXT_FEATURES, Surroundings, means
from kgbuild.types import EmbeddingTable

PAIR_FEATURES = (*NAME_FEATURES, *CONTEXT_FEATURES, "vector", "near")
EXTRA = {
    "same_type": 0.5,
    "sure_acronym": 1.5,
    "one_name": 2.0,
    "kind_of": -2.0,
    "place_in": -2.5,
    "generation": -6.0,
    "unspaced": -8.0,  # unlike names without blanks: the forest learned from English
    "one_source": -2.5,
    "other_type": -0.5,
    "fused": 1.0,  # more of it joined "GraphQL" and "Graph" (see weights/fusion.md)
    "neighbours": 1.0,
    "contradiction": -1.5,
}
_FUSED = 0.5  # cosine of fused vectors that speaks neither for nor against
# Names below all of these are hardly ever of one thing: at least so alike in spelling, so much of the shorter one
# held by the other, or so near in their vectors.
_LIKE, _HELD, _NEAR = 0.6, 0.5, 0.62
_CHUNK = 1 << 16
_AT = {name: i for i, name in enumerate(NAME_FEATURES)}


class Scorer:
    """Scores pairs of groups; ``names`` are the pairs of names that may meet, with their features in the same order."""

    def __init__(
        self, groups: Sequence[Group], columns: Columns, names: np.ndarray, *,
        states: EmbeddingTable | None = None, fused: EmbeddingTable | None = None, weights: str = "",
    ) -> None:  # fmt: skip
        self.columns, self.surroundings = columns, Surroundings(groups, states)
        self._weights = weights
        self.named = np.concatenate(
            [columns.names.features(*names[at : at + _CHUNK].T) for at in range(0, max(1, len(names)), _CHUNK)]
        )
        self.near = columns.nearness(names)
        self.fused = means(groups, fused)

    def best_ways(self, ways: np.ndarray) -> np.ndarray:
        """For each pair of groups the row of the names that are most alike; ``ways`` as ``group_pairs`` gives them."""
        f = self.named
        alike = np.maximum.reduce([f[:, _AT["tokens"]], f[:, _AT["acronym"]], f[:, _AT["contained"]] * 0.9])
        alike = alike + f[:, _AT["exact"]]
        order = np.lexsort((ways[:, 1], -alike[ways[:, 1]], ways[:, 0]))
        first = np.r_[True, np.diff(ways[order, 0]) > 0] if len(ways) else np.zeros(0, bool)
        made: np.ndarray = ways[order, 1][first]
        return made

    def features(self, pairs: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """Float32 (m, len(PAIR_FEATURES)) of pairs (m, 2) met through the rows ``ways`` (m,) of names."""
        a, b = pairs[:, 0], pairs[:, 1]
        around = self.surroundings.features(a, b)
        vector = cosines(self.columns.vectors, a, b)
        beside = np.stack([vector, self.near[ways]], 1).astype(np.float32)
        return np.concatenate([self.named[ways], around, beside], 1)

    def extra(self, pairs: np.ndarray, ways: np.ndarray) -> dict[str, np.ndarray]:
        """What the forest does not know, classes and fused vectors, or saw too seldom, acronyms that are sure."""
        a, b, c = pairs[:, 0], pairs[:, 1], self.columns
        known, named = c.typed[a] & c.typed[b], self.named[ways]
        other = (named[:, _AT["exact"]] == 0) & (named[:, _AT["folded"]] == 0)
        acronym = np.where(other & (named[:, _AT["acronym"]] == 1), 1, 0).astype(np.float32)
        found = {
            "same_type": (known & (c.type[a] == c.type[b])).astype(np.float32),
            "sure_acronym": acronym,
            "one_name": ((named[:, _AT["exact"]] > 0) & c.names.telling(c.first_name(a))).astype(np.float32),
            # coreference has joined what one source calls by two names
            "one_source": ((c.source[a] == c.source[b]) & other & (acronym == 0)).astype(np.float32),
            "other_type": (known & (c.type[a] != c.type[b])).astype(np.float32),
        }
        found |= self._held(a, b, ways)
        if self.fused is not None:
            found["fused"] = np.nan_to_num(np.einsum("ij,ij->i", self.fused[a], self.fused[b]) - _FUSED)
        return found

    def _held(self, a: np.ndarray, b: np.ndarray, ways: np.ndarray) -> dict[str, np.ndarray]:
        """Names within names: English compounds end with their head: "TCP Host" is no TCP, but "Amazon S3" may be S3;
        of places the longer name is of another one.
        """
        named, c = self.named[ways], self.columns
        x, y = c.first_name(a), c.first_name(b)
        other = (named[:, _AT["exact"]] == 0) & (named[:, _AT["folded"]] == 0)
        held = (named[:, _AT["contained"]] > 0.999) & other
        first, last = named[:, _AT["first_word"]] > 0, named[:, _AT["last_word"]] > 0
        formal = c.names.formal(x) | c.names.formal(y)
        known, person = c.typed[a] | c.typed[b], c.of("Person")[a] | c.of("Person")[b]
        old, young = c.names.generation(x), c.names.generation(y)
        return {
            "kind_of": (held & first & ~last & ~formal & known & ~person).astype(np.float32),
            "place_in": (held & last & ~first & c.of("Place")[a] & c.of("Place")[b]).astype(np.float32),
            "unspaced": (other & (c.names.unspaced(x) | c.names.unspaced(y))).astype(np.float32),
            "generation": ((old > 0) & (young > 0) & (old != young)).astype(np.float32),
        }

    def candidates(self, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of groups (m, 2) that types allow and names make likely enough, and the row of their names."""
        likely = np.flatnonzero(self._likely())
        pairs, ways = group_pairs(self.columns, names[likely])
        best = self.best_ways(np.stack([ways[:, 0], likely[ways[:, 1]]], 1))
        kept = self.columns.allowed(pairs[:, 0], pairs[:, 1])
        return pairs[kept], best[kept]

    def _likely(self) -> np.ndarray:
        f = self.named
        made: np.ndarray = (
            (f[:, _AT["exact"]] > 0) | (f[:, _AT["acronym"]] > 0) | (f[:, _AT["tokens"]] > _LIKE)
            | (f[:, _AT["contained"]] > _HELD) | (self.near > _NEAR)
        )  # fmt: skip
        return made

    def same_name(self, ways: np.ndarray) -> np.ndarray:
        """Whether the rows of names are of one key."""
        made: np.ndarray = self.named[ways, _AT["exact"]] > 0
        return made

    def log_odds(self, pairs: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """Log-odds float64 (m,) that each pair is one thing."""
        kind = "plain" if self.surroundings.states is None else "states"
        forest = load_forest(PAIR_FEATURES, kind, self._weights)
        out = np.empty(len(pairs))
        for at in range(0, len(pairs), _CHUNK):
            part = slice(at, at + _CHUNK)
            out[part] = forest.log_odds(self.features(pairs[part], ways[part]))
            for name, value in self.extra(pairs[part], ways[part]).items():
                out[part] += EXTRA[name] * value
        return out


def probability(log_odds: np.ndarray) -> np.ndarray:
    """Logistic function, in [0, 1]."""
    made: np.ndarray = 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))
    return made
