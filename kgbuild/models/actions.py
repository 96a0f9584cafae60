"""Models of actions over clips: VideoMAE (Tong et al. 2022), TimeSformer, ViViT through ``transformers``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.config import Config
from kgbuild.models.devices import batches
from kgbuild.models.loading import load, pretrained

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet: VideoMAE's


def classifier(config: Config) -> VideoClassifier:
    """What ``models.actions`` names, loaded once a process. Raises ``ModelUnavailable``."""
    return load(config, "actions", VideoClassifier)


class VideoClassifier:
    """Chances of actions in clips. Frames are scaled to the model's side and cut to their middle, as it was trained."""

    def __init__(self, folder: Path, config: Config, role: str) -> None:
        from transformers import AutoModelForVideoClassification

        self.config, self.role = config, role
        self.model = pretrained(AutoModelForVideoClassification, folder, config, role)
        facts = json.loads((folder / "preprocessor_config.json").read_text("utf-8"))
        self.mean, self.std = (
            np.asarray(facts.get(k) or d, np.float32) for k, d in (("image_mean", _MEAN), ("image_std", _STD))
        )
        side = self.model.config.image_size
        self.side: int = side if isinstance(side, int) else side[0]
        self.frames: int = self.model.config.num_frames
        self.labels: dict[int, str] = {int(k): v for k, v in self.model.config.id2label.items()}

    def __call__(self, clips: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Chances float32 (classes,) of each clip, uint8 RGB (n, h, w, 3)."""
        return batches(clips, self.config, self._run, role=self.role)

    def _run(self, clips: Sequence[np.ndarray]) -> list[np.ndarray]:
        import torch

        pixels = torch.from_numpy(np.stack([self._input(clip) for clip in clips])).to(self.model.device)
        logits: Any = self.model(pixel_values=pixels).logits
        return list(logits.float().softmax(-1).cpu().numpy())

    def _input(self, clip: np.ndarray) -> np.ndarray:
        """float32 (frames, 3, side, side)."""
        import cv2

        chosen = clip[np.linspace(0, len(clip) - 1, self.frames).round().astype(int)]
        height, width = chosen.shape[1:3]
        scale = self.side / min(height, width)
        size = max(self.side, round(width * scale)), max(self.side, round(height * scale))
        y, x = (size[1] - self.side) // 2, (size[0] - self.side) // 2
        made = [
            cv2.resize(f, size, interpolation=cv2.INTER_LINEAR)[y : y + self.side, x : x + self.side] for f in chosen
        ]
        return ((np.stack(made).astype(np.float32) / 255 - self.mean) / self.std).transpose(0, 3, 1, 2)
