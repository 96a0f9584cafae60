"""What single extractors made of a source, kept by all that each depends on: who names one more model, or whose model
has come or has failed, has that extractor alone work again, and those that read what it derives.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from kgbuild.cache import Cache, code_version
from kgbuild.config import Config
from kgbuild.models.catalog import ROLES, fingerprints
from kgbuild.serialise import from_json, to_json
from kgbuild.types import Derived, Extraction, Reading

STAGE = "parts"  # of the cache
_SECTIONS = ("graph", "text", "ocr", "photos", "video", "audio")
_OF_ROLES = ("allow_download", "device", "devices", "batch", "half", "spacy_labels")  # settings of [models] for those

Made = TypeVar("Made", Derived, Extraction)


class Parts:
    """The parts of one source: those of an earlier build, and those that this one makes. ``reading_key``: its own.

    Everything of a source stands in one entry of the cache, which ``save`` writes anew if anything in it is new.
    """

    def __init__(self, store: Cache | None, reading_key: str) -> None:
        self._store, self._key = store, Cache.key(code_version("mentions"), reading_key)
        found = store.get(STAGE, self._key) if store is not None else None
        self._before: dict[str, str] = json.loads(found) if found else {}
        self._now: dict[str, str] = {}

    def get(self, key: str, kind: type[Made]) -> Made | None:
        """What was kept under a key of ``part_key``."""
        text = self._now.get(key) or self._before.get(key)
        if text is None:
            return None
        self._now[key] = text
        return from_json(kind, text)

    def put(self, key: str, made: Derived | Extraction) -> None:
        """Keep what an extractor made; not for what failed for a reason that may pass."""
        if self._store is not None:
            self._now[key] = to_json(made)

    def save(self) -> None:
        """Write the parts that were asked for or made since; what has no use any more is left out."""
        if self._store is not None and self._now.keys() - self._before.keys():
            self._store.put(STAGE, self._key, json.dumps(self._now).encode())


def part_key(one: Any, config: Config, reading: str, kind: type, number: int) -> str:
    """Key of what an extractor makes of a reading, which ``digest`` gives: ``kind``; new segments from ``number`` on.

    An extractor says in ``roles`` which models of ``[models]`` it uses, in ``reads`` the modalities of the segments
    that it looks at (all, if it does not say), and by ``depends()`` what else its results hang on besides the
    configuration of texts and pictures. Built-in ones without ``roles`` use none; one from elsewhere may use all, and
    any setting.
    """
    told = hasattr(one, "roles") or type(one).__module__.startswith("kgbuild.")
    roles: tuple[str, ...] = getattr(one, "roles", () if told else tuple(ROLES))
    without = {*(set(ROLES) - set(roles)), *(() if roles else _OF_ROLES)}
    models = {k: v for k, v in config["models"].items() if k not in without}
    depends: Callable[[], str] = getattr(one, "depends", str)
    made_by = f"{type(one).__module__}.{type(one).__qualname__} {getattr(one, 'version', '')} {kind.__name__}"
    sections = config.sha256(*(_SECTIONS if told else ()))
    settings = json.dumps(models, sort_keys=True)
    return Cache.key(made_by, sections, settings, fingerprints(config, roles), depends(), number, reading)


def digest(reading: Reading, modalities: frozenset[str] | None) -> str:
    """What tells a reading from others by segments of some modalities, or by all; blobs are told by their names."""
    if modalities is None:
        return Cache.key(to_json(replace(reading, blobs={})))
    return Cache.key(*(to_json(s) for s in reading.segments if s.modality in modalities))
