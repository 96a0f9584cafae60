"""On a GPU: which device each role runs on, half precision, smaller batches when memory ends, the same bytes in any
company. Without a GPU there is nothing to test here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import png, save_captioner, save_clip, save_yolos

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.mentions import extract_all
from kgbuild.mentions.captions import CaptionExtractor
from kgbuild.mentions.objects import ObjectExtractor
from kgbuild.models.detectors import load_detector
from kgbuild.models.devices import device
from kgbuild.models.towers import load_tower
from kgbuild.serialise import to_json
from kgbuild.types import Box, Reading, Segment, Source, Target

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU that torch can use")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    found = [("dog", (0.25, 0.5, 0.3, 0.4)), ("gizmo", (0.7, 0.6, 0.5, 0.5))]
    return {
        "models.detector": str(save_yolos(folder / "yolos", found)),
        "models.zero_shot": str(save_clip(folder / "clip", ["a", "photo", "of", "dog", "car"])),
        "models.captioner": str(save_captioner(folder / "captioner", ["a", "dog", "sees", "the", "car"])),
    }


def pictures(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [random.integers(0, 255, (64 + n % 3, 80, 3), dtype=np.uint8) for n in range(count)]


def readings(images: list[np.ndarray]) -> list[Reading]:
    made = []
    for n, image in enumerate(images):
        source = Source(f"https://x.org/{n}", f"{n}.png", "image/png", f"{n:064}", 1)
        target = Target(source.id, (Box(0, 0, image.shape[1], image.shape[0]),))
        shown = Segment(f"{source.id}#1", target, "picture", "", "reader", blob=f"b{n}")
        made.append(Reading(source, (shown,), blobs={f"b{n}": png(image)}))
    return made


def test_sources_have_the_same_bytes_in_any_company(models: dict[str, str]) -> None:
    config = Config.load(overrides={**models, "models.batch": 4, "photos.class_score": 0.05})
    extractors: list[Any] = [ObjectExtractor(config), CaptionExtractor(config)]
    given = readings(pictures(11))

    def told(some: list[Reading]) -> dict[str, str]:
        return {
            reading.source.id: to_json(replace(reading, blobs={})) + to_json(found)
            for reading, found in extract_all(some, extractors)
        }

    together = told(given)
    assert together == told(given[::-1]) == {k: v for one in given for k, v in told([one]).items()}
    assert all("dog" in text for text in together.values())


def test_roles_run_where_they_are_told_to(models: dict[str, str]) -> None:
    config = Config.load(overrides={**models, "models.devices": {"zero_shot": "cpu"}})
    assert device(config, "detector") == "cuda" and device(config, "zero_shot") == "cpu"
    assert next(load_detector(config).model.parameters()).is_cuda
    there = load_tower(Config.load(overrides=models), "zero_shot").encode(pictures(5))
    here = load_tower(config, "zero_shot").encode(pictures(5))
    assert np.allclose(there, here, atol=1e-3)


def test_half_precision_is_near(models: dict[str, str]) -> None:
    full = load_tower(Config.load(overrides=models), "zero_shot").encode(pictures(6))
    half = load_tower(Config.load(overrides={**models, "models.half": True}), "zero_shot").encode(pictures(6))
    assert half.dtype == np.float32 and 0 < np.abs(full - half).max() < 0.02


def test_when_memory_ends_the_batch_is_smaller(tmp_path: Path) -> None:
    from tiny import HALF, LAYERS, save
    from transformers import CLIPConfig, CLIPModel

    wide = {"hidden_size": 512, "intermediate_size": 16384, "num_hidden_layers": 2, "num_attention_heads": 8}
    text = {**LAYERS, "vocab_size": 8, "max_position_embeddings": 8, "bos_token_id": 2, "eos_token_id": 1}
    vision = {**wide, "image_size": 384, "patch_size": 8}  # 2,305 patches: 150 MB a picture in one layer
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=12))
    folder = save(tmp_path / "wide", model, ["a"], {**HALF, "size": {"height": 384, "width": 384}})
    named = {"models.zero_shot": str(folder)}
    tower = load_tower(Config.load(overrides={**named, "models.batch": 64}), "zero_shot")
    alone = load_tower(Config.load(overrides={**named, "models.batch": 4}), "zero_shot")
    some, total = pictures(64), torch.cuda.get_device_properties(0).total_memory
    wanted = alone.encode(some)
    try:
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(4e9 / total)
        assert np.allclose(tower.encode(some), wanted, atol=1e-4)
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_allocated() + 3e7) / total)
        with pytest.raises(ModelUnavailable, match="memory ends with a single item"):
            tower.encode(some[:1])
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def test_a_device_that_is_not_there_is_said(models: dict[str, str]) -> None:
    config = Config.load(overrides={**models, "models.device": "cuda:7"})
    with pytest.raises(ModelUnavailable, match="CUDA devices that torch can use"):
        load_detector(config)
