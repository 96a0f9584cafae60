"""The data of the fusion: worlds and linked text as frozen states, with who is who; kept in a folder once made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.embeddings.layout import layout
from kgbuild.embeddings.states import StateEncoder, States, name_number
from kgbuild.identity import digest
from kgbuild.training.linked import linked_tales
from kgbuild.training.worlds import Tale, make_world, tell
from kgbuild.training.worlds.kinds import KINDS, RELATIONS

TYPES = tuple(k.name for k in KINDS)
RELATION_NAMES = ("none", *RELATIONS)


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Mentions in numbers, states in half precision, a number for each mention but in ``stated``.

    ``group``: the world or set it is of: only within one are two things known to be two. ``thing``: unique over groups.
    ``label``: ``name_number`` of its name. ``kind``: index in ``TYPES``, -1 unknown. ``case``: index in
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


_WORLDS, _TEXTS = "5", "4"  # to be raised where worlds, texts or their states change: kept files are not used then
_TOGETHER = 8  # tales whose words are encoded at a time
NUMBERS = tuple(f.name for f in fields(Corpus) if f.name != "states")


def world_corpus(seeds: Sequence[int], split: str, encoder: StateEncoder, *, keep: Path | None, key: str) -> Corpus:
    """The worlds of some seeds; from the folder ``keep`` if they were made before; ``key``: digest of the tower."""

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

    return _kept(make, encoder, keep, f"worlds-{split}-{digest(*seeds, _WORLDS)}", key)


def text_corpus(
    folder: Path, encoder: StateEncoder, *, documents: int, seed: int, keep: Path | None, key: str
) -> Corpus:
    """Linked text (see ``linked``), each tale a group."""

    def make() -> Iterable[tuple[Tale, dict[str, list[Any]]]]:
        for tale in linked_tales(folder, documents=documents, seed=seed):
            yield tale, {}

    return _kept(make, encoder, keep, f"texts-{digest(documents, seed, _TEXTS)}", key)


def joined(parts: Sequence[Corpus]) -> Corpus:
    """Several corpora as one; groups and things stay apart, equal labels meet."""
    arrays = [
        {n: getattr(p, n) for n in NUMBERS} | {f.name: getattr(p.states, f.name) for f in fields(States)} for p in parts
    ]
    made = _stack(arrays)
    return Corpus(States(**{f.name: made.pop(f.name) for f in fields(States)}), **made)


def _kept(
    make: Callable[[], Iterable[tuple[Tale, dict[str, list[Any]]]]],
    encoder: StateEncoder,
    keep: Path | None,
    name: str,
    tower: str,
) -> Corpus:
    """What a file holds, or else is made."""
    name = f"{name}-{tower[:16]}"
    return _of(_load(keep, name) or _save(keep, name, _stack(list(_made(make(), encoder)))))


def corpus_of(tales: Sequence[Tale], encoder: StateEncoder) -> Corpus:
    """Tales in numbers, each a group; nothing is known of kinds, homonyms and relations."""
    return _of(_stack(list(_made(((tale, {}) for tale in tales), encoder))))


def _of(arrays: dict[str, np.ndarray]) -> Corpus:
    states = States(**{f.name: arrays[f.name] for f in fields(States)})
    return Corpus(states, **{n: arrays[n] for n in NUMBERS})


def _made(tales: Iterable[tuple[Tale, dict[str, list[Any]]]], encoder: StateEncoder) -> Iterator[dict[str, np.ndarray]]:
    """The arrays of each tale; the words of several at a time, so that a device has enough to do."""
    for some in _some(((t, more) for t, more in tales if t.mentions), _TOGETHER):
        mentions = [m for tale, _ in some for m in tale.mentions]
        *spoken, _ = encoder.words(mentions, [r for tale, _ in some for r in tale.relations])
        start = 0
        for tale, more in some:
            rows = slice(start, start := start + len(tale.mentions))
            yield _arrays(tale, more, encoder, *(array[rows] for array in spoken))


def _load(keep: Path | None, name: str) -> dict[str, np.ndarray] | None:
    from safetensors.numpy import load_file

    path = keep / f"{name}.safetensors" if keep is not None else None
    return load_file(path) if path is not None and path.is_file() else None


def _save(keep: Path | None, name: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    from safetensors.numpy import save_file

    whole = {n: np.ascontiguousarray(a) for n, a in arrays.items()}
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        save_file(whole, keep / f"{name}.safetensors")
    return whole


def _some(items: Iterable[tuple[Tale, dict[str, list[Any]]]], count: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while found := list(islice(rest, count)):
        yield found


def _arrays(
    tale: Tale, more: dict[str, list[Any]], encoder: StateEncoder,
    words: np.ndarray, links: np.ndarray, near: np.ndarray, named: np.ndarray,
) -> dict[str, np.ndarray]:  # fmt: skip
    count = len(tale.mentions)
    numbers: dict[str, Any] = {
        "group": [0] * count,
        "thing": [tale.gold[m.id] for m in tale.mentions],
        "label": [name_number(m.surface) for m in tale.mentions],
        "kind": [-1] * count, "case": [-1] * count, "hard": [-1] * count,
        "drawn": [int(m.modality in ("picture", "frame")) for m in tale.mentions],
        "stated": [],
    } | more  # fmt: skip
    arrays = {n: np.array(v, dtype=np.int64) for n, v in numbers.items()}
    arrays["stated"] = arrays["stated"].reshape(-1, 3)
    seen, region, whole, whole_of = encoder.pictures(tale.mentions, tale.segments, tale.pictures.get)
    states = {"words": words, "links": links, "layout": layout(tale.mentions, tale.segments),
              "seen": seen, "region": region, "whole": whole}  # fmt: skip
    return arrays | {n: a.astype(np.float16) for n, a in states.items()} | {
        "whole_of": whole_of, "near": near, "named": named,
    }  # fmt: skip


def _stack(parts: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays of several tales as one: rows and numbers of groups, things and pictures count on."""
    made = {}
    for name in parts[0]:
        values, start = [], 0
        for p in parts:
            value = p[name]
            if name == "stated":
                values.append(value + np.array([start, start, 0]))
                start += len(p["thing"])
            elif name in ("group", "thing"):
                values.append(value + start)
                start += int(value.max()) + 1
            elif name == "whole_of":
                values.append(np.where(value >= 0, value + start, value))
                start += len(p["whole"])
            else:
                values.append(value)
        made[name] = np.concatenate(values)
    return made
