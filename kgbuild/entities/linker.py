"""Entities beside the items of a reference: which are worth a score, and the score of a pair.

A logistic score over few features of name, type and context (docs/decisions/0019).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kgbuild.entities.keys import compatible, key
from kgbuild.entities.references import Item, References
from kgbuild.identity import normalise
from kgbuild.mentions.names import initials, is_acronym
from kgbuild.types import Entity, Mention
from kgbuild.vocab import SCHEMA, words

Encode = Callable[[Sequence[str]], np.ndarray]
FEATURES = (
    "bias", "exact", "acronym", "contained", "overlap", "rare", "single_word", "context", "undescribed", "same_type",
)  # fmt: skip
# Fitted and cross-validated over names by benchmarks/linking.py --fit; the last two by hand: its data has no types, and
# no description counts as a middling one.
COEFFICIENTS = {
    "bias": -13.08, "exact": 1.02, "acronym": 1.88, "contained": 3.5, "overlap": 3.46, "rare": 5.15,
    "single_word": -0.65, "context": 4.06, "undescribed": 1.5, "same_type": 1.0,
}  # fmt: skip
WORTH = 0.2  # score below which a candidate is not even reported
_COMMON = 30  # items that share a word from which it is no reason to compare them
_NAMES, _CONTEXTS = 12, 6  # names and sentences of an entity that are looked at
_HOPE = 0.8  # the likest context there is; a candidate that would not come near the threshold with it is left out


@dataclass(frozen=True, slots=True)
class Draft:
    """What an entity is compared by."""

    entity: Entity
    names: tuple[str, ...]
    keys: frozenset[str]
    contexts: tuple[str, ...]

    @classmethod
    def of(cls, entity: Entity, mentions: Sequence[Mention]) -> Draft:
        names = (entity.pref_label, *(n for n in entity.alt_labels if n != n.lower()))[:_NAMES]
        contexts = sorted({m.context for m in mentions if len(m.context) > len(m.surface)})
        return cls(entity, names, frozenset(map(key, names)), tuple(contexts[:_CONTEXTS]))


Scored = list[tuple[float, int, dict[str, float]]]  # (score, number of the item, features), best first


class Linker:
    """The reference's items by their names, and the score of a pair.

    Candidates whose score would be below ``worth`` in the likest context are passed over, their texts not encoded.
    """

    def __init__(
        self, references: References, encode: Encode, classes: Mapping[str, str], *, worth: float = WORTH
    ) -> None:
        self.items, self.encode, self.worth = references.items, encode, worth
        self.keys: dict[str, list[int]] = {}
        self.words: dict[str, list[int]] = {}
        self.short: dict[str, list[int]] = {}
        for n, item in enumerate(self.items):
            names = {key(name) for name in item.names}
            for name in names:
                self.keys.setdefault(name, []).append(n)
            for word in {w for name in names for w in name.split() if len(w) > 2}:
                owners = self.words.setdefault(word, [])
                if len(owners) <= _COMMON:
                    owners.append(n)
            for short in {_short(name) for name in item.names} - {""}:
                self.short.setdefault(short, []).append(n)
        self._classes, self._type_names = classes, references.type_names
        self.by_iri = {item.iri: n for n, item in enumerate(self.items)}

    def kinds(self, item: Item) -> frozenset[str]:
        """The classes of entities that an item's types mean; none if they are not known."""
        found = set()
        for kind in item.types:
            local = words(kind) if "://" in kind else kind
            one = kind.replace("http://schema.org/", SCHEMA)
            for name in (one, normalise(self._type_names.get(kind, "")), normalise(local)):
                if name in self._classes:
                    found.add(self._classes[name])
                    break
        return frozenset(found)

    def candidates(self, draft: Draft) -> list[int]:
        """Numbers of items of an equal name, of its acronym or long form, or that share a rare word."""
        found: set[int] = set()
        for name in draft.keys:
            found.update(self.keys.get(name, ())[: 4 * _COMMON])
            for word in name.split():
                owners = self.words.get(word, ())
                found.update(owners if len(owners) <= _COMMON else ())
        for name in draft.names:
            if short := _short(name):
                found.update(self.short.get(short, ())[:_COMMON])
                found.update(self.keys.get(short, ())[:_COMMON])
        own = draft.entity.types[-1]
        return sorted(n for n in found if self._fits(own, self.kinds(self.items[n])))

    @staticmethod
    def _fits(own: str, kinds: frozenset[str]) -> bool:
        return not kinds or any(compatible(own, kind) for kind in kinds)

    def scores(self, drafts: Sequence[Draft]) -> list[Scored]:
        """The scored candidates of each entity; only texts of candidates that may be it are encoded."""
        found = [[n for n in self.candidates(d) if self._may_be(d, n)] for d in drafts]
        about = {n: text for n in sorted({n for ns in found for n in ns}) if (text := _about(self.items[n]))}
        contexts = [d.contexts if any(n in about for n in ns) else () for d, ns in zip(drafts, found, strict=True)]
        texts = sorted({*about.values(), *(c for cs in contexts for c in cs)})
        vector = dict(zip(texts, self.encode(texts), strict=True)) if texts else {}
        scored = []
        for draft, numbers, around in zip(drafts, found, contexts, strict=True):
            mean = np.mean([vector[c] for c in around], axis=0) if around else None
            unit = None if mean is None else mean / max(float(np.linalg.norm(mean)), 1e-9)
            near = {n: float(unit @ vector[about[n]]) for n in numbers if n in about} if unit is not None else {}
            features = {n: self.features(draft, n, near.get(n)) for n in numbers}
            scored.append(sorted(((probability(f), n, f) for n, f in features.items()), key=lambda s: (-s[0], s[1])))
        return scored

    def _may_be(self, draft: Draft, n: int) -> bool:
        hope = _HOPE if self.items[n].description and draft.contexts else None
        return probability(self.features(draft, n, hope)) >= self.worth

    def features(self, draft: Draft, n: int, context: float | None) -> dict[str, float]:
        """Features of a pair, each about in [0, 1]; ``context``: cosine of its sentences and the item's description."""
        item = self.items[n]
        names = {key(name) for name in item.names}
        exact = draft.keys & names
        pairs = [(frozenset(a.split()), frozenset(b.split())) for a in draft.keys for b in names]
        owners = [self.keys[name] for name in exact] or [
            self.words[w] for a, b in pairs for w in a & b if w in self.words
        ]  # fmt: skip
        kinds = self.kinds(item)
        return {
            "bias": 1.0,
            "exact": float(bool(exact)),
            "acronym": float(
                not exact and any(is_acronym(a, b) or is_acronym(b, a) for a in draft.names for b in item.names)
            ),
            "contained": float(any(a <= b or b <= a for a, b in pairs)),
            "overlap": max((self._weight(a & b) / max(1e-9, self._weight(a | b)) for a, b in pairs), default=0.0),
            "rare": 1 / max(1, min(map(len, owners), default=1)) ** 0.5,
            "single_word": float(bool(exact) and all(" " not in name for name in exact)),
            "context": 0.0 if context is None else max(0.0, context),
            "undescribed": float(context is None),
            "same_type": float(draft.entity.types[-1] in kinds),
        }

    def _weight(self, found: frozenset[str]) -> float:
        """Inverse document frequency of some words among the names of the reference, summed."""
        total = math.log(1 + len(self.items))
        return sum(max(0.1, total - math.log(1 + len(self.words.get(w, ())))) for w in sorted(found))


def probability(features: Mapping[str, float]) -> float:
    """Logistic score in [0, 1], rounded so that the last bits of a sum decide nothing."""
    z = sum(COEFFICIENTS[name] * value for name, value in features.items())
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, z)))), 4)


def _short(name: str) -> str:
    """The acronym that a name is or has, folded; "" if it is one word in lower case or a long one."""
    letters = name.replace(".", "")
    if letters.isupper() and letters.isalpha() and 2 <= len(letters) <= 8:
        return letters.casefold()
    return initials(name) if " " in name else ""


def _about(item: Item) -> str:
    """What an item says of itself, with its name."""
    if not item.description:
        return ""
    return item.description if item.names[0] in item.description else f"{item.names[0]}: {item.description}"
