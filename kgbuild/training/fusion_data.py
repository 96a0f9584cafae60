"""The data of the fusion: worlds and linked text as frozen states, with who is who; kept in a folder once made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.embeddings.states import StateEncoder, States
from kgbuild.identity import digest, normalise
from kgbuild.training.linked import linked_tales
from kgbuild.training.worlds import Tale, make_world, tell
from kgbuild.training.worlds.kinds import KINDS, RELATIONS

TYPES = tuple(k.name for k in KINDS)
RELATION_NAMES = ("none", *RELATIONS)


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Mentions in numbers, states in half precision, a number for each mention but in ``stated``.

    ``group``: the world or set it is of: only within one are two things known to be two. ``thing``: unique over groups.
    ``label``: number of its normalised name. ``kind``: index in ``TYPES``, -1 unknown. ``case``: index in
    ``worlds.CASES`` of what the homonym of its thing differs in, ``hard``: number of the label that they share, -1
    none. ``drawn``: 1 in a picture. ``stated`` (n, 3): rows of subject and object, index in ``RELATION_NAMES``.
    """

    states: States
    group: np.ndarray
    thing: np.ndarray
    label: np.ndarray
    kind: np.ndarray
    case: np.ndarray
    hard: np.ndarray
    drawn: np.ndarray
    stated: np.ndarray

    def __len__(self) -> int:
        return len(self.thing)


NUMBERS = tuple(f.name for f in fields(Corpus) if f.name != "states")


def world_corpus(seeds: Sequence[int], split: str, encoder: StateEncoder, *, keep: Path | None, key: str) -> Corpus:
    """The worlds of some seeds; from the folder ``keep`` if they were made before with the same ``key``."""

    def make() -> Iterable[tuple[Tale, dict[str, list[Any]]]]:
        from kgbuild.training.worlds import CASES

        for seed in seeds:
            world = make_world(seed, split=split)
            tale = tell(world)
            things = [world.things[tale.gold[m.id]] for m in tale.mentions]
            row = {m.id: n for n, m in enumerate(tale.mentions)}
            shared = {name: n for n, name in enumerate(sorted({t.names[0] for t in world.things if t.case}))}
            yield tale, {
                "kind": [TYPES.index(t.kind.name) for t in things],
                "case": [CASES.index(t.case) if t.case else -1 for t in things],
                "hard": [shared[t.names[0]] if t.case else -1 for t in things],
                "stated": [
                    (row[r.subject], row[r.object], RELATION_NAMES.index(tale.stated[r.id]))
                    for r in tale.relations if r.id in tale.stated
                ],
            }  # fmt: skip

    return _kept(make, encoder, keep, f"worlds-{split}-{digest(key, split, *seeds)}")


def text_corpus(
    folder: Path, encoder: StateEncoder, *, documents: int, seed: int, keep: Path | None, key: str
) -> Corpus:
    """Linked text (see ``linked``), each tale a group."""

    def make() -> Iterable[tuple[Tale, dict[str, list[Any]]]]:
        for tale in linked_tales(folder, documents=documents, seed=seed):
            yield tale, {}

    return _kept(make, encoder, keep, f"texts-{digest(key, documents, seed)}")


def joined(parts: Sequence[Corpus]) -> Corpus:
    """Several corpora as one; groups and things stay apart, equal labels meet."""
    at = np.cumsum([0, *(len(p) for p in parts)])
    made: dict[str, list[np.ndarray]] = {n: [] for n in NUMBERS}
    for p, start in zip(parts, at, strict=False):
        for n in NUMBERS:
            value = getattr(p, n)
            if n in ("group", "thing") and made[n]:
                value = value + max(int(v.max(initial=-1)) for v in made[n]) + 1
            elif n == "stated":
                value = value + np.array([start, start, 0])
            made[n].append(value)
    states: dict[str, np.ndarray] = {}
    shift = np.cumsum([0, *(len(p.states.whole) for p in parts)])
    for f in fields(States):
        values = [getattr(p.states, f.name) for p in parts]
        if f.name == "whole_of":
            values = [np.where(v >= 0, v + s, v) for v, s in zip(values, shift, strict=False)]
        states[f.name] = np.concatenate(values)
    return Corpus(States(**states), **{n: np.concatenate(v) for n, v in made.items()})


def _kept(
    make: Callable[[], Iterable[tuple[Tale, dict[str, list[Any]]]]], encoder: StateEncoder, keep: Path | None, name: str
) -> Corpus:
    from safetensors.numpy import load_file, save_file

    path = keep / f"{name}.safetensors" if keep is not None else None
    if path is not None and path.is_file():
        found = load_file(path)
        states = {f.name: found[f"states.{f.name}"] for f in fields(States)}
        return Corpus(States(**states), **{n: found[n] for n in NUMBERS})
    parts = [_numbers(tale, more, encoder) for tale, more in make() if tale.mentions]
    corpus = joined(parts)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {n: getattr(corpus, n) for n in NUMBERS}
        arrays |= {f"states.{f.name}": getattr(corpus.states, f.name) for f in fields(States)}
        save_file({n: np.ascontiguousarray(a) for n, a in arrays.items()}, path)
        path.with_suffix(".json").write_text(json.dumps({"mentions": len(corpus)}) + "\n", "utf-8")
    return corpus


def _numbers(tale: Tale, more: dict[str, list[Any]], encoder: StateEncoder) -> Corpus:
    states = encoder(tale.mentions, tale.relations, tale.segments, tale.pictures.get)
    half = {f.name: getattr(states, f.name) for f in fields(States)}
    half = {n: a if n == "whole_of" else a.astype(np.float16) for n, a in half.items()}
    count = len(tale.mentions)
    numbers: dict[str, Any] = {
        "group": [0] * count,
        "thing": [tale.gold[m.id] for m in tale.mentions],
        "label": [int(digest(normalise(m.surface), length=15), 16) for m in tale.mentions],
        "kind": [-1] * count, "case": [-1] * count, "hard": [-1] * count,
        "drawn": [int(m.modality in ("picture", "frame")) for m in tale.mentions],
        "stated": [],
    } | more  # fmt: skip
    arrays = {n: np.array(v, dtype=np.int64) for n, v in numbers.items()}
    arrays["stated"] = arrays["stated"].reshape(-1, 3)
    return Corpus(States(**half), **arrays)
