"""States of the frozen encoders: where they come from, and that what is absent is zero."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.config import Config
from kgbuild.embeddings.states import AROUND, LINKS, NAMED, StateEncoder, name_number
from kgbuild.embeddings.text import TextEncoder
from kgbuild.embeddings.vision import VisionTower
from kgbuild.types import Box, Mention, RelationMention, Segment, Target, TextPosition

SENTENCE = "Since spring the Gateway sends every order to the Ledger when the trucks are late."


@pytest.fixture(scope="module")
def encoder(config: Config) -> StateEncoder:
    return StateEncoder(TextEncoder(config), VisionTower(config))


def written(n: int, surface: str, context: str = SENTENCE) -> Mention:
    return Mention(f"s#m{n}", Target("s", (TextPosition(0, 1),)), surface, "Thing", 1.0, "t/1", context=context)


def drawn(n: int, surface: str, box: Box) -> Mention:
    return Mention(f"s#m{n}", Target("s", (box,)), surface, "Thing", 1.0, "t/1", "picture", "s#1", surface)


def link(n: int, a: str, b: str) -> RelationMention:
    return RelationMention(f"s#r{n}", a, "p", b, Target("s"), 1.0, "t/1")


def test_words_are_those_of_the_text_encoder(encoder: StateEncoder) -> None:
    mentions = [written(0, "Gateway"), written(1, "Ledger"), written(2, "Absent"), written(3, "Bare", "")]
    states = encoder(mentions, [], [], {}.get)
    assert np.array_equal(states.words[:, 0], encoder.text.encode([m.surface for m in mentions]))
    assert np.array_equal(states.words[0, 1], encoder.text.encode([SENTENCE])[0])
    assert states.words[0, 2] @ states.words[1, 2] < 0.99  # each its own place in the sentence
    assert not states.words[2, [2, 5]].any() and states.words[2, 1].any()  # does not stand there
    assert (np.abs(states.words[0, 6:]).sum(1) > 0).sum() == AROUND
    assert not states.region.any() and not states.links.any() and (states.whole_of == -1).all()


def test_links_are_the_labels_of_neighbours_by_direction(encoder: StateEncoder) -> None:
    mentions = [written(n, name) for n, name in enumerate(("Hub", "Cache", "Ada", "Zoo", "Mill", "Barn"))]
    relations = [link(n, "s#m0", f"s#m{n}") for n in range(1, 6)] + [link(9, "s#m1", "s#m0"), link(10, "s#m2", "gone")]
    states = encoder(mentions, relations, [], {}.get)
    named = encoder.text.encode(["Ada", "Barn", "Cache", "Hub", "Mill"])
    assert np.allclose(states.links[0, :LINKS], named[[0, 1, 2, 4]], atol=1e-5)  # the first by name
    assert np.allclose(states.links[0, LINKS], named[2], atol=1e-5)
    assert np.allclose(states.links[1, 0], named[3], atol=1e-5) and not states.links[3, :LINKS].any()
    assert states.near[0, :LINKS].tolist() == [name_number(n) for n in ("Ada", "Barn", "Cache", "Mill")]
    assert ((states.near != 0) == states.links.any(2)).all()


def test_names_of_a_source_are_numbers_without_its_own(encoder: StateEncoder) -> None:
    many = [written(n, f"Name {n}") for n in range(NAMED + 8)]
    states = encoder([*many, written(99, "NAME  3")], [], [], {}.get)
    numbers = sorted(name_number(m.surface) for m in many)
    for row, m in zip(states.named, many, strict=False):
        assert row.tolist() == [n for n in numbers if n != name_number(m.surface)][:NAMED]
    assert np.array_equal(states.named[-1], states.named[3])  # case and blanks make no other name
    assert not encoder([written(0, "Gateway")], [], [], {}.get).named.any()


def test_regions_are_cut_from_the_picture_at_any_size(encoder: StateEncoder) -> None:
    picture = np.full((100, 200, 3), 255, np.uint8)
    picture[20:40, 20:60], picture[60:90, 120:180] = (200, 30, 30), (30, 30, 200)
    segment = Segment("s#1", Target("s", (Box(0, 0, 200, 100),)), "picture", blob="x")
    half = Segment("s#1", Target("s", (Box(0, 0, 100, 50),)), "picture", blob="x")
    mentions = [
        drawn(0, "A", Box(20, 20, 40, 20)),
        drawn(1, "B", Box(120, 60, 60, 30)),
        drawn(2, "C", Box(20, 20, 40, 20)),
    ]
    states = encoder(mentions, [], [segment], {"x": picture}.get)
    assert np.array_equal(states.region[0], states.region[2]) and not np.array_equal(states.region[0], states.region[1])
    assert len(states.whole) == 1 and (states.whole_of == 0).all() and states.seen.any(1).all()
    scaled = encoder([drawn(0, "A", Box(10, 10, 20, 10))], [], [half], {"x": picture}.get)
    assert np.allclose(scaled.region[0], states.region[0], atol=1e-4)  # boxes in other units than pixels
    for bad in (None, np.zeros((0, 0, 3), np.uint8)):
        assert not encoder(mentions, [], [segment], lambda _, p=bad: p).region.any()  # type: ignore[misc]


def test_states_do_not_depend_on_other_mentions(encoder: StateEncoder) -> None:
    mentions = [written(0, "Gateway"), written(1, "x" * 10_000, "y " * 3000), written(2, "Ledger"), written(3, "", "")]
    together = encoder(mentions, [], [], {}.get)
    for n, m in enumerate(mentions):
        alone = encoder([m], [], [], {}.get)
        own = np.delete(np.arange(len(alone.words[0])), 3)  # what the source says as a whole comes from all of it
        assert np.allclose(alone.words[0][own], together.words[n][own], atol=1e-5)
    assert np.isfinite(together.words).all() and len(encoder([], [], [], {}.get)) == 0
