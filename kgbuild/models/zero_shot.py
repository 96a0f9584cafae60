"""Pictures and parts of them by class: a CLIP's texts for each class, weighed against each other and against "none
of these" (Radford et al. 2021, prompt ensembling).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.config import Config
from kgbuild.models.arrays import unit
from kgbuild.models.detectors import likely
from kgbuild.models.loading import once
from kgbuild.models.towers import Tower, load_tower

ROLE = "zero_shot"


class ZeroShot:
    """The classes of pictures by their words, as ``models.zero_shot`` sees them. Made by ``load_zero_shot``."""

    def __init__(self, tower: Tower, words: Sequence[str], config: Config) -> None:
        settings = config["photos"]
        self._tower, self._words, self._threshold = tower, tuple(words), settings["class_score"]
        described = [unit(tower.texts([t.format(w) for t in settings["templates"]]).mean(0)[None]) for w in words]
        nothing = tower.texts(settings["none_of_these"])
        self._texts = np.concatenate([*described, nothing]) if len(words) else nothing

    def __call__(self, images: Sequence[np.ndarray]) -> tuple[list[tuple[str, float] | None], list[bool]]:
        """Of each picture (uint8 RGB): the word for it and a score in [0.5, 1], None below ``photos.class_score``; and
        whether the model gave no numbers for it.

        The share of a word is that of its text among all, by the model's own temperature; texts for "none of these"
        take theirs.
        """
        if not len(images) or not self._words:
            return [None] * len(images), [False] * len(images)
        logits = self._tower.scale * (self._tower.encode(images) @ self._texts.T)
        shares = np.exp(logits - logits.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        best = shares.argmax(1)
        found = [
            (self._words[k], likely(float(row[k]), self._threshold))
            if k < len(self._words) and row[k] >= self._threshold
            else None
            for k, row in zip(best.tolist(), shares, strict=True)
        ]
        return found, np.isnan(shares).any(1).tolist()


def load_zero_shot(config: Config, words: Sequence[str]) -> ZeroShot:
    """For these words, once a process. Raises ``ModelUnavailable``."""
    settings = config["photos"]
    key = (ZeroShot, *words, *settings["templates"], *settings["none_of_these"], settings["class_score"])
    name = config["models"][ROLE]
    tower = load_tower(config, ROLE)
    return once(config, ROLE, name, key, lambda: ZeroShot(tower, words, config))
