"""The configuration: a TOML file over ``default.toml``; unknown keys are refused."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kgbuild.errors import ConfigError
from kgbuild.identity import digest

Section = Mapping[str, Any]

_SHARES = frozenset(
    {
        ("ocr", "min_score"),
        ("align", "min_score"),
        ("align", "link_min_score"),
        ("statements", "min_confidence"),
        ("photos", "class_score"),
        ("photos", "object_score"),
        ("photos", "caption_score"),
    }
)
_SIGNED = frozenset({("text", "relation_threshold")})
_CHOICES = {("embeddings", "fusion"): ("attention", "max", "mean", "none")}
_LIMITS = frozenset({"sources", "video", "audio", "queries"})  # sections whose numbers are limits: none may be 0
_MAY_BE_0 = frozenset({("queries", "in_memory")})
_ABOVE_0 = frozenset({("llm", "characters"), ("llm", "answer_tokens"), ("llm", "timeout_s")})


@lru_cache(1)
def defaults() -> dict[str, dict[str, Any]]:
    """The parsed ``default.toml``: every known section and key."""
    return tomllib.loads(files("kgbuild").joinpath("default.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Config:
    """The resolved configuration: ``config["align"]["min_score"]``.

    Make one with ``Config.load(path, overrides)``; sections are read-only mappings.
    """

    sections: Mapping[str, Section]
    _digests: dict[tuple[str, ...], str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __getitem__(self, section: str) -> Section:
        return self.sections[section]

    @classmethod
    def load(cls, path: str | Path | None = None, *, overrides: Mapping[str, Any] | None = None) -> Config:
        """Defaults, then the file, then ``overrides`` with dotted keys (``{"run.workers": 2}``).

        Raises ``ConfigError`` for unreadable TOML, unknown sections or keys, wrong types and numbers out of range.
        """
        merged = {name: dict(section) for name, section in defaults().items()}
        if path is not None:
            _merge(merged, _read(Path(path)), str(path))
        nested: dict[str, dict[str, Any]] = {}
        for key, value in (overrides or {}).items():
            section, _, name = key.partition(".")
            nested.setdefault(section, {})[name] = value
        _merge(merged, nested, "the options given")
        if not merged["graph"]["base"].endswith(("/", "#")):
            raise ConfigError("graph.base must end with '/' or '#': IRIs are made by appending to it.")
        return cls.of(merged)

    @classmethod
    def of(cls, sections: Mapping[str, Section]) -> Config:
        """The configuration with exactly these sections, each a read-only copy."""
        return cls(MappingProxyType({n: MappingProxyType(dict(s)) for n, s in sections.items()}))

    def __reduce__(self) -> tuple[Any, ...]:  # mapping proxies do not travel between processes
        return (Config.of, (self.as_dict(),))

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Plain nested dictionaries, for reports."""
        return {name: dict(section) for name, section in self.sections.items()}

    def sha256(self, *sections: str) -> str:
        """Hash over the named sections; when none is named, over all that change what a build writes."""
        names = sections or tuple(n for n in self.sections if n not in ("run", "queries"))
        if names not in self._digests:  # each source asks for the same few
            text = json.dumps({n: dict(self[n]) for n in sorted(names)}, sort_keys=True)
            self._digests[names] = digest(text, length=64)
        return self._digests[names]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as err:
        raise ConfigError(f"{path}: cannot read the configuration ({err.strerror}).") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ConfigError(f"{path}: not valid TOML: {err}.") from err


def _merge(into: dict[str, dict[str, Any]], new: Mapping[str, Any], where: str) -> None:
    for section, values in new.items():
        if section not in into:
            raise ConfigError(f"{where}: unknown section [{section}].{_closest(section, into)}")
        if not isinstance(values, Mapping):
            raise ConfigError(f"{where}: {section} must be a section: [{section}].")
        for key, value in values.items():
            if key not in into[section]:
                hint = _closest(key, into[section])
                raise ConfigError(f"{where}: unknown key {section}.{key}.{hint}")
            known = into[section][key]
            if isinstance(known, float) and type(value) is int:
                value = float(value)
            if type(value) is not type(known):
                raise ConfigError(
                    f"{where}: {section}.{key} must be {type(known).__name__}, not {type(value).__name__}."
                )
            if type(value) in (int, float):
                _check_range(section, key, value, where)
            choices = _CHOICES.get((section, key), (value,))
            if value not in choices:
                raise ConfigError(f"{where}: {section}.{key} must be one of {', '.join(choices)}, not {value!r}.")
            into[section][key] = value


def _check_range(section: str, key: str, value: float, where: str) -> None:
    if (section, key) in _SIGNED:
        return
    wanted = ""
    if (section, key) in _SHARES and not 0 <= value <= 1:
        wanted = "lie between 0 and 1"
    elif (section in _LIMITS or (section, key) in _ABOVE_0) and (section, key) not in _MAY_BE_0 and value <= 0:
        wanted = "be above 0"
    elif value < 0:
        wanted = "not be negative"
    if wanted:
        raise ConfigError(f"{where}: {section}.{key} must {wanted}, not {value:g}.")


def _closest(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else f" Known: {', '.join(sorted(known))}."


def parse_overrides(pairs: Iterable[str]) -> dict[str, Any]:
    """``["align.min_score=0.8"]`` as a mapping for ``Config.load``; values are TOML, bare words are text.

    Raises ``ConfigError`` naming the pair that is not ``section.key=value``.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or "." not in key:
            raise ConfigError(f"--set {pair!r}: write section.key=value, for example align.min_score=0.8.")
        try:
            found[key.strip()] = tomllib.loads(f"v = {value}")["v"]
        except tomllib.TOMLDecodeError:
            found[key.strip()] = value
    return found
