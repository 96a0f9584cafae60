"""Third phase of ``kgbuild train text``: teachers on all-mpnet-base-v2, and the second reading taught by them.

See ``distil``. On an accelerator of the year 2022 it takes ten minutes, on a processor days.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from kgbuild.errors import ModelError
from kgbuild.mentions.textmodel import Shape, TextModel
from kgbuild.operators import declare_operators
from kgbuild.training import distil
from kgbuild.training.pages import Page, pages_of_document

if TYPE_CHECKING:
    from kgbuild.training.text import Recipe

log = logging.getLogger(__name__)

TEACHER = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
RATES = (5e-5, 3e-5, 8e-5)  # of the encoders of the first, second, third teacher
HEADS, PLAIN = 3e-4, 1e-3  # rates of the heads' matrices, and of vectors for case, marks, types and distance
MOST = 90  # entities of a page: what many pairs need fills an accelerator's memory
BATCH = 2048  # pairs


@dataclass(frozen=True, slots=True)
class Pages:
    """Annotated pages; partly annotated ones; pages of other texts, with names found by the network."""

    gold: Sequence[Page]
    extra: Sequence[Page]
    found: Sequence[Page]

    @property
    def open(self) -> list[Page]:
        return [*self.extra, *self.found]


def pages_of(documents: Iterable[dict[str, Any]], tokenizer: Any, properties: Sequence[str]) -> list[Page]:
    """The pages of all documents but those with very many entities."""
    made = (p for d in documents for p in pages_of_document(d, tokenizer, properties))
    return [p for p in made if len(p.entity) <= MOST]


def load_teacher(folder: Path) -> nn.Module:
    """MPNet of ``sentence-transformers/all-mpnet-base-v2``; raises ``ModelError`` for other weights."""
    declare_operators()
    from transformers import MPNetModel

    path = folder / "model.safetensors"
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != TEACHER:
        raise ModelError(f"--teacher {folder}: no model.safetensors of all-mpnet-base-v2 with sha256 {TEACHER} there.")
    return MPNetModel.from_pretrained(folder, local_files_only=True, add_pooling_layer=False)


def ask(pages: Pages, network: Callable[[], nn.Module], shape: Shape, recipe: Recipe, device: str) -> None:
    """Give the open pages their soft labels: the mean of the teachers' margins, in the second of two rounds."""
    kept: dict[int, dict[str, Tensor]] = {}
    for turn, epochs in enumerate((recipe.teacher_epochs, recipe.teacher_again)):
        total: dict[int, np.ndarray] = {}
        for seed in range(1, recipe.teachers + 1):
            torch.manual_seed(seed)
            net: Any = network()
            width = net.config.hidden_size
            own = replace(shape, width=width, relation_width=width, blocks=width // 32)
            teacher = distil.Teacher(net, own).to(device)
            net.encoder.relative_attention_bias.weight.requires_grad_(False)
            if turn:
                teacher.load_state_dict(kept.pop(seed))
            distil.fit(
                teacher, _groups(teacher, RATES[(seed - 1) % len(RATES)], 0.5 if turn else 1.0), _plan(pages, turn),
                epochs=epochs, size=BATCH, evidence=recipe.evidence, type_noise=recipe.type_noise, average=0.995,
                seed=seed, device=device,
            )  # fmt: skip
            for key, rows in distil.margins(teacher, pages.open, 2 * BATCH, device).items():
                total[key] = total.get(key, 0) + rows.astype(np.float32) / recipe.teachers
            kept[seed] = {n: t.cpu() for n, t in teacher.state_dict().items()} if not turn else {}
            log.info("teacher %d, round %d", seed, turn + 1)
        for p in pages.open:
            p.soft = np.rint(255 / (1 + np.exp(-total[id(p)]))).astype(np.uint8)


def _plan(pages: Pages, turn: int) -> Callable[[Random], list[Page]]:
    share = len(pages.open) // 3 if turn else 0
    return lambda noise: [*pages.gold, *noise.sample(pages.open, share)]


def _groups(teacher: distil.Teacher, rate: float, heads: float) -> list[dict[str, Any]]:
    of = teacher.heads
    plain = [p for m in (of.marks, teacher.case, of.type_embedding, of.near_embedding) for p in m.parameters()]
    dense = [p for m in (of.head, of.tail, of.bilinear) for p in m.parameters()]
    encoder = [p for p in teacher.encoder.parameters() if p.requires_grad]
    return [
        {"params": encoder, "lr": rate * heads, "weight_decay": 0.01},
        {"params": plain, "lr": PLAIN, "weight_decay": 0.0},
        {"params": dense, "lr": HEADS * heads, "weight_decay": 0.01},
    ]


def learn_from_teachers(model: TextModel, pages: Pages, recipe: Recipe, device: str) -> dict[str, Tensor]:
    """Teach the second reading and the heads of relations, in place, and return all that is trained."""
    model.requires_grad_(False)
    student = distil.Student(model.eval()).to(device)
    with torch.autocast(device, torch.bfloat16):
        student.prepare([*pages.gold, *pages.open], 4 * BATCH, device)
    second = {n: p for n, p in model.own_state().items() if n.startswith("again.")}
    parts = ("type_embedding.", "near_embedding.", "head.", "tail.", "bilinear.", "marks.")
    heads = {n: p for n, p in model.own_state().items() if n.startswith(parts)}
    for p in (*second.values(), *heads.values()):
        p.requires_grad_(True)
    groups = [
        {"params": list(second.values()), "lr": recipe.student_rate, "weight_decay": 0.0},
        {"params": list(heads.values()), "lr": recipe.student_rate, "weight_decay": 0.01},
    ]
    distil.fit(
        student, groups, lambda noise: [*pages.gold, *pages.extra, *noise.sample(pages.found, len(pages.found) // 2)],
        epochs=recipe.student_epochs, size=3 * BATCH // 2, evidence=recipe.evidence, type_noise=recipe.type_noise,
        average=recipe.average, seed=recipe.student_seed, device=device,
    )  # fmt: skip
    return {n: p.detach().cpu() for n, p in model.own_state().items()}
