"""The vision tower: pictures in the space of the text backbone's sentence vectors.

A small convolutional network of our own, trained with the text side locked (LiT, Zhai et al., CVPR 2022) on
drawings of our own, and to find a picture again that is cropped, scaled, on a slide, recompressed or in a video.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.backbone import SHA256, WIDTH
from kgbuild.config import Config
from kgbuild.errors import ModelError
from kgbuild.models.arrays import letterbox

SIDE = 128  # pixels of the square that the tower sees
TOWER_WIDTH = 320  # of a patch state
TOWER_TOKENS = 16  # patch states of a picture: four rows of four
_FORMAT = 1
_BATCH = 16


class VisionTower:
    """Pictures as unit vectors of width 384 that are comparable with ``TextEncoder.encode``; patch states.

    Pictures pass in batches, in which the numbers of one do not depend on its company.
    Raises ``ModelError`` if the weights are damaged or made for another text backbone.
    """

    name = "tower"
    version = "1"
    space = "minilm"  # of sentence vectors
    dim = WIDTH
    width = TOWER_WIDTH

    def __init__(self, config: Config | None = None, *, folder: Path | None = None) -> None:
        import torch
        from safetensors.torch import load_file

        from kgbuild.embeddings.convolutions import packed
        from kgbuild.embeddings.tower import Network, Shape, in_rows

        home = folder or files("kgbuild.weights")
        facts = _facts(home)
        with as_file(home.joinpath("vision.safetensors")) as path:
            if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != facts["sha256"]:
                raise ModelError(
                    f"{path} is missing or does not belong to vision.json. "
                    "Reinstall kgbuild or train again: `kgbuild train vision`."
                )
            weights = {n: t.float() for n, t in load_file(path).items()}
        self._torch, self._config, self._in_rows = torch, config, in_rows
        self._text: Any = None
        sizes: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in facts["shape"].items()}
        self._network = Network(Shape(**sizes))
        self._network.load_state_dict(weights)
        self._network.eval().requires_grad_(False)
        self._kind = torch.bfloat16 if config is not None and config["embeddings"]["half"] else torch.float32
        self._network.layers.to(self._kind)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        with torch.inference_mode():
            self._convolve = packed(self._network.layers, SIDE) or self._network.layers

    def encode(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """float32 (len(images), 384), rows of unit length, of pictures uint8 RGB (h, w, 3)."""
        return self.pool(self.tokens(images))

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (len(texts), 384), rows of unit length: the text backbone's, which is the locked side."""
        if self._text is None:
            from kgbuild.embeddings.text import TextEncoder

            self._text = TextEncoder(self._config or Config.load())
        made: np.ndarray = self._text.encode(texts)
        return made

    def tokens(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Patch states float32 (len(images), ``TOWER_TOKENS``, ``TOWER_WIDTH``), row by row from the top left.

        What looks the same in the square is encoded once.
        """
        torch = self._torch
        seen = [letterbox(image, SIDE) for image in images]
        rows: dict[bytes, int] = {}
        own = [rows.setdefault(s.tobytes(), len(rows)) for s in seen]
        distinct = [seen[own.index(row)] for row in range(len(rows))]
        out = np.zeros((len(rows), TOWER_TOKENS, TOWER_WIDTH), dtype=np.float32)
        for at in range(0, len(rows), _BATCH):
            part = np.stack(distinct[at : at + _BATCH])
            with torch.inference_mode(), _one_thread(torch):
                given = squares(torch, _filled(part, 2)).to(self._kind)
                made = self._in_rows(self._convolve(given)).float().numpy()
            out[at : at + _BATCH] = made[: len(part)]
        return out[own]

    def pool(self, tokens: np.ndarray) -> np.ndarray:
        """Unit vectors (n, 384) of patch states (n, T, ``TOWER_WIDTH``)."""
        out = np.zeros((len(tokens), self.dim), dtype=np.float32)
        if len(tokens):
            with self._torch.inference_mode(), _one_thread(self._torch):
                given = self._torch.from_numpy(_filled(np.ascontiguousarray(tokens), 4))
                out[:] = self._network.pool(given).numpy()[: len(tokens)]
        return out


@contextmanager
def _one_thread(torch: Any) -> Iterator[None]:
    """Several threads share a batch out by its size, and then sum in another order."""
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(count)


def _filled(rows: np.ndarray, least: int) -> np.ndarray:
    """The rows, the last one again until there are enough: kernels sum in another order where there are very few."""
    return rows if len(rows) >= least else np.concatenate([rows, *[rows[-1:]] * (least - len(rows))])


def squares(torch: Any, pictures: np.ndarray) -> Any:
    """Network input (n, 3, side, side) from uint8 (n, side, side, 3): ink, so that white and the rim are nothing."""
    made = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.channels_last)
    return made.neg_().add_(255.0).div_(64.0)


def _facts(home: Any) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(home.joinpath("vision.json").read_text("utf-8"))
    except (OSError, ValueError) as err:
        raise ModelError(f"vision.json cannot be read: {err}. Reinstall kgbuild.") from err
    if found.get("backbone_sha256") != SHA256 or found.get("format") != _FORMAT:
        raise ModelError("vision.json is made for another backbone or release. Train again: `kgbuild train vision`.")
    return found
