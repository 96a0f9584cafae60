"""Models by name: loaded once, from safetensors alone; what cannot be loaded says why, and what to do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import save_clip

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.devices import batches, device
from kgbuild.models.hub import fingerprint, location
from kgbuild.models.loading import load, pretrained

WORDS = ("a", "red", "blue", "disc")


def named(name: object, **more: Any) -> Config:
    return Config.load(overrides={"models.zero_shot": str(name), **{f"models.{k}": v for k, v in more.items()}})


def clip(folder: Path, config: Config, role: str) -> Any:
    from transformers import AutoModel

    return pretrained(AutoModel, folder, config, role)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clip(tmp_path_factory.mktemp("models") / "clip", WORDS)


def test_a_model_is_loaded_once_a_process(folder: Path) -> None:
    model = load(named(folder), "zero_shot", clip)
    assert (
        model
        is load(named(folder, batch=3), "zero_shot", clip)
        is load(Config.load(), "detector", clip, name=str(folder))
    )
    assert not model.training and not any(p.requires_grad for p in model.parameters())
    assert model is not load(named(folder, half=True), "zero_shot", clip)


def broken(folder: Path, way: str) -> None:
    weights = folder / "model.safetensors"
    if way == "truncated":
        os.truncate(weights, weights.stat().st_size // 2)
    elif way == "pickled":
        torch.save({}, folder / "pytorch_model.bin")
        weights.unlink()
    elif way == "huge":
        os.truncate(weights, 1 << 42)  # a hole: no disk is written
    elif way == "empty":
        weights.unlink()
    else:
        from safetensors.torch import load_file, save_file

        tensors = load_file(weights)
        name = next(n for n in tensors if "text_model" in n)
        save_file({n: t for n, t in tensors.items() if n != name}, weights, {"format": "pt"})


@pytest.mark.parametrize(
    ("way", "reason", "remedy"),
    [
        ("truncated", "damaged or cut off", "Fetch or copy it again"),
        ("pickled", r"only pickled weights \(pytorch_model.bin\)", "convert"),
        ("huge", "too little memory on cpu: 4194304 MiB of weights", "smaller model"),
        ("empty", "there are no weights", ""),
        ("lacking", "lack 1 weights of CLIPModel", ""),
    ],
)
def test_what_is_wrong_with_a_checkpoint_is_said(
    folder: Path, tmp_path: Path, way: str, reason: str, remedy: str
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / way))
    broken(copy, way)
    for _ in range(2):  # remembered, and said again
        with pytest.raises(ModelUnavailable, match=reason) as caught:
            load(named(copy), "zero_shot", clip)
        assert str(caught.value).startswith(f"models.zero_shot = '{copy}' cannot be used: ")
        assert remedy in str(caught.value)
        assert caught.value.lasting == (way != "huge")  # memory may be free next time


def test_offline_no_hub_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(ModelUnavailable, match=r"is not in the model hub's cache. Fetch it with `kgbuild models fetch"):
        load(named("nobody/of-that-name"), "zero_shot", clip)
    assert location("nobody/of-that-name") is None and fingerprint("nobody/of-that-name") == ""
    assert location("what/ever/else") is None


def test_a_hub_that_does_not_answer_is_said_soon() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    code = (
        "from kgbuild.models.hub import download\nfrom kgbuild.errors import ModelUnavailable\n"
        "try:\n    download('nobody/of-that-name')\nexcept ModelUnavailable as err:\n    print(err)"
    )
    env = {**os.environ, "HF_ENDPOINT": f"http://127.0.0.1:{port}", "NO_PROXY": "*"}
    env.pop("HF_HUB_OFFLINE", None)
    out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert "nobody/of-that-name: the model hub cannot be reached" in out.stdout


def test_a_device_that_is_not_there_is_said(folder: Path) -> None:
    assert device(named(folder, devices={"zero_shot": "cpu"}), "zero_shot") == "cpu"
    with pytest.raises(ModelUnavailable, match="CUDA devices that torch can use"):
        load(named(folder, device=f"cuda:{torch.cuda.device_count()}"), "zero_shot", clip)
    with pytest.raises(ModelUnavailable, match="'gpu' is no device"):
        device(named(folder, device="gpu"))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_the_batch_is_halved_when_memory_ends(error: Exception) -> None:
    sizes: list[int] = []

    def run(items: Any, room: int = 3) -> list[int]:
        sizes.append(len(items))
        if len(items) > room:
            raise error
        return [i * i for i in items]

    assert batches(list(range(17)), named("", batch=12), run) == [i * i for i in range(17)]
    assert sizes == [12, 6, 3, 3, 3, 3, 3, 2]
    with pytest.raises(ModelUnavailable, match=r"models.detector: memory ends with a single item"):
        batches([1, 2], named(""), lambda items: run(items, room=0), role="detector")
    with pytest.raises(RuntimeError, match="shapes"):  # no fault of memory

        def wrong(_: Any) -> list[int]:
            raise RuntimeError("shapes do not fit")

        batches([1], named(""), wrong)


def test_another_model_under_the_same_name_is_another(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "m"))
    before = fingerprint(f"transformers:{copy}")
    assert before == fingerprint(str(copy)) != ""
    save_clip(copy, WORDS, kind="siglip")
    assert fingerprint(str(copy)) != before
