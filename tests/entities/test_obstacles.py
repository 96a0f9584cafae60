"""What can never be one thing, and what neighbours in the graph say."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.entities.group import Group, group
from kgbuild.entities.neighbours import Neighbours
from kgbuild.entities.obstacles import listed_apart
from kgbuild.types import Box, Mention, RelationMention, Target, TextPosition, TimeSpan

PAGE = Target("https://x.org/source/a")


def node(name: str, n: int, *, time: float | None = None) -> Mention:
    place = PAGE if time is None else PAGE.within(TimeSpan(time, time + 5))
    return Mention(f"{PAGE.source}#{n}", place.within(Box(n, 0, 9, 9)), name, "Thing", 0.9, "pictures/1", "picture")


def said(text: str, *names: str) -> list[Mention]:
    return [
        Mention(f"{PAGE.source}#{name}", PAGE.within(TextPosition(at, at + len(name))), name, "Thing", 0.9, "text/1",
                context=text)
        for name in names if (at := text.index(name)) >= 0
    ]  # fmt: skip


def groups(*mentions: Mention) -> list[Group]:
    return group(mentions, {m.id for m in mentions})


def apart(*mentions: Mention) -> set[frozenset[str]]:
    found = groups(*mentions)
    return {frozenset(found[i].name for i in pair) for pair in listed_apart(found).tolist()}


def test_two_nodes_of_one_drawing_are_two_things() -> None:
    assert apart(node("Read API", 1), node("Read APIs v2", 2)) == {frozenset({"Read API", "Read APIs v2"})}


def test_a_node_and_its_short_form_in_one_drawing_may_be_one() -> None:
    assert apart(node("Content Delivery Network", 1), node("CDN", 2)) == set()


def test_nodes_of_two_frames_may_be_one() -> None:
    assert apart(node("Read API", 1, time=0), node("Reading API", 2, time=9)) == set()


@pytest.mark.parametrize(
    ("text", "names", "wanted"),
    [
        ("Store it in Redis, Redis Cluster and S3.", ["Redis", "Redis Cluster", "S3"], 2),
        ("The European Space Agency, ESA, flew.", ["European Space Agency", "ESA"], 0),
        ("Redis keeps what Redis Cluster shares.", ["Redis", "Redis Cluster"], 0),
    ],
)
def test_neighbours_in_a_list_are_two_things(text: str, names: list[str], wanted: int) -> None:
    # "Redis" is found first inside "Redis Cluster" nowhere: it stands before it in each text
    assert len(apart(*said(text, *names))) == wanted


def related(n: int, subject: Mention, predicate: str, object: Mention) -> RelationMention:
    return RelationMention(f"r{n}", subject.id, predicate, object.id, subject.target, 0.9, "x/1")


def named(name: str, source: str) -> Mention:
    place = Target(f"https://x.org/source/{source}", (TextPosition(0, len(name)),))
    return Mention(f"{place.source}#{name}", place, name, "Thing", 0.9, "text/1")


def test_shared_neighbours_raise_and_other_ones_do_not() -> None:
    mentions = [
        named("Smith", "a"),
        named("J. Smith", "b"),
        named("Smithy", "c"),
        named("Acme", "a"),
        named("Acme", "b"),
        named("Ajax", "c"),
    ]
    found = groups(*mentions)
    row = {m.id: i for i, g in enumerate(found) for m in g.mentions}
    relations = [related(i, mentions[i], "works for", mentions[i + 3]) for i in range(3)]
    label = np.arange(len(found))
    label[row[mentions[4].id]] = label[row[mentions[3].id]]  # the two Acmes are one
    pairs = np.array([[row[mentions[0].id], row[mentions[1].id]], [row[mentions[0].id], row[mentions[2].id]]])
    made = Neighbours(found, relations).features(pairs, label, np.ones(2, bool))
    assert made["neighbours"][0] > 0 == made["neighbours"][1] and not made["contradiction"].any()


def test_another_object_of_a_functional_relation_contradicts() -> None:
    people = [
        (named(f"P{i}", "a"), named(f"P{i}", "b"), named(f"Town{i}", "a"), named(f"Town{i}", "b")) for i in range(9)
    ]
    found = groups(*(m for four in people for m in four))
    row = {m.id: i for i, g in enumerate(found) for m in g.mentions}
    label = np.arange(len(found))
    for p, q, t, u in people:
        label[row[q.id]], label[row[u.id]] = label[row[p.id]], label[row[t.id]]
    relations = [
        related(2 * n + k, four[k], "born in", four[2 + k]) for n, four in enumerate(people) for k in range(2)
    ]  # fmt: skip
    pair = np.array([[row[people[0][0].id], row[people[1][0].id]], [row[people[0][0].id], row[people[0][1].id]]])
    made = Neighbours(found, relations).features(pair, label, np.ones(2, bool))
    assert made["contradiction"].tolist() == [1.0, 0.0]
