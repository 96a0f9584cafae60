"""Weights of the backbone that are not the ones that are known: cut, flipped, foreign, pickled, absent."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kgbuild.backbone import SHA256, find_backbone, load_backbone
from kgbuild.config import Config
from kgbuild.errors import ModelError

WEIGHTS = "model.safetensors"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 1 << 20])


def flipped(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def foreign(path: Path) -> None:
    path.write_bytes(b"other weights")


def linked(path: Path) -> None:
    """A link to what is not it."""
    target = path.with_name("other")
    flipped(path)
    path.rename(target)
    path.symlink_to(target)


def pickled(path: Path) -> None:
    path.rename(path.with_name("pytorch_model.bin"))


@pytest.mark.parametrize("damage", [cut, flipped, foreign, linked, pickled])
def test_damaged_weights_are_refused_with_both_digests(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    shutil.copytree(find_backbone(Config.load()), tmp_path / "model")
    damage(tmp_path / "model" / WEIGHTS)
    with pytest.raises(ModelError) as caught:
        load_backbone(Config.load(overrides={"models.backbone": str(tmp_path / "model")}))
    said = str(caught.value)
    assert str(tmp_path / "model") in said and WEIGHTS in said
    assert damage is pickled or (SHA256 in said and re.search(r"sha256 [0-9a-f]{64}, expected", said))
