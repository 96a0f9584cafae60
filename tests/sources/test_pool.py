"""A file that hangs, or needs too much memory, is reported; the others are read."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kgbuild.config import Config
from kgbuild.errors import WorkspaceError
from kgbuild.sources import ReaderPool, discover


def test_limits_hold_for_each_file(corpus) -> None:
    folder = corpus({"good.txt": "A good text."})
    noise = np.random.default_rng(0).integers(0, 255, (5000, 5000, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "big.png", compress_level=0)
    config = Config.load(overrides={"sources.memory_mb": 60})
    with ReaderPool(folder, config, 1) as pool:
        found = {s.path: pool.read(s) for s in discover(folder, config)[0]}
    assert found["good.txt"].outcome == "processed"
    assert found["big.png"].outcome == "rejected"
    assert found["big.png"].issues[0].code == "memory"
    config = Config.load(overrides={"sources.timeout_s": 1})
    with ReaderPool(folder, config, 1) as pool:
        first = {s.path: pool.read(s) for s in discover(folder, config)[0]}
    assert first["good.txt"].outcome == "processed"
    assert first["big.png"].outcome == "processed" or first["big.png"].issues[0].code == "timeout"


def test_a_file_that_changes_is_said_so(corpus, config: Config) -> None:
    folder = corpus({"a.txt": "First."})
    sources = discover(folder, config)[0]
    Path(folder / "a.txt").write_text("Second.", "utf-8")
    with ReaderPool(folder, config, 1) as pool:
        assert pool.read(sources[0]).issues[0].code == "changed"


def test_a_full_disk_is_no_fault_of_the_file(corpus, config: Config) -> None:
    folder = corpus({"a.txt": "The first text that is read has its language told by a model that is unpacked."})
    (source,), _ = discover(folder, config)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))  # the child has it too
    try:
        with ReaderPool(folder, config, 1) as pool, pytest.raises(WorkspaceError, match="make room"):
            pool.read(source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
