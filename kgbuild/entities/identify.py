"""Clusters become entities: preferred label, other labels, type, IRI; each merge is reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kgbuild.entities.group import Group, main_type, preferred
from kgbuild.entities.keys import shown, tidy
from kgbuild.identity import digest, entity_iri
from kgbuild.types import Entity, Match

_WHOLE = 0.999  # share of a name's words, by rarity, that another one holds


@dataclass(frozen=True, slots=True)
class Merge:
    """Why two groups of mentions are one entity. ``left`` and ``right`` are names with their sources."""

    entity: str
    left: str
    right: str
    left_source: str
    right_source: str
    score: float
    reason: str
    features: tuple[tuple[str, float], ...]


def identify(
    groups: Sequence[Group], clusters: Sequence[Sequence[int]], links: Sequence[Match], base: str
) -> tuple[list[Entity], list[Merge]]:
    """Entities in the order of their IRIs, and the merges in the order of entity and score."""
    drafts = []
    for members in clusters:
        one, mentions = groups[members[0]], sorted((m for i in members for m in groups[i].mentions), key=lambda m: m.id)
        alone = len(members) == 1  # it has been asked for its name and class already
        label, kind = (one.name, one.type) if alone else (preferred(mentions), main_type(mentions))
        others = tuple(sorted({tidy(m.surface) for m in mentions} - {shown(label)}))
        drafts.append((entity_iri(base, label, kind), label, kind, others, mentions, members))
    shared: dict[str, list[int]] = defaultdict(list)
    for n, draft in enumerate(drafts):
        shared[draft[0]].append(n)
    entities, owner = [], {}
    for iri, label, kind, others, mentions, members in drafts:
        if len(shared[iri]) > 1:  # another thing of this name and type: the first source tells them apart
            iri = entity_iri(base, label, kind, digest(min(m.target.source for m in mentions), mentions[0].id))
        entities.append(Entity(iri, shown(label), others, (kind,), tuple(m.id for m in mentions)))
        owner.update({groups[i].id: iri for i in members})
    by_id = {g.id: g for g in groups}
    merges = [
        Merge(
            owner[link.left], by_id[link.left].name, by_id[link.right].name, by_id[link.left].source,
            by_id[link.right].source, link.score, _reason(link), link.features,
        )
        for link in links
    ]  # fmt: skip
    return sorted(entities, key=lambda e: e.id), sorted(merges, key=lambda m: (m.entity, -m.score, m.left, m.right))


def _reason(link: Match) -> str:
    found = dict(link.features)
    if "decision" in found:
        return "the user's decision"
    if found.get("exact"):
        return "the same name"
    if found.get("acronym"):
        return "an acronym of the other"
    if found.get("folded"):
        return "the same name, spelt otherwise"
    if found.get("contained", 0.0) >= _WHOLE:
        return "one name holds the other"
    return "like names in like contexts"
