"""Rows of several tables of records: which of them are one thing, before names alone are looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

import numpy as np

from kgbuild.entities.group import Group, make
from kgbuild.entities.identify import Merge
from kgbuild.entities.records import resolve
from kgbuild.entities.records.table import RecordTable, words
from kgbuild.entities.union import Union
from kgbuild.mentions.records import MODALITY, fields, is_row
from kgbuild.types import Entity, Match, Mention, Reading

REASON = "like records"


def read_records(readings: Iterable[Reading], mentions: Iterable[Mention]) -> list[RecordTable]:
    """One table for each source of records, in the order of the sources; ids are the mentions that rows are about."""
    about = {m.segment: m.id for m in mentions if is_row(m)}
    found = []
    for reading in sorted(readings, key=lambda r: r.source.id):
        ids, rows = [], []
        for segment in reading.segments:
            if segment.modality == MODALITY and segment.id in about:
                ids.append(about[segment.id])
                rows.append({" ".join(words(f.column)) or "name": f.text for f in fields(segment)})
        if rows:
            names = list(dict.fromkeys(name for row in rows for name in row))
            columns = {name: tuple(row.get(name, "") for row in rows) for name in names}
            found.append(RecordTable(tuple(ids), columns))
    return found


def match_rows(tables: Sequence[RecordTable], *, min_score: float) -> list[Match]:
    """Matches between the rows of each two tables that have a column in common, best first."""
    found = []
    for left, right in combinations(tables, 2):
        other = right.renamed(right.naming(), left.naming())
        if set(left.columns) & set(other.columns) - {left.naming()} or left.naming() == right.naming():
            found += resolve(left, other, min_score=min_score)
    return sorted(found, key=lambda m: (-m.score, m.left, m.right))


def join_rows(
    groups: Sequence[Group],
    matches: Iterable[Match],
    apart: Collection[tuple[int, int]] = (),
) -> tuple[list[Group], list[Match]]:
    """Groups with the rows that match made one, and the matches that did it.

    A thing stands once in a table: what would bring two rows of one source together is passed over, as are the pairs
    of group numbers ``apart``.
    """
    home = {m.id: i for i, g in enumerate(groups) for m in g.mentions}
    union = Union(len(groups))
    members = {i: [i] for i in range(len(groups))}
    never = {frozenset(pair) for pair in apart}
    used = []
    for match in matches:
        if match.left not in home or match.right not in home:
            continue
        a, b = union.find(home[match.left]), union.find(home[match.right])
        sources = [{groups[i].source for i in members[root]} for root in (a, b)]
        if a == b or sources[0] & sources[1]:
            continue
        if any(frozenset((i, j)) in never for i in members[a] for j in members[b]):
            continue
        root = union.join(a, b)
        members[root] = members.pop(a) + members.pop(b)
        used.append(match)
    made = [
        groups[inside[0]]
        if len(inside) == 1
        else make(sorted((m for i in inside for m in groups[i].mentions), key=lambda m: m.id))
        for inside in members.values()
    ]
    return sorted(made, key=lambda g: g.id), used


def rows_apart(groups: Sequence[Group], pairs: np.ndarray) -> np.ndarray:
    """The pairs (n, 2) of groups that are both rows: where records did not match, a like name does not join them."""
    row = np.array([any(is_row(m) for m in g.mentions) for g in groups], bool)
    made: np.ndarray = pairs[row[pairs[:, 0]] & row[pairs[:, 1]]]
    return made


def row_merges(matches: Iterable[Match], entities: Iterable[Entity], mentions: Iterable[Mention]) -> list[Merge]:
    """The merge report's lines for rows that became one."""
    owner = {m: e.id for e in entities for m in e.mentions}
    by_id = {m.id: m for m in mentions}
    return [
        Merge(
            owner[m.left], by_id[m.left].surface, by_id[m.right].surface, by_id[m.left].target.source,
            by_id[m.right].target.source, m.score, REASON, m.features,
        )
        for m in matches
    ]  # fmt: skip
