"""From scores to tags, classes and phrases: what is settled by like words, and which phrases are kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kgbuild.mentions.decode import LEAST, likely_spans, settled_kinds, settled_tags

TAGS = ["NOUN", "PROPN", "VERB"]


def test_a_word_is_a_name_if_most_of_its_like_are() -> None:
    logits = torch.tensor([[0.1, 0.0, -9], [0, 4.0, -9], [0, 4.0, -9], [0.1, 0.0, -9], [1.0, 0, -9], [0, 0, 3.0]])
    surfaces = ["Union", "Union", "Union", "Union", "union", "Union"]
    places = [0, 3, 2, 4, 5, 6]  # the first opens its sentence: its capital says nothing
    assert [TAGS[t] for t in settled_tags(logits, surfaces, places, TAGS)] == [
        "NOUN", "PROPN", "PROPN", "PROPN", "NOUN", "VERB",
    ]  # fmt: skip


def test_an_inventory_without_names_is_left_alone() -> None:
    assert settled_tags(torch.eye(2), ["A", "A"], [1, 2], ["DET", "NOUN"]) == [0, 1]


def test_the_class_of_a_head_follows_its_like_and_the_chance_of_heading_stays() -> None:
    logits = torch.tensor([[0.0, 2.0, 1.9], [0.0, 1.0, 6.0], [0.0, 1.0, 6.0], [5.0, 1.0, 0.0]])
    found = settled_kinds(logits, ["Oslo", "OSLO", "oslo", "oslo"])
    assert found.argmax(-1).tolist() == [2, 2, 2, 0]
    assert torch.allclose(found.sum(-1), torch.ones(4))
    assert torch.allclose(found[:, 0], torch.softmax(logits, -1)[:, 0])


@pytest.mark.parametrize(
    ("last", "kept"),
    [
        ([-9.0, 0.0, 0.0, -9.0], {(0, 1), (0, 2)}),  # as likely short as long: both are worth keeping
        ([-9.0, 5.0, 0.0, -9.0], {(0, 1)}),
        ([0.0, 0.0, 0.0, 0.0], set()),  # no border is likelier than the others
    ],
)
def test_spans_that_are_likely_enough_are_kept(last: list[float], kept: set[tuple[int, int]]) -> None:
    first = torch.tensor([[6.0, 0.0, -1e4, -1e4]])
    whole = (np.ones((4, 4), dtype=bool), np.ones((4, 4), dtype=bool))
    best = torch.tensor([0.1, 0.95, 0.1, 0.1])
    found = likely_spans((first, torch.tensor([last])), torch.tensor([1]), best, whole)
    assert {(s, e) for _, s, e, _ in found} == kept
    assert all(head == 1 and LEAST <= score <= 0.95 for head, _, _, score in found)


def test_a_border_that_cuts_a_dependent_is_less_likely() -> None:
    first, last = torch.tensor([[9.0, -1e4, -1e4]]), torch.tensor([[0.0, 0.4, 0.0]])
    whole = (np.ones((3, 3), dtype=bool), np.array([[True, False, True]] * 3))
    found = likely_spans((first, last), torch.tensor([0]), torch.ones(3), whole)
    assert [(s, e) for _, s, e, _ in found] == [(0, 0), (0, 2)]


def test_a_window_without_nouns_has_no_phrase() -> None:
    empty = torch.zeros(0, 3)
    whole = (np.eye(3, dtype=bool), np.eye(3, dtype=bool))
    assert likely_spans((empty, empty), torch.zeros(0, dtype=torch.long), torch.zeros(3), whole) == []
