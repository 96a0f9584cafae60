"""Objects in pictures: models with classes of their own (DETR and its kin), and models asked for words (OWLv2,
Grounding DINO), through ``transformers``.

What a model gives is not trusted: boxes outside of the picture or without an area, and scores that are no numbers,
are left out and counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.arrays import once_each
from kgbuild.models.devices import each
from kgbuild.models.loading import load, pretrained

Corners = tuple[float, float, float, float]
ROLE = "detector"
_AT_ONCE = 24  # words that an open detector is asked for at once: Grounding DINO reads 256 subwords
_USUAL = {"owlvit": 0.1, "owlv2": 0.2, "grounding-dino": 0.35, "mm-grounding-dino": 0.35}  # thresholds of their papers
_CLOSED, _OPEN = 0.5, 0.3  # of others
_LEAST = 2.0  # pixels of a box's side
_INSIDE = 0.25  # share of a box that must lie in the picture
_MOST = 200  # objects of a picture: no photo shows more that a detector tells apart; the surest stay
_SAME, _LIKE = 0.5, 0.8  # intersection over union from which two boxes of one word, of two words, show one object


@dataclass(frozen=True, slots=True)
class Detected:
    """An object: the word for it, its box (x0, y0, x1, y1) in pixels of the picture, and a score in [0.5, 1].

    A score of 0.5 is that of an object at the threshold.
    """

    word: str
    box: Corners
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """An object detector on its device. ``words``: its own classes; empty for one that is asked for words. ``usual``:
    the threshold of its kind.
    """

    config: Config
    model: Any
    processor: Any
    words: tuple[str, ...]
    usual: float
    threshold: float

    def __call__(self, images: Sequence[np.ndarray], words: Sequence[str]) -> list[tuple[list[Detected], int]]:
        """Of each picture (uint8 RGB): its objects, the surest first, near-duplicates left out, and how many outputs
        were nonsense. ``words``: what an open detector is asked for.
        """
        if not self.words and not words:
            return [([], 0) for _ in images]
        found = each(images, self.config, lambda some: self._run(some, words), role=ROLE, shape=self._shape)
        made = []
        for objects, nonsense in found:
            surest = sorted(objects, key=_order)[: 5 * _MOST]  # comparing thousands with one another takes long
            kept = distinct(surest)
            more = max(0, len(kept) - _MOST) + len(objects) - len(surest)
            made.append((kept[:_MOST], nonsense + more))
        return made

    def _shape(self, image: np.ndarray) -> tuple[int, ...]:
        """What pictures of one batch have in common: they are scaled to one size, or were of one size."""
        size = getattr(self.processor, "image_processor", self.processor).size
        return () if "height" in size else image.shape[:2]

    def _run(self, images: Sequence[np.ndarray], words: Sequence[str]) -> list[tuple[list[Detected], int]]:
        parts = [words[i : i + _AT_ONCE] for i in range(0, len(words), _AT_ONCE)] if not self.words else [self.words]
        made: list[tuple[list[Detected], int]] = [([], 0) for _ in images]
        for some in parts:
            for n, (raw, bad) in enumerate(self._raw(images, some)):
                good = [d for word, box, score in raw if (d := self._checked(word, box, score, images[n], some))]
                made[n] = [*made[n][0], *good], made[n][1] + bad + len(raw) - len(good)
        return made

    def _raw(
        self, images: Sequence[np.ndarray], words: Sequence[str]
    ) -> list[tuple[list[tuple[str, Corners, float]], int]]:
        """Word, box and score as the model has them, and the number of outputs that are no numbers."""
        sizes = [image.shape[:2] for image in images]
        some, places = once_each(images)
        if self.words:
            given = self.processor(images=some, return_tensors="pt")
            out = self.model(**{k: v[places].to(self.model.device) for k, v in given.items()})
            found = self.processor.post_process_object_detection(out, threshold=self.threshold, target_sizes=sizes)
            named = [[self.model.config.id2label[int(i)] for i in f["labels"]] for f in found]
        else:
            texts = [list(words)] * len(images)
            seen = self.processor(images=some, return_tensors="pt")
            words_in = self.processor(text=texts, return_tensors="pt", padding=True)
            given = {**{k: v[places] for k, v in seen.items()}, **words_in}
            out = self.model(**{k: v.to(self.model.device) for k, v in given.items()})
            more = {"input_ids": given["input_ids"]} if "dino" in self.model.config.model_type else {}
            found = self.processor.post_process_grounded_object_detection(
                out, threshold=self.threshold, target_sizes=sizes, text_labels=texts, **more
            )
            named = [[str(word) for word in f["text_labels"]] for f in found]
        lost = [
            int((logits.isnan().any(-1) | boxes.isnan().any(-1)).sum())
            for logits, boxes in zip(out.logits, out.pred_boxes, strict=True)
        ]
        return [
            (list(zip(words, map(tuple, f["boxes"].tolist()), f["scores"].tolist(), strict=True)), bad)
            for words, f, bad in zip(named, found, lost, strict=True)
        ]

    def _checked(
        self, word: str, box: Corners, score: float, image: np.ndarray, words: Sequence[str]
    ) -> Detected | None:
        """The object, its box cut to the picture; None for nonsense."""
        said = asked(word, words)
        if not said or not all(map(math.isfinite, (*box, score))) or not 0 <= score <= 1:
            return None
        height, width = image.shape[:2]
        x0, y0, x1, y1 = max(0.0, box[0]), max(0.0, box[1]), min(float(width), box[2]), min(float(height), box[3])
        if x1 - x0 < _LEAST or y1 - y0 < _LEAST:
            return None
        if (x1 - x0) * (y1 - y0) < _INSIDE * (box[2] - box[0]) * (box[3] - box[1]):
            return None
        return Detected(said, (x0, y0, x1, y1), likely(score, self.threshold))


def likely(score: float, threshold: float) -> float:
    """A score above a threshold, as one above 0.5: what stands at the threshold is as likely right as wrong."""
    return 0.5 + 0.5 * (score - threshold) / max(1e-6, 1 - threshold)


def distinct(objects: Sequence[Detected]) -> list[Detected]:
    """The surest first, without boxes that show what a surer one shows."""
    kept: list[Detected] = []
    for one in sorted(objects, key=_order):
        if all(overlap(one.box, o.box) < (_SAME if one.word == o.word else _LIKE) for o in kept):
            kept.append(one)
    return kept


def _order(one: Detected) -> tuple[float, str, Corners]:
    return -one.score, one.word, one.box


def overlap(a: Corners, b: Corners) -> float:
    """Intersection over union."""
    common = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return common / max(1e-9, sum(areas) - common)


def asked(word: str, words: Sequence[str]) -> str:
    """The word of the list that a detector means: it may give part of it, or more; "" for none or two as likely."""
    if word in words:
        return word
    parts = set(word.lower().split())
    shares = {w: len(parts & (own := set(w.lower().split()))) / max(1, len(parts | own)) for w in words}
    best = max(shares.values(), default=0.0)
    fit = [w for w, share in shares.items() if share == best > 0]
    return fit[0] if len(fit) == 1 else ""


def load_detector(config: Config) -> Detector:
    """The detector that ``models.detector`` names. Raises ``ModelUnavailable``."""
    made = load(config, ROLE, make_detector)  # once a process, whatever the threshold and the batch
    return replace(made, config=config, threshold=config["photos"]["object_score"] or made.usual)


def make_detector(folder: Path, config: Config, role: str) -> Detector:
    """A detector from a folder in the hub's format: with classes of its own, or asked for words."""
    from transformers import (
        AutoConfig,
        AutoImageProcessor,
        AutoModelForObjectDetection,
        AutoModelForZeroShotObjectDetection,
        AutoProcessor,
    )
    from transformers.models.auto import modeling_auto

    kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
    is_open = kind in modeling_auto.MODEL_FOR_ZERO_SHOT_OBJECT_DETECTION_MAPPING_NAMES
    if not is_open and kind not in modeling_auto.MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES:
        raise ModelUnavailable(f"a model of the kind {kind!r} detects no objects", lasting=True)
    model = pretrained(
        AutoModelForZeroShotObjectDetection if is_open else AutoModelForObjectDetection, folder, config, role
    )
    # Pillow's way everywhere: with torchvision the same picture would be scaled a little differently.
    processor = (AutoProcessor if is_open else AutoImageProcessor).from_pretrained(
        folder, local_files_only=True, backend="pil"
    )
    usual = _USUAL.get(kind, _OPEN) if is_open else _CLOSED
    words = () if is_open else tuple(model.config.id2label[i] for i in sorted(model.config.id2label))
    return Detector(config, model, processor, words, usual, usual)
