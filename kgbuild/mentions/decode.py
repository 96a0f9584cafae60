"""What the scores of the grammar heads amount to: tags, classes of noun phrases, and the phrases to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

CUT = 1.0  # natural logarithm of the odds against a phrase that cuts a dependent of its head in two
LEAST = 0.35  # probability of head, class and borders from which a phrase is kept: see ``likely_spans``
ALIKE = 0.5  # how far what is said of a word moves to the mean of the words that are written like it
SURE = 6.0  # log odds between the tags of names and of nouns count up to here


def settled_tags(logits: Tensor, surfaces: Sequence[str], places: Sequence[int], tags: Sequence[str]) -> list[int]:
    """The tag of each word; whether a capitalised word is a name is asked of all its like inside sentences."""
    import torch

    best = logits.argmax(-1)
    if not {"PROPN", "NOUN"} <= set(tags):
        return list(best.tolist())
    name, noun = tags.index("PROPN"), tags.index("NOUN")
    odds = (logits[:, name] - logits[:, noun]).clamp(-SURE, SURE)
    keys = [s if w and s[:1].isupper() else None for s, w in zip(surfaces, places, strict=True)]
    odds = _alike(odds[:, None], keys)[:, 0]
    settled = torch.where(odds > 0, name, noun)
    return list(torch.where((best == name) | (best == noun), settled, best).tolist())


def settled_kinds(logits: Tensor, surfaces: Sequence[str]) -> Tensor:
    """Probabilities (w, 1 + kinds) that a word heads no phrase, or one of a class; the class also by its like."""
    import torch

    heads = (logits.argmax(-1) > 0).tolist()
    none = torch.softmax(logits, -1)[:, :1]
    classes = torch.log_softmax(logits[:, 1:], -1)
    classes = _alike(classes, [s.lower() if h else None for s, h in zip(surfaces, heads, strict=True)])
    return torch.cat([none, (1 - none) * torch.softmax(classes, -1)], -1)


def _alike(rows: Tensor, keys: Sequence[str | None]) -> Tensor:
    """Rows (w, n), each moved towards the mean of the rows with the same key; None is like nothing."""
    groups: dict[str, list[int]] = {}
    for i, key in enumerate(keys):
        if key is not None:
            groups.setdefault(key, []).append(i)
    moved = rows.clone()
    for members in groups.values():
        if len(members) > 1:
            moved[members] += ALIKE * (rows[members].mean(0) - rows[members])
    return moved


def likely_spans(
    edges: tuple[Tensor, Tensor], nouns: Tensor, best: Tensor, whole: tuple[np.ndarray, np.ndarray]
) -> list[tuple[int, int, int, float]]:
    """(head, first, last word, probability) of the phrases to keep.

    What maximises F1 is what is right more often than half of that F1 (Lipton, Elkan & Naryanaswamy 2014), so a
    head may have two phrases, or none. ``edges`` as the net gives them for ``nouns``, ``best`` (w,) probability of
    heading a phrase of the best class, ``whole`` see ``borders``.
    """
    import torch

    sides = []
    for scores, border in zip(edges, whole, strict=True):
        shares = torch.log_softmax(scores, -1) - CUT * ~torch.from_numpy(border)[nouns]
        sides.append(torch.softmax(shares, -1).topk(min(2, scores.shape[1])))
    (p, start), (q, end) = sides
    joint = best[nouns][:, None, None] * p[:, :, None] * q[:, None, :]
    kept = torch.nonzero(joint >= LEAST).tolist()
    return [(int(nouns[n]), int(start[n, i]), int(end[n, j]), float(joint[n, i, j])) for n, i, j in kept]
