"""The stage as a whole: groups, candidates, scores, clusters, once more with neighbours, entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from kgbuild.config import Config
from kgbuild.entities.beside import EXTRA
from kgbuild.entities.candidates import name_pairs, near_names
from kgbuild.entities.cluster import Clustering, cluster
from kgbuild.entities.columns import Columns
from kgbuild.entities.decisions import Decisions
from kgbuild.entities.group import Group, group
from kgbuild.entities.identify import Merge, identify
from kgbuild.entities.neighbours import Neighbours
from kgbuild.entities.obstacles import different, listed_apart, same
from kgbuild.entities.records.merge import join_rows, match_rows, row_merges, rows_apart
from kgbuild.entities.records.table import RecordTable
from kgbuild.entities.score import Scorer, probability
from kgbuild.entities.surroundings import Around, Surroundings
from kgbuild.errors import UsageError
from kgbuild.types import EmbeddingTable, Entity, Match, Mention, RelationMention

_BLOCK = 8192  # vectors that are checked at a time
_UNSURE = 4.0  # log-odds within which neighbours in the graph are asked


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
    states: EmbeddingTable | None = None,
    fused: EmbeddingTable | None = None,
    records: Sequence[RecordTable] = (),
    groups: Sequence[Group] | None = None,
    around: Mapping[str, Around] = MappingProxyType({}),
) -> Alignment:
    """Entities of the mentions that have a vector in ``table``; independent of the order of either.

    ``relations`` between the mentions give each thing its neighbours. ``states`` are vectors of the mentions in their
    contexts (``embeddings.around``), ``fused`` those of the fused encoder, both by mention id; ``records`` the tables
    that rows stand in (``read_records``): rows are compared by all their columns. What is absent changes nothing.
    ``groups``: those of the mentions, in the order of their ids, if they have been made, and ``around`` the words
    around some of them by id.
    Raises ``UsageError`` for a table whose vectors are not finite or as many as its ids.
    """
    for given in (table, states, fused):
        check(given)
    groups = group(mentions, frozenset(table.ids)) if groups is None else groups
    decisions, base, words = decisions or Decisions(), config["graph"]["base"], around
    rows: list[Match] = []
    if records:
        told = [(a, b) for a, b in different(groups, decisions).tolist()]
        found = match_rows(records, min_score=config["align"]["min_score"])
        before = {g.id: g for g in groups}
        groups, rows = join_rows(groups, found, told)
        words = {g.id: around[g.id] for g in groups if before.get(g.id) is g and g.id in around}
    clusters, links = _clusters(groups, table, config, decisions, relations, states, fused, words)
    entities, merges = identify(groups, clusters, links, base)
    merges = sorted([*merges, *row_merges(rows, entities, mentions)], key=_order)
    return Alignment(tuple(entities), tuple(merges))


def _order(merge: Merge) -> tuple[str, float, str, str]:
    return merge.entity, -merge.score, merge.left, merge.right


def check(table: EmbeddingTable | None) -> None:
    """Raises ``UsageError`` naming the space, and the first bad row, of a table that cannot be searched."""
    if table is None:
        return
    if table.matrix.ndim != 2 or len(table.matrix) != len(table.ids):
        shape = "x".join(map(str, table.matrix.shape))
        raise UsageError(f"vectors of {table.space!r}: {len(table.ids)} ids but a matrix of {shape}.")
    blocks = (table.matrix[at : at + _BLOCK] for at in range(0, len(table.matrix), _BLOCK))
    bad = np.flatnonzero(~np.concatenate([np.isfinite(b).all(1) for b in blocks] or [np.zeros(0, bool)]))
    if len(bad):
        raise UsageError(
            f"vectors of {table.space!r}: {len(bad)} not finite, the first is that of {table.ids[bad[0]]}. Mend the "
            "encoder that [embeddings] names, and remove the folder `vectors` of the cache, which holds what it made."
        )


def _clusters(
    groups: Sequence[Group], table: EmbeddingTable, config: Config, decisions: Decisions,
    relations: Sequence[RelationMention], states: EmbeddingTable | None, fused: EmbeddingTable | None,
    around: Mapping[str, Around],
) -> tuple[list[list[int]], list[Match]]:  # fmt: skip
    """Clusters of group numbers and the matches that joined them."""
    columns = Columns(groups, table)
    with near_names(columns, config["align"]["neighbours"]) as alike:
        surroundings = Surroundings(groups, states, around)
        names = name_pairs(columns, alike)
    scorer = Scorer(groups, columns, names, surroundings, fused=fused, weights=config["align"]["weights"])
    wanted, share = same(groups, decisions), min(max(config["align"]["min_score"], 1e-6), 1 - 1e-6)
    cut = float(np.log(share / (1 - share)))
    found = scorer.scored(cut - EXTRA["neighbours"] * bool(relations), wanted)  # what neighbours can add at most
    pairs, ways, weight = found.pairs, found.ways, found.log_odds
    apart = np.concatenate([different(groups, decisions), listed_apart(groups), rows_apart(groups, pairs)])
    first = scorer.of_one_common_name(ways)

    def run(weight: np.ndarray) -> Clustering:
        return cluster(
            pairs, weight - cut, size=len(groups), kind=columns.kind, fits=columns.fits, wanted=wanted, apart=apart,
            first=first,
        )  # fmt: skip

    made = run(weight)
    near = Neighbours(groups, relations).features(pairs, made.label, np.abs(weight - cut) < _UNSURE)
    if near:  # once more: things that share neighbours are rather one
        weight = weight + sum(EXTRA[name] * value for name, value in near.items())
        made = run(weight)
    links = [Match(groups[a].id, groups[b].id, 1.0, (("decision", 1.0),)) for a, b in wanted.tolist()]
    rows = made.joined[made.joined >= 0]
    shown = scorer.shown(pairs[rows], ways[rows], {n: v[rows] for n, v in near.items()})
    for row, score, seen in zip(rows, probability(weight[rows]), shown, strict=True):
        links.append(Match(groups[pairs[row, 0]].id, groups[pairs[row, 1]].id, round(float(score), 4), seen))
    order = np.argsort(made.label, kind="stable")
    cuts = np.flatnonzero(np.diff(made.label[order])) + 1
    return [part.tolist() for part in np.split(order, cuts)] if len(groups) else [], links
