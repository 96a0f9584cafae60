"""The relation encoder with the shipped weights, and where relation mentions stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kgbuild.config import Config
from kgbuild.embeddings import BACKWARD, embed_relations, is_open, open_relations, vector_key
from kgbuild.embeddings.contexts import contexts
from kgbuild.embeddings.relation import Context, RelationEncoder, probability
from kgbuild.types import Box, Extraction, Mention, RelationMention, Target, TextPosition

BASE = "https://example.org/kg/"
TEXT = "The cache reads from the store, and the cache answers."


def mention(n: int, surface: str, place: Target) -> Mention:
    return Mention(f"s#m{n}", place, surface, "Thing", 1.0, "t/1")


def at(start: int, end: int) -> Target:
    return Target("s", (TextPosition(start, end),))


@pytest.fixture(scope="module")
def encoder(config: Config) -> RelationEncoder:
    return RelationEncoder(config)


def test_vectors_do_not_depend_on_their_neighbours(encoder: RelationEncoder) -> None:
    given = [
        Context(TEXT, (4, 9), (25, 30)), Context(TEXT, (25, 30), (4, 9)), Context("a b", (0, 1), (2, 3)),
        Context("x" * 5000 + " y " + "z" * 5000, (0, 5000), (5003, 10003)), Context("", (0, 0), (0, 0)), Context("ab", (0, 2), (1, 2)),
    ]  # fmt: skip
    together = encoder.relations(given)
    alone = np.concatenate([encoder.relations([c]) for c in given])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together[:4], axis=1), 1, atol=1e-5)
    assert np.isfinite(together).all()


def test_a_relation_lies_near_its_description_and_direction_counts(encoder: RelationEncoder) -> None:
    text = "Ada Brown wrote the novel Blue Rain."
    forward, backward = encoder.relations([Context(text, (26, 35), (0, 9)), Context(text, (0, 9), (26, 35))])
    author, born = encoder.properties([
        ("author", "main creator of a written work", ["written by", "writer"]), ("place of birth", "where a person was born", []),
    ])  # fmt: skip
    assert forward @ author > forward @ born + 0.1
    assert forward @ author > backward @ author


def test_ends_are_found_by_position_before_name() -> None:
    second = TEXT.rindex("cache")
    mentions = [mention(0, "cache", at(100 + second, 105 + second)), mention(1, "store", at(125, 130))]
    r = RelationMention(
        "s#r",
        "s#m0",
        f"{BASE}relation/read_from",
        "s#m1",
        at(100, 100 + len(TEXT)),
        1.0,
        "t/1",
        TEXT,
        phrase="read from",
    )
    found = contexts([r], {m.id: m for m in mentions})["s#r"]
    assert found == Context(TEXT, (second, second + 5), (25, 30), "read from")


def test_two_ends_of_one_name_are_two_places() -> None:
    mentions = [
        mention(0, "cache", Target("s", (Box(0, 0, 9, 9),))),
        mention(1, "cache", Target("s", (Box(9, 9, 9, 9),))),
    ]
    r = RelationMention("s#r", "s#m0", f"{BASE}relation/is", "s#m1", at(0, len(TEXT)), 1.0, "t/1", TEXT)
    found = contexts([r], {m.id: m for m in mentions})["s#r"]
    assert {found.subject, found.object} == {(4, 9), (40, 45)}


def test_a_label_on_an_arrow_is_read_between_its_ends() -> None:
    mentions = [
        mention(0, "Web App", Target("s", (Box(0, 0, 9, 9),))),
        mention(1, "Database", Target("s", (Box(50, 0, 9, 9),))),
    ]
    r = RelationMention(
        "s#r",
        "s#m0",
        f"{BASE}relation/read_from",
        "s#m1",
        Target("s", (Box(0, 0, 59, 9),)),
        1.0,
        "d/1",
        "reads from",
        "drawing",
        phrase="read from",
    )
    found = contexts([r], {m.id: m for m in mentions})["s#r"]
    assert found.text == "Web App read from Database"
    assert (found.text[slice(*found.subject)], found.text[slice(*found.object)]) == ("Web App", "Database")


def test_only_open_relations_have_vectors(encoder: RelationEncoder, config: Config) -> None:
    mentions = (mention(0, "cache", at(4, 9)), mention(1, "store", at(25, 30)))
    whole = at(0, len(TEXT))
    opened = RelationMention("s#r0", "s#m0", f"{BASE}relation/read_from", "s#m1", whole, 1.0, "t/1", TEXT)
    closed = RelationMention("s#r1", "s#m0", "https://w3id.org/kgbuild/general#partOf", "s#m1", whole, 1.0, "t/1", TEXT)
    found = Extraction("s", mentions, (closed, opened))
    assert open_relations(found, BASE) == [opened] and not is_open(closed.predicate, BASE)
    table = embed_relations(found, encoder, config)
    assert table.ids == ("s#r0", "s#r0" + BACKWARD) and table.matrix.shape == (2, encoder.dim)


def test_a_clear_lead_and_a_high_score_make_sure(encoder: RelationEncoder) -> None:
    known = encoder.facts["calibration"]
    sure = probability(np.array([0.3, 0.6, 0.6]), np.array([0.29, 0.59, 0.2]), known)
    assert sure[0] < sure[1] < sure[2]
    assert probability(np.float64(0.6), np.float64(-np.inf), known) <= probability(
        np.float64(0.6), np.float64(0.0), known
    )


def test_cells_of_one_column_share_a_vector(encoder: RelationEncoder, config: Config) -> None:
    mentions, relations = [], []
    for n in range(20):
        row = at(100 * n, 100 * n + 30)
        mentions += [mention(2 * n, f"shop {n}", at(100 * n, 100 * n + 7)), mention(2 * n + 1, f"port {n}", row)]
        ends = mentions[-2].id, f"{BASE}relation/listens_on", mentions[-1].id
        relations.append(RelationMention(f"s#r{n}", *ends, row, 1.0, "records/1", f"shop {n} port {n}"))
    one, all_of_them = (
        embed_relations(Extraction("s", tuple(mentions), tuple(found)), encoder, config)
        for found in (relations[:1], relations)
    )
    key = vector_key(relations[0])
    assert one.ids == all_of_them.ids == (key, key + BACKWARD) and key == vector_key(relations[7])
    assert np.allclose(np.linalg.norm(all_of_them.matrix, axis=1), 1, atol=1e-5)
    alone = embed_relations(Extraction("s", tuple(mentions), (replace(relations[0], agent="t/1"),)), encoder, config)
    assert np.array_equal(alone.matrix, one.matrix) and (all_of_them.matrix * one.matrix).sum(1).min() > 0.7


def test_a_table_of_thousands_of_columns_is_read_in_bounds(config: Config) -> None:
    """Each column by fewer of its cells, those after the first 2,000 by none."""
    read: list[str] = []

    class Counts:
        space, dim = "x", 2

        def relations(self, contexts: list[Context]) -> np.ndarray:
            read.extend(c.text for c in contexts)
            return np.ones((len(contexts), 2), np.float32)

    mentions, relations = [mention(0, "shop", at(0, 4))], []
    for n in range(3 * 2500):
        mentions.append(mention(n + 1, f"port {n}", at(5, 11)))
        ends = mentions[0].id, f"{BASE}relation/c{n % 2500}", mentions[-1].id
        relations.append(RelationMention(f"s#r{n}", *ends, at(0, 30), 1.0, "records/1", f"shop port {n}"))
    table = embed_relations(Extraction("s", tuple(mentions), tuple(relations)), Counts(), config)
    assert len(table.ids) == 2 * 2000 and f"{BASE}relation/c2000" not in table.ids and len(read) == 2 * 2000
    read.clear()
    few = [r for r in relations if int(r.predicate.rpartition("c")[2]) < 800]
    assert len(embed_relations(Extraction("s", tuple(mentions), tuple(few)), Counts(), config).ids) == 2 * 800
    assert len(read) == 2 * 800 * 2
