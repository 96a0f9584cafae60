"""Entities to items of a user's reference: candidates by name, a score, and nothing where nothing is sure.

A link needs ``align.link_min_score`` and a margin over the runner-up (docs/decisions/0019). Of two that come near, none
is taken: both are reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kgbuild.entities.decisions import Decisions
from kgbuild.entities.keys import key
from kgbuild.entities.linker import WORTH, Draft, Encode, Linker, Scored
from kgbuild.entities.references import Item, References
from kgbuild.types import Entity, Issue, Mention
from kgbuild.vocab import OWL, SKOS

MARGIN = 0.2  # of the best score over the second
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
        near = [items[s[1]].popularity for s in scored if best - s[0] < MARGIN]
        if not near[0] or near[0] < 10 * max(near[1:]):  # ten times as well known as the next: that one is meant
            return [_open(draft, scored, items, f"{len(near)} items come near one another")]
    if best < min_score:
        return [_open(draft, scored, items, f"the best score is below {min_score:g}")] if best >= WORTH else []
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
