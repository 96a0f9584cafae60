"""The types of ``kgbuild.types`` to JSON and back, exactly. Never pickle.

A dataclass becomes an object; a selector carries its class name under ``@``. Lone
surrogates (bytes of a file that are no text) survive as JSON escapes.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from kgbuild import types as domain

T = TypeVar("T")

_SELECTORS = {c.__name__: c for c in typing.get_args(domain.Selector)}


def to_json(value: object) -> str:
    """JSON text of a domain object. ``Reading.blobs`` must be empty: bytes are stored apart."""
    return json.dumps(_plain(value), ensure_ascii=True, separators=(",", ":"))


def from_json(kind: type[T], text: str) -> T:
    """The object of the given type that ``to_json`` wrote. Raises ``ValueError`` if it does not fit."""
    try:
        target: Any = kind
        made: T = _builder(target)(json.loads(text))
    except (KeyError, TypeError, AttributeError) as err:
        raise ValueError(f"this JSON is no {getattr(kind, '__name__', kind)}: {err!r}") from err
    return made


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f: _plain(getattr(value, f)) for f in _names(type(value))}
        if type(value).__name__ in _SELECTORS:
            fields["@"] = type(value).__name__
        return fields
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value


@lru_cache(None)
def _names(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind))


@lru_cache(None)
def _builder(kind: Any) -> Callable[[Any], Any]:
    """A function that builds a value of this type from plain JSON."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is domain.Selector or (
        origin in (types.UnionType, typing.Union) and _SELECTORS[next(iter(_SELECTORS))] in arguments
    ):
        return _selector
    if origin in (types.UnionType, typing.Union):
        kinds: list[Any] = [a for a in arguments if a is not type(None) and dataclasses.is_dataclass(a)]
        inner = [_builder(a) for a in kinds]
        return lambda v: inner[0](v) if inner and isinstance(v, dict) else v
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            each = _builder(arguments[0])
            return lambda v: tuple([each(x) for x in v])
        parts = [_builder(a) for a in arguments]
        return lambda v: tuple(build(x) for build, x in zip(parts, v, strict=True))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind)
    return lambda v: v


def _dataclass(kind: type) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    builders = [(name, _builder(hints[name])) for name in _names(kind)]
    return lambda v: kind(*[build(v[name]) for name, build in builders])


def _selector(value: dict[str, Any]) -> Any:
    fields = dict(value)
    return _SELECTORS[fields.pop("@")](**fields)
