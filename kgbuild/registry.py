"""Plug-ins by kind and name: entry points, the built-ins listed the same way, loaded late.

Kinds: ``kgbuild.readers``, ``kgbuild.extractors``, ``kgbuild.encoders``, ``kgbuild.picture_encoders``,
``kgbuild.exporters`` (what a build writes), ``kgbuild.formats`` (what ``kgbuild export`` writes).
A dotted ``package.module:factory`` works wherever a name does.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from kgbuild.errors import ConfigError

KINDS = ("readers", "extractors", "encoders", "picture_encoders", "exporters", "formats")


@lru_cache
def available(kind: str) -> dict[str, EntryPoint]:
    """Entry points of one kind by name, in the order of their names."""
    if kind not in KINDS:
        raise ConfigError(f"unknown plug-in kind {kind!r}. Known: {', '.join(KINDS)}.")
    return {e.name: e for e in sorted(entry_points(group=f"kgbuild.{kind}"), key=lambda e: e.name)}


def check(kind: str, name: str) -> None:
    """Whether a name can be a plug-in, without importing it. Raises ``ConfigError`` with the known names."""
    found = available(kind)
    if name not in found and ":" not in name:
        known = ", ".join(found) or "none: reinstall with `pip install -e .`"
        raise ConfigError(f"no {kind[:-1]} named {name!r}. Known: {known}.")


def own(kind: str, name: str) -> bool:
    """Whether a plug-in of that name is kgbuild's own, so that it is known what it does."""
    found = available(kind).get(name)
    return found is not None and found.module.partition(".")[0] == __package__


def load(kind: str, name: str) -> Any:
    """The plug-in of that name, imported now. Raises ``ConfigError`` if there is none or it fails."""
    check(kind, name)
    found = available(kind)
    try:
        if name in found:
            return found[name].load()
        module, _, attribute = name.partition(":")
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as err:
        raise ConfigError(f"{kind[:-1]} {name!r} cannot be loaded: {err}.") from err
