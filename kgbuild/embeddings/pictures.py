"""Vectors of whole pictures and frames: each distinct picture of a source once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np

from kgbuild import registry
from kgbuild.cache import Cache, code_version
from kgbuild.config import Config
from kgbuild.embeddings.tables import pack, stack, unpack
from kgbuild.errors import ConfigError
from kgbuild.types import Box, EmbeddingTable, Segment

_SHOWN = frozenset({"picture", "frame", "drawing"})


def tower(config: Config, model: str = "") -> Any:
    """The encoder of ``[embeddings] vision = "tower"``: our own small one."""
    from kgbuild.embeddings.vision import VisionTower

    if model:
        raise ConfigError(f'embeddings.vision = "tower:{model}": the built-in tower takes no name of a model.')
    return VisionTower(config)


def open_clip(config: Config, model: str) -> Any:
    """The encoder of ``[embeddings] vision = "open_clip:ARCH/PRETRAINED"``, or a folder."""
    from kgbuild.embeddings.hub import OpenClipTower

    return OpenClipTower(config, model)


def transformers(config: Config, model: str) -> Any:
    """The encoder of ``[embeddings] vision = "transformers:ID"``, or a folder."""
    from kgbuild.embeddings.hub import TransformersTower

    return TransformersTower(config, model)


def check_encoder(config: Config) -> None:
    """Raises ``ConfigError`` if ``embeddings.vision`` can name no encoder; imports none."""
    if (name := config["embeddings"]["vision"]) != "none":
        registry.check("picture_encoders", name)


def load_encoder(config: Config) -> Any:
    """The encoder that ``embeddings.vision`` names, None for ``none``. Raises ``ConfigError`` or ``ModelError``."""
    name = config["embeddings"]["vision"]
    if name == "none":
        return None
    head, _, model = name.partition(":")
    if head in registry.available("picture_encoders"):
        return registry.load("picture_encoders", head)(config, model)
    return registry.load("picture_encoders", name)(config)


def encoder_key(config: Config) -> str:
    """What the vectors of pictures depend on besides the pixels."""
    from kgbuild.embeddings.hub import fingerprint

    model = config["embeddings"]["vision"].partition(":")[2]
    local = fingerprint(model) if model else ""
    return Cache.key(code_version("embeddings"), config["embeddings"]["vision"], config.sha256("models"), local)


def whole_pictures(segments: Iterable[Segment]) -> list[Segment]:
    """The segments that are a picture, frame or drawing as a whole and have its pixels, in their order."""
    return [s for s in segments if s.blob and s.modality in _SHOWN and isinstance(s.target.selectors[-1], Box)]


def embed_pictures(segments: Iterable[Segment], config: Config, cache: Cache) -> EmbeddingTable | None:
    """One vector for each distinct picture, under the id of the first segment that shows it; None without any.

    Pictures with equal pixels are encoded once, whichever source has them: their vectors stay in the cache. A
    picture that is damaged there has none.
    """
    shown = whole_pictures(segments)
    if not shown or config["embeddings"]["vision"] == "none":
        return None
    key = encoder_key(config)
    found: dict[str, EmbeddingTable] = {}
    for blob in dict.fromkeys(s.blob for s in shown):
        value = cache.get("pictures", Cache.key(key, blob))
        if value is None and (png := cache.get("blobs", blob)) is not None:
            encoder = _encoder(json.dumps(config.as_dict(), sort_keys=True))
            made = EmbeddingTable(encoder.space, (blob,), encoder.encode([pixels(png)]))
            value = pack({"picture": made})
            cache.put("pictures", Cache.key(key, blob), value)
        if value is not None:
            found[blob] = unpack(value)["picture"]
    first = {s.blob: s.id for s in reversed(shown)}
    return stack([EmbeddingTable(t.space, (first[blob],), t.matrix) for blob, t in found.items()])


@lru_cache(1)
def _encoder(config: str) -> Any:
    return load_encoder(Config.of(json.loads(config)))


def pixels(png: bytes) -> np.ndarray:
    """uint8 RGB (h, w, 3) of a picture of the cache or a published one."""
    from PIL import Image

    with Image.open(BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))
