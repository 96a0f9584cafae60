"""Finer classes for entities, without training: likeness of an entity's mentions to a class's description and names.

Only classes below the entity's own are looked at (all of them for a ``Thing``), none that is disjoint with it, and
below the threshold the entity keeps the class that it has. IRIs are made before and stay as they are.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from kgbuild.statements.ontology import THING, Class, Ontology, class_iri
from kgbuild.types import Entity
from kgbuild.vocab import CORE, GENERAL

SPACE = "minilm-mention"  # the only space of mention vectors that types.json is made for
# The classes that extractors give: nothing fine about them.
COARSE = frozenset(
    GENERAL + name
    for name in (
        "Thing", "Person", "Organisation", "Place", "Event", "Work", "Product", "Concept", "Language", "Time",
        "Quantity",
    )
)  # fmt: skip
_VALUES = frozenset((GENERAL + "Time", GENERAL + "Quantity"))
_BLOCK = 1024  # entities that are compared with classes at once


@lru_cache(1)
def facts() -> dict[str, Any]:
    """What ``types.json`` holds: means of mention and class vectors, weights of the calibration, measures."""
    found: dict[str, Any] = json.loads(files("kgbuild.weights").joinpath("types.json").read_text("utf-8"))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class ClassTable:
    """Classes with their vectors: ``matrix`` float32 (len(iris), 384), unit length, as ``class_matrix`` makes them."""

    iris: tuple[str, ...]
    matrix: np.ndarray


def fine_classes(ontology: Ontology) -> list[Class]:
    """The classes of the loaded ontologies that an entity may get, in the order of their IRIs."""
    equal = ontology.equal
    never = COARSE | {c for c, g in equal.items() if g in COARSE} | set(equal.values())  # a user's class comes first
    return [c for i, c in sorted(ontology.classes.items()) if i not in never and not _unfit(ontology.above(i))]


def _unfit(above: frozenset[str]) -> bool:
    """Whether a class is of values, or of kgbuild's own records."""
    return bool(above & _VALUES) or any(c.startswith(CORE) for c in above)


def class_matrix(parts: np.ndarray, means: np.ndarray | None = None) -> np.ndarray:
    """Vectors of classes, float32 (n, 384), from those of (label, description, names), (n, 3, 384)."""
    shifted = _unit(parts[:, 1:] - (_array("class_means") if means is None else means))
    return _unit(shifted.sum(1))


def mention_matrix(vectors: np.ndarray, mean: np.ndarray | None = None) -> np.ndarray:
    """Vectors of things, float32 (n, 384), to compare with those of classes, from vectors of mentions."""
    return _unit(_unit(vectors) - (_array("mention_mean") if mean is None else mean))


def _array(name: str) -> np.ndarray:
    return np.array(facts()[name], dtype=np.float32)


def chance(score: float, rival: float, unknown: bool, weights: Sequence[float]) -> float:
    """How often a class is right that is the likest with this cosine, the next one having cosine ``rival``."""
    bias, slope, lead, thing = weights
    return float(1 / (1 + np.exp(-(bias + slope * score + lead * (score - max(rival, 0.0)) + thing * unknown))))


class FineTyper:
    """Gives entities finer classes. ``vectors``: of mentions, by id."""

    def __init__(
        self, table: ClassTable, ontology: Ontology, vectors: Mapping[str, np.ndarray], *, threshold: float
    ) -> None:
        self._table, self._ontology, self._vectors, self._threshold = table, ontology, vectors, threshold
        self._weights = facts()["weights"]

    def __call__(self, entities: Sequence[Entity]) -> tuple[Entity, ...]:
        """The entities, each with its fine class first, then the classes above it and what a user calls its own class,
        last its own class.
        """
        return tuple(map(self._typed, entities, self.best(entities)))

    def _typed(self, entity: Entity, likest: tuple[str, float, float] | None) -> Entity:
        kind, score = class_iri(entity.types[-1]), 1.0
        types = [c for c, general in sorted(self._ontology.equal.items()) if general == kind]
        if likest is not None:
            found, cosine, rival = likest
            sure = chance(cosine, rival, kind == THING, self._weights)
            if sure >= self._threshold:
                above = self._ontology.above(found) - self._ontology.above(kind) - {found, *types}
                types = [found, *sorted(above, key=lambda c: (-len(self._ontology.above(c)), c)), *types]
                score = min(0.9999, round(sure, 4))
        if not types:
            return entity
        own = tuple(t.removeprefix(GENERAL) for t in types)
        return replace(entity, types=(*own, *entity.types), type_score=score)

    def best(self, entities: Sequence[Entity]) -> list[tuple[str, float, float] | None]:
        """Of each entity the likest class, its cosine, and that of the next one that stands neither above nor below it;
        None where no class or vector is known.
        """
        found: list[tuple[str, float, float] | None] = [None] * len(entities)
        known = [[self._vectors[m] for m in e.mentions if m in self._vectors] for e in entities]
        of_kind: dict[str, list[int]] = defaultdict(list)
        for n, e in enumerate(entities):
            if known[n]:
                of_kind[class_iri(e.types[-1])].append(n)
        for kind, members in of_kind.items():
            iris, matrix, apart = self._candidates(kind)
            for begin in range(0, len(members) if iris else 0, _BLOCK):
                block = members[begin : begin + _BLOCK]
                means = [known[n][0] if len(known[n]) == 1 else np.mean(known[n], axis=0) for n in block]
                # product by product: as one, their sums would depend on what else is in the block
                scores = (matrix @ mention_matrix(np.stack(means))[:, :, None])[:, :, 0]
                likest = scores.argmax(1)
                rivals = np.where(apart[likest], scores, -np.inf).max(1)
                rivals[~apart[likest].any(1)] = 0
                rows = zip(block, likest.tolist(), scores.max(1).tolist(), rivals.tolist(), strict=True)
                for n, best, cosine, rival in rows:
                    found[n] = iris[best], cosine, rival
        return found

    def _candidates(self, kind: str) -> tuple[list[str], np.ndarray, np.ndarray]:
        """The classes below one, of all that can be for a thing that is not known better; their vectors; and of each
        two, whether neither stands above or below the other.
        """
        o, iris = self._ontology, self._table.iris
        rows = [n for n, c in enumerate(iris) if c != kind and (kind == THING or kind in o.above(c))]
        rows = [n for n in rows if not o.are_disjoint(iris[n], kind)]
        classes = [iris[n] for n in rows]
        above = np.array([[c in up for c in classes] for up in map(o.above, classes)], dtype=bool)
        return classes, self._table.matrix[rows], ~(above | above.T)


def _unit(matrix: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(matrix, axis=-1, keepdims=True)
    made: np.ndarray = (matrix / np.maximum(lengths, 1e-12)).astype(np.float32)
    return made
