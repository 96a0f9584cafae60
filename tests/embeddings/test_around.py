"""The directions of contexts are read behind their checksum."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from kgbuild.embeddings import around
from kgbuild.errors import ModelError


def test_damaged_directions_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("align.json", "align.safetensors"):
        with as_file(files("kgbuild.weights").joinpath(name)) as path:
            shutil.copy(path, tmp_path)
    monkeypatch.setattr(around, "files", lambda package: tmp_path)
    read = around.shipped_directions.__wrapped__
    assert read()["own"].shape == (384, around.OWN)
    data = bytearray((tmp_path / "align.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "align.safetensors").write_bytes(data)
    with pytest.raises(ModelError, match="checksum"):
        read()
