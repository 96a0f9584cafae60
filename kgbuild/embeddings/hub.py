"""Towers of the model hub in the place of our own: ``open_clip`` and ``transformers`` models of pictures and texts.

Their space is their own, not the text backbone's: a text is compared with a picture through the model's own text
side (``texts``). Pictures are laid into a white square, so that nothing of a wide diagram is cut off. Weights are
safetensors, or are loaded as plain tensors: no pickled code. Nothing is downloaded unless ``models.allow_download``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.config import Config
from kgbuild.embeddings.text import unit
from kgbuild.embeddings.vision import letterbox
from kgbuild.errors import ModelError

_MEAN = (0.48145466, 0.4578275, 0.40821073)  # of CLIP's training pictures (Radford et al. 2021)
_STD = (0.26862954, 0.26130258, 0.27577711)
_FAILURES = (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError, AttributeError)


class HubTower:
    """What both have in common. One picture, one text passes at a time: no number depends on its company."""

    name = "hub"
    version = "1"
    space: str
    dim: int
    width: int

    def __init__(self, model: Any, *, space: str, side: int, mean: Sequence[float], std: Sequence[float]) -> None:
        import torch

        self._torch = torch
        self._model = model.eval().requires_grad_(False)
        self.space, self._side = space, side
        self._mean, self._std = (np.asarray(v, np.float32) for v in (mean, std))
        vector, states = self._picture(self._input(np.full((8, 8, 3), 255, np.uint8)))
        self.dim, self.width = vector.shape[-1], states.shape[-1]

    def encode(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """float32 (len(images), dim), rows of unit length, of pictures uint8 RGB (h, w, 3)."""
        made = [self._picture(self._input(image))[0] for image in images]
        return unit(np.stack(made)) if made else np.zeros((0, self.dim), np.float32)

    def tokens(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Patch states float32 (len(images), T, width); T is the model's own."""
        made = [self._picture(self._input(image))[1] for image in images]
        return np.stack(made) if made else np.zeros((0, 1, self.width), np.float32)

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (len(texts), dim), rows of unit length, of texts in the space of the pictures."""
        made = [self._text(text) for text in texts]
        return unit(np.stack(made)) if made else np.zeros((0, self.dim), np.float32)

    def _input(self, image: np.ndarray) -> Any:
        square = letterbox(image, self._side).astype(np.float32) / 255
        return self._torch.from_numpy(((square - self._mean) / self._std).transpose(2, 0, 1)[None].copy())

    def _picture(self, pixels: Any) -> tuple[np.ndarray, np.ndarray]:
        """Vector (dim,) and patch states (T, width)."""
        raise NotImplementedError

    def _text(self, text: str) -> np.ndarray:
        """Vector (dim,)."""
        raise NotImplementedError


class TransformersTower(HubTower):
    """CLIP, SigLIP and their kin through ``transformers``."""

    name = "transformers"

    def __init__(self, config: Config, model: str) -> None:
        from transformers import AutoModel, AutoTokenizer

        allowed = {"local_files_only": not config["models"]["allow_download"]}
        try:
            loaded = AutoModel.from_pretrained(model, use_safetensors=True, **allowed)
            self._tokenizer = AutoTokenizer.from_pretrained(model, **allowed)
            side = loaded.config.vision_config.image_size
            self._longest = loaded.config.text_config.max_position_embeddings
            facts = _preprocessing(model, allowed)
            mean, std = facts.get("image_mean", _MEAN), facts.get("image_std", _STD)
            super().__init__(loaded, space=f"transformers:{model}", side=side, mean=mean, std=std)
        except _FAILURES as err:
            raise _failed("transformers", model, err) from err

    def _picture(self, pixels: Any) -> tuple[np.ndarray, np.ndarray]:
        with self._torch.inference_mode():
            found = self._model.get_image_features(pixel_values=pixels)
        return found.pooler_output[0].numpy(), found.last_hidden_state[0].numpy()

    def _text(self, text: str) -> np.ndarray:
        # SigLIP was trained on texts filled up to its length; CLIP's mask makes filling harmless.
        given = self._tokenizer([text], padding="max_length", truncation=True, max_length=self._longest, return_tensors="pt")  # fmt: skip
        with self._torch.inference_mode():
            found: np.ndarray = self._model.get_text_features(**given).pooler_output[0].numpy()
        return found


class OpenClipTower(HubTower):
    """``open_clip`` models (extra ``clip``): ``ARCH/TAG``, ``ARCH/FILE`` or a folder in the hub's format."""

    name = "open_clip"

    def __init__(self, config: Config, model: str) -> None:
        try:
            import open_clip

            if Path(model).is_dir():
                arch, weights = f"local-dir:{model}", None
            else:
                arch, _, weights = model.partition("/")
                if not weights or (not Path(weights).is_file() and not config["models"]["allow_download"]):
                    raise ModelError(
                        f"open_clip model {model!r} is no folder and no architecture with a file. "
                        "Name ARCH/FILE or a folder, or set models.allow_download = true for ARCH/TAG."
                    )
            loaded = open_clip.create_model(arch, pretrained=weights, weights_only=True)
            self._tokenizer = open_clip.get_tokenizer(arch)
            facts = open_clip.get_model_preprocess_cfg(loaded)
            side = loaded.visual.image_size
            self._model = loaded
            super().__init__(
                loaded, space=f"open_clip:{model}", side=side if isinstance(side, int) else max(side),
                mean=facts.get("mean", _MEAN), std=facts.get("std", _STD),
            )  # fmt: skip
        except _FAILURES as err:
            raise _failed("open_clip", model, err) from err

    def _picture(self, pixels: Any) -> tuple[np.ndarray, np.ndarray]:
        with self._torch.inference_mode():
            vector = self._model.encode_image(pixels)[0].numpy()
            visual = self._model.visual
            if hasattr(visual, "forward_intermediates"):
                found = visual.forward_intermediates(pixels, indices=1, output_fmt="NLC", normalize_intermediates=True)
                states = found["image_intermediates"][-1][0].numpy()
            else:
                states = vector[None]
        return vector, states

    def _text(self, text: str) -> np.ndarray:
        with self._torch.inference_mode():
            found: np.ndarray = self._model.encode_text(self._tokenizer([text]))[0].numpy()
        return found


def _preprocessing(model: str, allowed: dict[str, bool]) -> dict[str, Any]:
    """What ``preprocessor_config.json`` says, from a folder or the hub's cache."""
    path = Path(model, "preprocessor_config.json")
    if not path.is_file():
        from huggingface_hub import hf_hub_download

        path = Path(hf_hub_download(model, "preprocessor_config.json", **allowed))
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _failed(library: str, model: str, err: BaseException) -> ModelError:
    return ModelError(
        f'embeddings.vision = "{library}:{model}" cannot be loaded: {err}. Name a local folder or file in the format '
        'of that library (`pip install "kgbuild[clip]"` for open_clip), or set models.allow_download = true.'
    )


def fingerprint(model: str) -> str:
    """What tells one local model from another under the same path: names and sizes of its files, its configuration."""
    path = Path(model if Path(model).exists() else model.partition("/")[2])
    files = sorted(path.iterdir()) if path.is_dir() else [path] if path.is_file() else []
    parts = [f"{f.name} {f.stat().st_size}" + (f.read_text("utf-8") if f.name.endswith("config.json") else "") for f in files]  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
