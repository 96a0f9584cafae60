"""Entities to items of a user's reference: candidates by name, a score, and nothing where nothing is sure.

The score is a logistic one over few features of name, type and context; a link needs ``align.link_min_score`` and a
margin over the runner-up (docs/decisions/0019). Of two that come near, none is taken: both are reported.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kgbuild.entities.decisions import Decisions
from kgbuild.entities.keys import compatible, key, short_form
from kgbuild.entities.references import Item, References
from kgbuild.identity import normalise
from kgbuild.mentions.names import is_acronym
from kgbuild.types import Entity, Issue, Mention
from kgbuild.vocab import OWL, SCHEMA, SKOS, words

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
MARGIN = 0.2  # of the best score over the second
_WORTH = 0.2  # score below which a candidate is not even reported
_COMMON = 30  # items that share a word from which it is no reason to compare them
_NAMES, _CONTEXTS = 12, 6  # names and sentences of an entity that are looked at
_HOPE = 0.8  # the likest context there is; a candidate that would not come near the threshold with it is left out
_SHOWN = 5  # candidates in the report of an entity that was not linked


@dataclass(frozen=True, slots=True)
class Link:
    """An entity and the item that it is, or the candidates that were not sure enough (``predicate`` is "" then)."""

    entity: str
    name: str
    item: str
    label: str
    predicate: str
    score: float
    reason: str
    features: tuple[tuple[str, float], ...] = ()
    candidates: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Linking:
    """The entities with ``same_as``, and a record for each that had a candidate."""

    entities: tuple[Entity, ...]
    links: tuple[Link, ...]
    issues: tuple[Issue, ...] = ()


def link(
    entities: Sequence[Entity],
    mentions: Sequence[Mention],
    references: References,
    *,
    encode: Encode,
    classes: Mapping[str, str] | None = None,
    decisions: Decisions | None = None,
    min_score: float = 0.5,
    base: str = "",
) -> Linking:
    """Link entities to reference items; the same whatever order the entities come in.

    A decision that names an IRI is about an item, unless it is of an entity or source of the graph itself (below
    ``base``). ``encode`` gives unit sentence vectors; ``classes`` maps types of the reference, by IRI or normalised
    name, to the classes of entities ("Person").
    """
    same_items, other_items = (
        [p for p in pairs if any(_is_item(name, base) for name in p)]
        for pairs in ((decisions.same, decisions.different) if decisions else ((), ()))
    )
    if not references.items and not same_items:
        return Linking(tuple(entities), ())
    decided = Decisions(tuple(same_items), tuple(other_items))
    linker = Linker(references, encode, classes or {})
    by_id = {m.id: m for m in mentions}
    drafts = [Draft.of(e, [by_id[m] for m in e.mentions if m in by_id]) for e in sorted(entities, key=lambda e: e.id)]
    scored = linker.scores(drafts)
    links = []
    for draft, found in zip(drafts, scored, strict=True):
        links += _decide(draft, found, linker, decided, min_score)
    same: dict[str, list[str]] = defaultdict(list)
    for made in links:
        if made.predicate:
            same[made.entity].append(made.item)
    linked = tuple(replace(e, same_as=(*e.same_as, *same[e.id])) if e.id in same else e for e in entities)
    return Linking(linked, tuple(links), tuple(_shared(links)))


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
    """The reference's items by their names, and the score of a pair."""

    def __init__(self, references: References, encode: Encode, classes: Mapping[str, str]) -> None:
        self.items, self.encode = references.items, encode
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
            for short in {short_form(name) for name in item.names} - {""}:
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
            if short := short_form(name):
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
        return probability(self.features(draft, n, hope)) >= _WORTH

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


def _about(item: Item) -> str:
    """What an item says of itself, with its name."""
    if not item.description:
        return ""
    return item.description if item.names[0] in item.description else f"{item.names[0]}: {item.description}"


def _decide(draft: Draft, scored: Scored, linker: Linker, decisions: Decisions, min_score: float) -> list[Link]:
    """The links of one entity, or the record of its candidates, or nothing if there were none."""
    items = linker.items
    wanted, barred = (_decided(draft, pairs) for pairs in (decisions.same, decisions.different))
    if wanted:
        known = [(iri, linker.by_iri.get(iri)) for iri in wanted]
        return [_made(draft, iri, items[n] if n is not None else None, 1.0, "the user's decision") for iri, n in known]
    scored = [s for s in scored if items[s[1]].iri not in barred]
    if not scored:
        return []
    best, n, features = scored[0]
    second = scored[1] if len(scored) > 1 else None
    if best >= min_score and second and best - second[0] < MARGIN:
        known = [items[s[1]].popularity for s in scored if best - s[0] < MARGIN]
        if not known[0] or known[0] < 10 * max(known[1:]):  # ten times as well known as the next: that one is meant
            return [_open(draft, scored, items, f"{len(known)} items come near one another")]
    if best < min_score:
        return [_open(draft, scored, items, f"the best score is below {min_score:g}")] if best >= _WORTH else []
    shown = tuple((k, round(v, 4)) for k, v in features.items() if k != "bias" and v)
    return [_made(draft, items[n].iri, items[n], best, _reason(features), shown)]


def _is_item(name: str, base: str) -> bool:
    return "://" in name and not (base and name.strip("<>").startswith((f"{base}entity/", f"{base}source/")))


def _decided(draft: Draft, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The IRIs that the user names beside this entity."""
    found = []
    for pair in pairs:
        for name, other in (pair, pair[::-1]):
            iri = other.strip("<>")
            own = name == draft.entity.id or name in draft.entity.mentions or key(name) in draft.keys
            if "://" in iri and own and iri != draft.entity.id:
                found.append(iri)
    return found


def _made(
    draft: Draft, iri: str, item: Item | None, score: float, reason: str, features: tuple[tuple[str, float], ...] = ()
) -> Link:
    predicate = SKOS + "exactMatch" if item and item.concept else OWL + "sameAs"
    label = item.names[0] if item else ""
    return Link(draft.entity.id, draft.entity.pref_label, iri, label, predicate, score, reason, features)


def _open(draft: Draft, scored: Scored, items: Sequence[Item], reason: str) -> Link:
    shown = tuple((items[n].iri, items[n].names[0], score) for score, n, _ in scored[:_SHOWN])
    return Link(draft.entity.id, draft.entity.pref_label, "", "", "", scored[0][0], reason, (), shown)


def _reason(features: Mapping[str, float]) -> str:
    name = "the same name" if features["exact"] else "an acronym" if features["acronym"] else "a like name"
    said = [name]
    if features["same_type"]:
        said.append("the same type")
    if features["context"] >= 0.4:
        said.append("a context like its description")
    return ", ".join(said)


def _shared(links: Sequence[Link]) -> list[Issue]:
    """Items that several entities were linked to: those may be one."""
    owners: dict[str, list[Link]] = defaultdict(list)
    for made in links:
        if made.predicate:
            owners[made.item].append(made)
    return [
        Issue(
            "link", "same-item",
            f"{' and '.join(repr(o.name) for o in several)} are both linked to {item}: one thing? Then write "
            f"`same {several[0].name} | {several[1].name}` into the decisions.", severity="info",
        )
        for item, several in sorted(owners.items()) if len(several) > 1
    ]  # fmt: skip
