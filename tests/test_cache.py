"""The cache gives back what was put, treats damage as absence, and works on any fsspec file system."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.cache import Cache, code_version


@pytest.mark.parametrize("url", ["{tmp}/cache", "memory://kgbuild-cache"])
def test_round_trip(tmp_path: Path, url: str) -> None:
    cache = Cache(url.format(tmp=tmp_path))
    key = Cache.key("a", 1)
    assert cache.get("readings", key) is None
    assert not cache.has("readings", key)
    cache.put("readings", key, b"value")
    assert cache.get("readings", key) == b"value"
    assert cache.has("readings", key)
    assert cache.get("extractions", key) is None


def test_damage_is_absence(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    cache.put("x", "abcd", b"some value")
    path = tmp_path / "x" / "ab" / "abcd"
    raw = bytearray(path.read_bytes())
    for place in (3, 70, len(raw) - 1):
        damaged = raw.copy()
        damaged[place] ^= 1
        path.write_bytes(damaged)
        assert cache.get("x", "abcd") is None
    path.write_bytes(raw[:-2])
    assert cache.get("x", "abcd") is None


def test_keys_depend_on_every_part() -> None:
    assert len({Cache.key("a", "bc"), Cache.key("ab", "c"), Cache.key("a", "bc", "")}) == 3


def test_code_versions_differ_by_room() -> None:
    versions = {code_version(r) for r in ("sources", "mentions", "embeddings", "entities", "ontologies")}
    assert len(versions) == 5
