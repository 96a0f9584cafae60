"""Mentions of all sources become entities: group, find candidates, score, cluster, identify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kgbuild.config import Config
from kgbuild.entities.candidates import candidates
from kgbuild.entities.cluster import cluster
from kgbuild.entities.decisions import Decisions, read_decisions
from kgbuild.entities.group import group
from kgbuild.entities.identify import Merge, identify
from kgbuild.types import EmbeddingTable, Entity, Mention, RelationMention

__all__ = ["Alignment", "Decisions", "Merge", "align", "read_decisions"]


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
    relations: Sequence[RelationMention] = (),
    fused: EmbeddingTable | None = None,
    records: object = None,
) -> Alignment:
    """Entities of the mentions that have a vector in ``table``; independent of the order of either.

    ``relations`` between the mentions give each thing its neighbours, ``fused`` holds vectors of another encoder
    by mention id, ``records`` the tables that record mentions came from. What is absent changes nothing.
    """
    vectors = dict(zip(table.ids, table.matrix, strict=True))
    groups = group(mentions, vectors)
    pairs = candidates(groups, config["align"]["neighbours"])
    clusters, links = cluster(groups, pairs, config["align"]["min_score"], decisions or Decisions())
    entities, merges = identify(groups, clusters, links, config["graph"]["base"])
    return Alignment(tuple(entities), tuple(merges))
