"""Pictures a second of the models by name, on a processor and on a GPU where there is one.

    python benchmarks/models.py [--pictures 64] [--batch 1 16] [--devices cpu cuda] [--detector ID] [--zero-shot ID]

Without a name a role is measured with random weights of the size of its usual model (CLIP ViT-B/32, YOLOS-small, BLIP
base): what they say is noise, what they cost is not. They are made in a temporary folder; nothing is downloaded.
On a processor pictures pass one by one, whatever the batch. On a GPU the results of each picture alone, of all at once
and in another order are compared: they are to be the same to the last bit.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kgbuild.config import Config
from kgbuild.models.captioners import load_captioner
from kgbuild.models.detectors import load_detector
from kgbuild.models.towers import load_tower

SIDE = {"zero_shot": 224, "detector": 512, "captioner": 384}
NORMAL = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--roles", nargs="+", default=sorted(SIDE), choices=sorted(SIDE))
    for role in SIDE:
        parser.add_argument(f"--{role.replace('_', '-')}", default="")
    found = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    parser.add_argument("--devices", nargs="+", default=found, choices=found)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 255, (480, 640, 3), dtype=np.uint8) for _ in range(options.pictures)]
    card = f", {torch.cuda.get_device_name()}" if "cuda" in options.devices else ""
    threads = f"{torch.get_num_threads()} threads of torch {torch.__version__}{card}"
    print(f"{options.pictures} pictures of 640 x 480, {threads}")
    with tempfile.TemporaryDirectory() as folder:
        for role in options.roles:
            name = getattr(options, role) or str(make(role, Path(folder, role)))
            for device in options.devices:
                for half in (False, True):
                    for batch in options.batch if device == "cuda" else [1]:
                        overrides = {"device": device, "half": half, "batch": batch, role: name}
                        config = Config.load(overrides={f"models.{k}": v for k, v in overrides.items()})
                        print(
                            f"{role:10} {device} half={half} batch={batch}: {measure(role, config, pictures)}",
                            flush=True,
                        )


def measure(role: str, config: Config, pictures: list[np.ndarray]) -> str:
    """Pictures a second, after one batch that warms up."""
    run: Callable[[list[np.ndarray]], Any]
    if role == "zero_shot":
        run = load_tower(config, role).encode
    elif role == "captioner":
        run = load_captioner(config)
    else:
        detector = load_detector(config)
        run = lambda some: detector(some, ["person", "vehicle", "building"])  # noqa: E731
    run(pictures[: config["models"]["batch"]])
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    begun, worked = time.perf_counter(), time.process_time()
    run(pictures)
    seconds = time.perf_counter() - begun
    busy = (time.process_time() - worked) / seconds / torch.get_num_threads()
    each = 1000 * busy * seconds * torch.get_num_threads() / len(pictures)
    told = f"{len(pictures) / seconds:.2f} pictures/s, {each:.0f} ms of processor time each"
    if config["models"]["device"] == "cuda":
        some = pictures[: 2 * config["models"]["batch"] + 1]
        alone = [plain(one) for picture in some for one in run([picture])]
        same = alone == [plain(one) for one in run(some)] == [plain(one) for one in run(some[::-1])][::-1]
        told += ", the same in any company" if same else ", NOT the same in any company"
    return told


def plain(made: Any) -> str:
    """What a model gave for one picture, to the last bit."""
    return made.tobytes().hex() if isinstance(made, np.ndarray) else repr(made)


def make(role: str, folder: Path) -> Path:
    """A checkpoint with random weights, in the hub's own format."""
    from tokenizers import Tokenizer, models
    from transformers import (
        BlipConfig,
        BlipForConditionalGeneration,
        CLIPConfig,
        CLIPModel,
        PreTrainedTokenizerFast,
        YolosConfig,
        YolosForObjectDetection,
    )  # fmt: skip

    torch.manual_seed(0)
    side = SIDE[role]
    facts: dict[str, Any] = {**NORMAL, "size": {"height": side, "width": side}}
    model: Any
    if role == "zero_shot":
        model = CLIPModel(CLIPConfig())
    elif role == "detector":
        model = YolosForObjectDetection(
            YolosConfig(
                hidden_size=384, num_attention_heads=6, intermediate_size=1536, image_size=[side, side],
                use_mid_position_embeddings=False, num_labels=91,
            )
        )  # fmt: skip
        facts["image_processor_type"] = "YolosImageProcessor"
    else:
        model = BlipForConditionalGeneration(BlipConfig())
        facts["image_processor_type"] = "BlipImageProcessor"
    model.save_pretrained(folder)
    words = Tokenizer(models.WordLevel({f"w{n}": n for n in range(1000)}, unk_token="w0"))
    PreTrainedTokenizerFast(tokenizer_object=words, pad_token="w0", unk_token="w0").save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(facts), "utf-8")
    return folder


if __name__ == "__main__":
    main()
