"""The cache gives back what was put, treats damage as absence, and works on any fsspec file system."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import fsspec
import pytest
from conftest import ObjectStore

from kgbuild.cache import Cache, _inside, code_version
from kgbuild.errors import ConfigError, StorageError, WorkspaceError


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
    cache.put("readings", other := Cache.key("b"), b"other")
    keys = [key, Cache.key("absent"), other] * 400
    assert list(cache.each(lambda k: cache.get("readings", k), keys)) == [b"value", None, b"other"] * 400


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


def test_damage_on_an_object_store_is_absence(s3: ObjectStore) -> None:
    cache = Cache(f"{s3.url}/damage")
    key = Cache.key("a")
    cache.put("readings", key, b"some value")
    assert cache.get("readings", key) == b"some value"
    path = f"{cache.root}/readings/{key[:2]}/{key}"
    raw = cache.fs.cat_file(path)
    cache.fs.pipe_file(path, raw[:-1] + b"?")
    assert cache.get("readings", key) is None and not cache.has("readings", key)
    cache.put("readings", key, b"some value")
    assert cache.get("readings", key) == b"some value"
    cache.drop("readings", key)
    cache.drop("readings", key)
    assert not cache.has("readings", key)


def test_a_store_that_does_not_answer_is_no_empty_cache(s3: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Cache.key("a")
    with pytest.raises(WorkspaceError, match=rf"s3://nowhere.*cannot be written.*{key}|{key}.*cannot be written"):
        Cache("s3://nowhere/cache").put("readings", key, b"x")  # no such bucket
    monkeypatch.setitem(fsspec.config.conf, "s3", {**fsspec.config.conf["s3"], "endpoint_url": "http://127.0.0.1:9"})
    cache = Cache(f"{s3.url}/away")
    for work in (lambda: cache.get("readings", key), lambda: cache.put("readings", key, b"x")):
        with pytest.raises(StorageError, match=rf"{s3.url}/away does not answer, .*readings/{key}.*Nothing is lost"):
            work()


def test_a_cache_that_cannot_be_opened_names_what_is_missing() -> None:
    with pytest.raises(ConfigError, match=r"run\.cache: nosuch://x is no folder and no URL"):
        Cache("nosuch://x")
    with pytest.raises(ConfigError, match=r"run\.cache: gs://x needs a package that is not installed.*gcsfs"):
        Cache("gs://x")


@pytest.mark.parametrize("place", ["folder", "s3"])
def test_two_that_write_one_key_at_once(place: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    store = request.getfixturevalue("s3") if place == "s3" else None
    url, env = (f"{store.url}/both", store.env) if store else (str(tmp_path / "both"), {})
    code = (
        "import sys; from kgbuild.cache import Cache\n"
        "cache = Cache(sys.argv[1])\n"
        "for n in range(40): cache.put('x', Cache.key(n % 4), bytes([n % 4]) * 200_000)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, url], env={**os.environ, **env}) for _ in range(2)]
    cache, seen = Cache(url), set[bytes | None]()
    while any(writer.poll() is None for writer in writers):
        seen |= {cache.get("x", Cache.key(n)) for n in range(4)}
    assert [writer.wait() for writer in writers] == [0, 0]
    assert seen <= {None, *(bytes([n]) * 200_000 for n in range(4))}
    assert [cache.get("x", Cache.key(n)) for n in range(4)] == [bytes([n]) * 200_000 for n in range(4)]


def test_code_versions_see_the_rooms_inside() -> None:
    names = dict(_inside(files("kgbuild.mentions")))
    assert {"text.py", "code/plantuml.py", "raster/trace.py"} <= names.keys()
