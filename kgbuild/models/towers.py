"""Towers of CLIP and its kin: ``open_clip`` and ``transformers`` models of pictures and texts.

Their space is their own, not the text backbone's: a text is compared with a picture through the model's own text
side (``texts``). Pictures are laid into a white square, so that nothing of a wide diagram is cut off.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.arrays import letterbox, once_each, unit
from kgbuild.models.devices import device, each
from kgbuild.models.hub import bare
from kgbuild.models.loading import load, once, pretrained

_MEAN = (0.48145466, 0.4578275, 0.40821073)  # of CLIP's training pictures (Radford et al. 2021)
_STD = (0.26862954, 0.26130258, 0.27577711)
_Pair = tuple[Any, Any]
FORMS = "open_clip:ARCH/TAG, open_clip:ARCH/FILE.safetensors, transformers:ID, or a folder"


def load_tower(config: Config, role: str, name: str = "") -> Tower:
    """The tower that ``models.ROLE`` or ``name`` names (``FORMS``; an id alone is of ``transformers``).

    It is loaded once a process. Raises ``ModelUnavailable``.
    """
    name = name or config["models"][role]
    if not name.startswith("open_clip:"):
        name = f"transformers:{bare(name)}"
        return replace(load(config, role, transformers_tower, name=name), space=name, role=role, config=config)
    arch, _, weights = bare(name).partition("/")
    if Path(weights).is_file():
        made = once(config, role, name, load_tower, lambda: _open_clip_file(arch, Path(weights), config, role))
    else:
        id = once(config, role, name, hub_name, lambda: hub_name(name))
        made = load(config, role, open_clip_tower, name=id)
    return replace(made, space=name, role=role, config=config)


def hub_name(name: str) -> str:
    """The name under which the model hub has a model; of ``open_clip:ARCH/TAG`` the one that ``open_clip`` gives it.

    Raises ``ModelUnavailable`` for a tag that is not on the hub.
    """
    arch, _, weights = bare(name).partition("/")
    if not name.startswith("open_clip:") or Path(bare(name)).exists():
        return name
    import open_clip

    found = open_clip.get_pretrained_cfg(arch, weights).get("hf_hub", "")
    if not found:
        raise ModelUnavailable(f"open_clip knows no weights {weights!r} of {arch!r} on the model hub. Write {FORMS}")
    return "open_clip:" + "/".join(found.split("/")[:2])


@dataclass(frozen=True, slots=True, eq=False)
class Tower:
    """A model of pictures and texts in one space, on its device; made by ``load_tower``.

    ``dim``: of a vector; ``width``: of a patch state; ``scale``: what the model was trained to multiply cosines by.
    """

    space: str
    config: Config
    role: str
    side: int
    mean: np.ndarray
    std: np.ndarray
    picture: Callable[[Any], _Pair]  # pixels (n, 3, side, side): vectors (n, dim) and states (n, T, width)
    text: Callable[[Sequence[str]], Any]  # vectors (n, dim)
    scale: float
    dim: int
    width: int
    name: str = "hub"
    version: str = "1"

    def encode(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """float32 (len(images), dim), rows of unit length, of pictures uint8 RGB (h, w, 3)."""
        made = each(images, self.config, lambda some: _rows(self._run(some)[0]), role=self.role)
        return unit(np.stack(made)) if made else np.zeros((0, self.dim), np.float32)

    def tokens(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Patch states float32 (len(images), T, width); T is the model's own."""
        made = each(images, self.config, lambda some: _rows(self._run(some)[1]), role=self.role)
        return np.stack(made) if made else np.zeros((0, 1, self.width), np.float32)

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (len(texts), dim), rows of unit length, of texts in the space of the pictures."""
        made = each(texts, self.config, lambda some: _rows(self.text(some)), role=self.role)
        return unit(np.stack(made)) if made else np.zeros((0, self.dim), np.float32)

    def _run(self, images: Sequence[np.ndarray]) -> _Pair:
        return self.picture(squares(images, self.side, self.mean, self.std).to(device(self.config, self.role)))


def squares(images: Sequence[np.ndarray], side: int, mean: np.ndarray, std: np.ndarray) -> Any:
    """Tensor (n, 3, side, side) of pictures in white squares, as a model was trained to see them."""
    import torch

    some, places = once_each(images)
    seen = [((letterbox(i, side).astype(np.float32) / 255 - mean) / std).transpose(2, 0, 1) for i in some]
    return torch.from_numpy(np.stack(seen)[places])


def _rows(tensor: Any) -> list[np.ndarray]:
    return list(tensor.float().cpu().numpy())


def transformers_tower(folder: Path, config: Config, role: str) -> Tower:
    """CLIP, SigLIP and their kin through ``transformers``."""
    from transformers import AutoModel, AutoTokenizer

    model = pretrained(AutoModel, folder, config, role)
    if not hasattr(model, "get_text_features"):
        raise ModelUnavailable(
            f"it is a {type(model).__name__}, which has no side of texts: name a CLIP or SigLIP", lasting=True
        )
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    longest = model.config.text_config.max_position_embeddings
    facts = json.loads((folder / "preprocessor_config.json").read_text("utf-8"))

    def picture(pixels: Any) -> _Pair:
        found = model.get_image_features(pixel_values=pixels)
        return found.pooler_output, found.last_hidden_state

    def text(texts: Sequence[str]) -> Any:
        # SigLIP was trained on texts filled up to its length; CLIP's mask makes filling harmless.
        given = tokenizer(
            list(texts), padding="max_length", truncation=True, max_length=longest, return_tensors="pt"
        ).to(model.device)
        return model.get_text_features(**given).pooler_output

    return _tower(
        config, role, model.config.vision_config.image_size, facts, picture, text,
        scale=model.logit_scale,
    )  # fmt: skip


def open_clip_tower(folder: Path, config: Config, role: str) -> Tower:
    """A folder in the format of ``open_clip`` (extra ``clip``)."""
    if not list(folder.glob("*.safetensors")):
        raise ModelUnavailable(
            f"there are no weights (*.safetensors) in {folder}, and pickled ones are never loaded", lasting=True
        )
    return _open_clip(f"local-dir:{folder}", None, config, role)


def _open_clip_file(arch: str, file: Path, config: Config, role: str) -> Tower:
    if file.suffix != ".safetensors":
        raise ModelUnavailable(
            f"{file.name} is no safetensors, and pickled weights are never loaded: they can run code", lasting=True
        )
    return _open_clip(arch, str(file), config, role)


def _open_clip(arch: str, weights: str | None, config: Config, role: str) -> Tower:
    import open_clip

    model = open_clip.create_model(arch, pretrained=weights, weights_only=True, require_pretrained=True)
    model = model.eval().requires_grad_(False).to(device(config, role))
    tokenizer = open_clip.get_tokenizer(arch)
    where = device(config, role)
    side = model.visual.image_size

    def picture(pixels: Any) -> _Pair:
        vectors = model.encode_image(pixels)
        if not hasattr(model.visual, "forward_intermediates"):
            return vectors, vectors[:, None]
        # As an image, which networks of either kind give; then one state after the other.
        found = model.visual.forward_intermediates(pixels, indices=1, output_fmt="NCHW", normalize_intermediates=True)
        return vectors, found["image_intermediates"][-1].flatten(2).transpose(1, 2)

    return _tower(
        config, role, side if isinstance(side, int) else max(side), open_clip.get_model_preprocess_cfg(model),
        picture, lambda texts: model.encode_text(tokenizer(list(texts)).to(where)),
        scale=model.logit_scale,
    )  # fmt: skip


def _tower(
    config: Config, role: str, side: int, facts: dict[str, Any], picture: Callable[[Any], _Pair],
    text: Callable[[Sequence[str]], Any], *, scale: Any,
) -> Tower:  # fmt: skip
    """A tower whose sizes are read from what it gives for an empty picture."""
    import torch

    mean = np.asarray(facts.get("image_mean") or facts.get("mean") or _MEAN, np.float32)
    std = np.asarray(facts.get("image_std") or facts.get("std") or _STD, np.float32)
    with torch.inference_mode():
        white = squares([np.full((8, 8, 3), 255, np.uint8)], side, mean, std)
        vectors, states = picture(white.to(device(config, role)))
    return Tower(
        "", config, role, side, mean, std, picture, text, math.exp(float(scale)),
        vectors.shape[-1], states.shape[-1],
    )  # fmt: skip
