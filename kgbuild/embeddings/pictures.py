"""Vectors of whole pictures and frames: each distinct picture of a source once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from kgbuild import registry
from kgbuild.cache import Cache, code_version
from kgbuild.config import Config
from kgbuild.embeddings.tables import pack, stack, unpack
from kgbuild.errors import ConfigError
from kgbuild.models.arrays import pixels
from kgbuild.models.hub import fingerprint
from kgbuild.types import Box, EmbeddingTable, Segment

SHOWN = frozenset({"picture", "frame", "drawing"})
_SMALL = 240  # pixels of the longer side at which the content is looked for
_GAP = 13  # pixels of it that part a title from what stands beneath
_INK = 16  # grey levels from the ground
_LEAST, _MOST = 0.05, 0.85  # of the picture's area that a part of it has


def tower(config: Config, model: str = "") -> Any:
    """The encoder of ``[embeddings] vision = "tower"``: our own small one."""
    from kgbuild.embeddings.vision import VisionTower

    if model:
        raise ConfigError(f'embeddings.vision = "tower:{model}": the built-in tower takes no name of a model.')
    return VisionTower(config)


def open_clip(config: Config, model: str) -> Any:
    """The encoder of ``[embeddings] vision = "open_clip:ARCH/PRETRAINED"``, or a folder."""
    from kgbuild.models.towers import load_tower

    return load_tower(config, "vision", f"open_clip:{model}")


def transformers(config: Config, model: str) -> Any:
    """The encoder of ``[embeddings] vision = "transformers:ID"``, or a folder."""
    from kgbuild.models.towers import load_tower

    return load_tower(config, "vision", f"transformers:{model}")


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
    local = fingerprint(config["embeddings"]["vision"].partition(":")[2])
    vision, half = config["embeddings"]["vision"], str(config["embeddings"]["half"])
    return Cache.key(code_version("embeddings"), vision, half, config.sha256("models"), local)


def whole_pictures(segments: Iterable[Segment]) -> list[Segment]:
    """The segments that are a picture, frame or drawing as a whole and have its pixels, in their order."""
    return [s for s in segments if s.blob and s.modality in SHOWN and isinstance(s.target.selectors[-1], Box)]


def embed_pictures(segments: Iterable[Segment], config: Config, cache: Cache) -> dict[str, EmbeddingTable]:
    """One vector for each distinct picture, under the id of the first segment that shows it; empty without any.

    Under ``pictures`` those of whole pictures, under ``parts`` those of what fills a slide or frame (see
    ``content``), where there is such a part. Pictures with equal pixels are encoded once, whichever source has them:
    their vectors stay in the cache. A picture that is damaged there has none.
    """
    shown = whole_pictures(segments)
    if not shown or config["embeddings"]["vision"] == "none":
        return {}
    key = encoder_key(config)
    first = {s.blob: s.id for s in reversed(shown)}
    found: dict[str, list[EmbeddingTable]] = {"pictures": [], "parts": []}
    for blob in dict.fromkeys(s.blob for s in shown):
        value = cache.get("pictures", Cache.key(key, blob))
        if value is None and (png := cache.get("blobs", blob)) is not None:
            value = pack(_vectors(_encoder(json.dumps(config.as_dict(), sort_keys=True)), blob, pixels(png)))
            cache.put("pictures", Cache.key(key, blob), value)
        for name, table in unpack(value).items() if value is not None else ():
            found[name].append(EmbeddingTable(table.space, (first[blob],), table.matrix))
    return {name: stack(tables) for name, tables in found.items() if tables}


def _vectors(encoder: Any, blob: str, picture: np.ndarray) -> dict[str, EmbeddingTable]:
    made = {"pictures": EmbeddingTable(encoder.space, (blob,), encoder.encode([picture]))}
    part = content(picture)
    if part is not None:
        made["parts"] = EmbeddingTable(encoder.space, (blob,), encoder.encode([part]))
    return made


def content(picture: np.ndarray) -> np.ndarray | None:
    """What fills a slide or frame beside its title, uint8 RGB: the largest group of lines, if it is a part only."""
    import cv2

    height, width = picture.shape[:2]
    fit = min(1.0, _SMALL / max(height, width))
    size = (max(1, round(width * fit)), max(1, round(height * fit)))
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY).astype(np.int16)
    ground = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    ink = (np.abs(grey - ground) > _INK).astype(np.uint8)
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((_GAP, _GAP), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    if len(stats) < 2:
        return None
    boxes = stats[1:, :4].astype(int)
    x, y, w, h = boxes[(boxes[:, 2] * boxes[:, 3]).argmax()].tolist()
    share = w * h / (size[0] * size[1])
    if not _LEAST < share < _MOST:
        return None
    x0, y0, x1, y1 = (round(v / fit) for v in (x, y, x + w, y + h))
    return np.ascontiguousarray(picture[y0:y1, x0:x1])


@lru_cache(1)
def _encoder(config: str) -> Any:
    return load_encoder(Config.of(json.loads(config)))
