"""Mentions of all sources become entities: group, find candidates, score, cluster, identify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kgbuild.config import Config
from kgbuild.entities.candidates import candidates
from kgbuild.entities.cluster import cluster, forbidden_pairs
from kgbuild.entities.decisions import Decisions, read_decisions
from kgbuild.entities.group import group
from kgbuild.entities.identify import Merge, identify
from kgbuild.entities.records import RecordTable
from kgbuild.entities.records.merge import join_rows, match_rows, read_records, row_merges
from kgbuild.types import EmbeddingTable, Entity, Mention

__all__ = ["Alignment", "Decisions", "Merge", "align", "read_decisions", "read_records"]


@dataclass(frozen=True, slots=True)
class Alignment:
    """The entities in the order of their ids, and every merge with its score and reason."""

    entities: tuple[Entity, ...]
    merges: tuple[Merge, ...]


def align(
    mentions: Sequence[Mention],
    table: EmbeddingTable,
    *,
    config: Config,
    decisions: Decisions | None = None,
    records: Sequence[RecordTable] = (),
) -> Alignment:
    """Entities of the mentions that have a vector in ``table``; independent of the order of either.

    ``records`` are the tables that rows stand in (``read_records``): rows are compared by all their columns.
    """
    vectors = dict(zip(table.ids, table.matrix, strict=True))
    groups, told, least = group(mentions, vectors), decisions or Decisions(), config["align"]["min_score"]
    rows = match_rows(records, min_score=least)
    groups, joined = join_rows(groups, rows, vectors, forbidden_pairs(groups, told))
    pairs = candidates(groups, config["align"]["neighbours"])
    clusters, links = cluster(groups, pairs, least, told)
    entities, merges = identify(groups, clusters, links, config["graph"]["base"])
    return Alignment(tuple(entities), tuple(sorted([*merges, *row_merges(joined, entities, mentions)], key=_order)))


def _order(merge: Merge) -> tuple[str, float, str, str]:
    return merge.entity, -merge.score, merge.left, merge.right
