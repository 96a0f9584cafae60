"""The frozen encoders on a device, for many documents at a time: the same states as the encoders of a build give."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files

import numpy as np
import torch
from torch import Tensor

from kgbuild.config import Config
from kgbuild.embeddings.hub_states import HubStates, is_named, tower_key
from kgbuild.embeddings.states import StateEncoder
from kgbuild.embeddings.text import TextEncoder
from kgbuild.embeddings.vision import SIDE, VisionTower, squares
from kgbuild.models.arrays import letterbox


class _Text(TextEncoder):
    """The text encoder, its network on a device."""

    def __init__(self, config: Config, device: str) -> None:
        super().__init__(config)
        self._device = device
        self._model.to(device, torch.float32)

    def _states(self, ids: list[list[int]]) -> Tensor:
        batch = torch.tensor(ids, device=self._device)
        made: Tensor = self._model(batch, attention_mask=torch.ones_like(batch)).last_hidden_state.cpu()
        return made


class _Tower(VisionTower):
    """The vision tower, its network on a device, all pictures at once."""

    def __init__(self, config: Config, device: str) -> None:
        super().__init__(config)
        self._device = device
        self._network.to(device)

    def tokens(self, images: Sequence[np.ndarray]) -> np.ndarray:
        given = squares(torch, np.stack([letterbox(image, SIDE) for image in images])).to(self._device)
        with torch.inference_mode():
            made: np.ndarray = self._network.states(given).cpu().numpy()
        return made

    def pool(self, tokens: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            made: np.ndarray = self._network.pool(torch.from_numpy(tokens).to(self._device)).cpu().numpy()
        return made


def encoders(config: Config, device: str) -> tuple[StateEncoder, str]:
    """As ``fuse.frozen``, on a device."""
    if is_named(config):
        sections = config.as_dict()
        sections["models"]["device"] = device
        return StateEncoder(_Text(config, device), HubStates(Config.of(sections))), tower_key(config)
    digest = json.loads(files("kgbuild.weights").joinpath("vision.json").read_text("utf-8"))["sha256"]
    return StateEncoder(_Text(config, device), _Tower(config, device)), digest
