"""Worlds: who is who is known, homonyms differ in what their case says, splits share no name, a seed is a world."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("resvg_py")

from kgbuild.training.worlds import CASES, SPLITS, World, make_world, tell
from kgbuild.training.worlds.kinds import KINDS, RELATIONS
from kgbuild.training.worlds.names import split_of
from kgbuild.types import Box, TextPosition

WORLDS = [make_world(seed, split="train") for seed in range(12)]


def homonyms(world: World, case: str) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for t in world.things:
        if t.case == case:
            groups.setdefault(t.names[0], []).append(t.id)
    return list(groups.values())


def test_homonyms_differ_in_what_their_case_says() -> None:
    seen = set()
    for world in WORLDS:
        for case in CASES:
            for ids in homonyms(world, case):
                one, other, *third = (world.things[i] for i in ids)
                seen.add(case)
                if case == "kind":
                    assert one.kind is not other.kind
                elif case == "context":
                    assert one.kind is other.kind and one.look == other.look and one.domain is not other.domain
                elif case == "look":
                    assert one.kind is other.kind and one.look.fill != other.look.fill and one.domain is other.domain
                else:
                    kinds, domains = (
                        {t.kind.name for t in (one, other, *third)},
                        {t.domain.name for t in (one, other, *third)},
                    )
                    assert len(third) == 1 and len(kinds) == 2 and len(domains) == 2
    assert seen == set(CASES)


def test_relations_join_kinds_that_they_can_join() -> None:
    kinds = {k.name for k in KINDS}
    for name, (verbs, subjects, objects) in RELATIONS.items():
        assert verbs and subjects <= kinds and objects <= kinds, name
    for world in WORLDS:
        for a, name, b in world.relations:
            assert (
                a != b
                and world.things[a].kind.name in RELATIONS[name][1]
                and world.things[b].kind.name in RELATIONS[name][2]
            )


def test_names_of_splits_share_no_word() -> None:
    words: dict[str, set[str]] = {}
    for split in SPLITS:
        names = [
            n for seed in range(5) for t in make_world(seed, split=split).things for n in t.names[:1] if n.istitle()
        ]
        words[split] = {w for n in names for w in n.split()} - {
            "Group",
            "Works",
            "Partners",
            "Ltd",
            "Holding",
            "Logistics",
            "Labs",
        }
        assert all(split_of(w) == split for w in words[split] if len(w) > 4)
    assert not words["train"] & words["test"] and not words["dev"] & words["test"]


def test_mentions_stand_where_they_say() -> None:
    tale = tell(WORLDS[0])
    segments = {s.id: s for s in tale.segments}
    drawn = 0
    for m in tale.mentions:
        segment, place, box = segments[m.segment], m.target.find(TextPosition), m.target.find(Box)
        if place is not None:
            assert segment.text[place.start : place.end] == m.surface and m.surface in m.context
        else:
            assert box is not None
            picture = tale.pictures[segment.blob]
            part = picture[box.y : box.y + box.h, box.x : box.x + box.w]
            assert part.size and part.reshape(-1, 3).std(0).max() > 5, m  # something is drawn there
            drawn += 1
    assert drawn > 20 and set(tale.gold) == {m.id for m in tale.mentions}
    ids = set(tale.gold)
    assert all({r.subject, r.object} <= ids for r in tale.relations)
    assert set(tale.stated.values()) <= set(RELATIONS)


def test_a_seed_is_a_world() -> None:
    one, again, other = (tell(make_world(s, split="dev")) for s in (3, 3, 4))
    assert one.mentions == again.mentions and one.relations == again.relations and one.gold == again.gold
    assert list(one.pictures) == list(again.pictures) and list(one.pictures) != list(other.pictures)
    assert all(np.array_equal(p, again.pictures[b]) for b, p in one.pictures.items())


def test_things_are_told_in_several_documents_and_ways() -> None:
    tale = tell(WORLDS[1])
    where: dict[int, set[str]] = {}
    for m in tale.mentions:
        where.setdefault(tale.gold[m.id], set()).add(m.modality)
    assert sum({"text", "picture"} <= found for found in where.values()) > 5
    assert not tell(WORLDS[1], pictures=False).pictures
