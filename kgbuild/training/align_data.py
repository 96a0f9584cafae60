"""Mentions whose identity is known, for the merge score: pairs of groups in numbers, with the truth."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kgbuild.entities.beside import EXTRA
from kgbuild.entities.candidates import name_pairs, near_names
from kgbuild.entities.columns import Columns
from kgbuild.entities.group import Group, group
from kgbuild.entities.keys import is_name
from kgbuild.entities.score import Scorer
from kgbuild.entities.surroundings import Surroundings
from kgbuild.errors import UsageError
from kgbuild.types import EmbeddingTable, Mention, Target, TextPosition

_SAME_NAME, _SAME_THING = 6, 20  # mentions kept of one thing under one name, and of one thing
_NEIGHBOURS = 10


@dataclass(frozen=True, slots=True)
class Known:
    """Mentions, the thing each one is (by mention id), and the ids that may teach; the others only measure."""

    mentions: list[Mention]
    thing: dict[str, str]
    teaches: frozenset[str]


def read_folder(folder: Path, *, free: str = "") -> Known:
    """A folder with ``mentions.jsonl`` and ``gold.csv``. ``free``: the only ``source`` that may teach; "" is any.

    Each sentence is a source of its own. Raises ``UsageError`` naming what is missing or wrong.
    """
    try:
        rows = [json.loads(line) for line in (folder / "mentions.jsonl").read_text("utf-8").splitlines()]
        with (folder / "gold.csv").open(newline="", encoding="utf-8") as file:
            thing = {r["id"]: r["cluster"] for r in csv.DictReader(file)}
        found = [_mention(r["id"], r["doc"], r["sentence"], r["start"], r["end"]) for r in rows]
    except (OSError, ValueError, KeyError) as err:
        raise UsageError(f"{folder}: not a folder of mentions.jsonl and gold.csv: {err!r}.") from err
    return Known(found, thing, frozenset(r["id"] for r in rows if not free or r.get("source") == free))


def _mention(id: str, source: str, text: str, start: int, end: int) -> Mention:
    target = Target(source, (TextPosition(start, end),))
    return Mention(id, target, text[start:end], "Thing", 1.0, "gold/1", context=text)


def read_linked(folder: Path) -> Known:
    """Mentions with Wikidata items in ``docred_extra.jsonl.gz`` and ``knowledgenet.jsonl.gz``."""
    found: list[Mention] = []
    thing: dict[str, str] = {}
    named: Counter[tuple[str, str]] = Counter()
    for item, source, text, start, end in sorted({*_docred(folder), *_knowledgenet(folder)}):
        name = text[start:end]
        if not is_name(name) or named[item, name.casefold()] >= _SAME_NAME or named[item, ""] >= _SAME_THING:
            continue
        named.update([(item, name.casefold()), (item, "")])
        made = _mention(f"{source}#{start}-{end}", source, text, start, end)
        if made.id not in thing:
            found.append(made)
            thing[made.id] = item
    return Known(found, thing, frozenset(thing))


def _rows(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _docred(folder: Path) -> Iterator[tuple[str, str, str, int, int]]:
    for row in _rows(folder / "docred_extra.jsonl.gz"):
        for cluster, item in zip(row["clusters"], row.get("cluster_qid") or (), strict=False):
            for s, a, b, _ in (row["mentions"][m] for m in cluster if item):
                words = row["sents"][s]
                start = sum(len(w) + 1 for w in words[:a])
                yield item, f"{row['id']}/{s}", " ".join(words), start, start + len(" ".join(words[a:b]))


def _knowledgenet(folder: Path) -> Iterator[tuple[str, str, str, int, int]]:
    for row in _rows(folder / "knowledgenet.jsonl.gz"):
        for fact in row["facts"]:
            for end in "so":
                if fact[f"{end}_qid"] and row["split"] == "train":
                    yield fact[f"{end}_qid"], row["id"], row["text"], *fact[end]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Candidate pairs (m, 2) of groups: features, what adds to their log-odds by hand (``EXTRA``), truth, whether they
    bear one name, whether they may teach, whether nothing stands around one of them; ``known``: the vectors of the
    groups (``Scorer.known``).

    ``part`` (n,) numbers groups so that groups of one name or one thing have one number: folds split by it.
    """

    groups: list[Group]
    pairs: np.ndarray
    features: np.ndarray
    extra: np.ndarray
    truth: np.ndarray
    same_name: np.ndarray
    teaches: np.ndarray
    bare: np.ndarray
    known: tuple[np.ndarray, np.ndarray, np.ndarray]
    part: np.ndarray


def sample(known: Known, table: EmbeddingTable, states: EmbeddingTable | None) -> Sample:
    """The candidates that alignment itself would look at."""
    groups = group(known.mentions, frozenset(table.ids))
    columns = Columns(groups, table)
    with near_names(columns, _NEIGHBOURS) as near:
        scorer = Scorer(groups, columns, name_pairs(columns, near), Surroundings(groups, states))
    found = np.concatenate(list(scorer.candidates()))
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    pairs, ways = found[:, :2], found[:, 2]
    things = {t: i for i, t in enumerate(sorted(set(known.thing.values())))}
    thing = np.array([things[known.thing[g.mentions[0].id]] for g in groups])
    free = np.array([all(m.id in known.teaches for m in g.mentions) for g in groups])
    features, beside = scorer.features(pairs, ways)
    extra = np.sum([EXTRA[n] * v for n, v in beside.items()], axis=0)
    a, b = pairs.T
    rows = np.arange(len(groups))
    ends = np.concatenate([np.stack([columns.owner, len(groups) + columns.key[columns.name]], 1),
                           np.stack([rows, len(groups) + len(columns.key) + thing], 1)])  # fmt: skip
    size = len(groups) + len(columns.key) + len(things)
    _, part = connected_components(coo_matrix((np.ones(len(ends)), ends.T), (size, size)), directed=False)
    return Sample(
        groups, pairs, features, extra, thing[a] == thing[b], scorer.same_name(ways),
        free[a] & free[b], scorer.bare(pairs), tuple(np.nan_to_num(v) for v in scorer.known()), part[: len(groups)],
    )  # fmt: skip
