"""The stage as a whole: groups, candidates, scores, clusters, once more with neighbours, entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgbuild.config import Config
from kgbuild.entities.candidates import name_pairs
from kgbuild.entities.cluster import Clustering, cluster
from kgbuild.entities.columns import Columns
from kgbuild.entities.decisions import Decisions
from kgbuild.entities.group import Group, group
from kgbuild.entities.identify import Merge, identify
from kgbuild.entities.neighbours import Neighbours
from kgbuild.entities.obstacles import different, listed_apart, same
from kgbuild.entities.records.merge import join_rows, match_rows, row_merges, rows_apart
from kgbuild.entities.records.table import RecordTable
from kgbuild.entities.score import EXTRA, PAIR_FEATURES, Scorer, probability
from kgbuild.errors import UsageError
from kgbuild.types import EmbeddingTable, Entity, Match, Mention, RelationMention

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
) -> Alignment:
    """Entities of the mentions that have a vector in ``table``; independent of the order of either.

    ``relations`` between the mentions give each thing its neighbours. ``states`` are vectors of the mentions in their
    contexts (``embeddings.around``), ``fused`` those of the fused encoder, both by mention id; ``records`` the tables
    that rows stand in (``read_records``): rows are compared by all their columns. What is absent changes nothing.
    Raises ``UsageError`` for a table whose vectors are not finite or as many as its ids.
    """
    for given in (table, states, fused):
        check(given)
    vectors = dict(zip(table.ids, table.matrix, strict=True))
    groups, decisions, base = group(mentions, vectors), decisions or Decisions(), config["graph"]["base"]
    rows: list[Match] = []
    if records:
        told = [(a, b) for a, b in different(groups, decisions).tolist()]
        found = match_rows(records, min_score=config["align"]["min_score"])
        groups, rows = join_rows(groups, found, vectors, told)
    clusters, links = _clusters(groups, config, decisions, relations, states, fused)
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
    bad = np.flatnonzero(~np.isfinite(table.matrix).all(1))
    if len(bad):
        raise UsageError(
            f"vectors of {table.space!r}: {len(bad)} not finite, the first is that of {table.ids[bad[0]]}."
        )


def _clusters(
    groups: Sequence[Group], config: Config, decisions: Decisions, relations: Sequence[RelationMention],
    states: EmbeddingTable | None, fused: EmbeddingTable | None,
) -> tuple[list[list[int]], list[Match]]:  # fmt: skip
    """Clusters of group numbers and the matches that joined them."""
    columns = Columns(groups)
    names = name_pairs(columns, config["align"]["neighbours"])
    scorer = Scorer(groups, columns, names, states=states, fused=fused, weights=config["align"]["weights"])
    pairs, ways = scorer.candidates(names)
    weight = scorer.log_odds(pairs, ways)
    rows_of_two = np.array(rows_apart(groups, pairs.tolist()), np.int64).reshape(-1, 2)
    wanted = same(groups, decisions)
    apart = np.concatenate([different(groups, decisions), listed_apart(groups), rows_of_two])
    share = min(max(config["align"]["min_score"], 1e-6), 1 - 1e-6)
    cut = float(np.log(share / (1 - share)))

    def run(weight: np.ndarray) -> Clustering:
        return cluster(
            pairs, weight - cut, size=len(groups), kind=columns.kind, fits=columns.fits, wanted=wanted, apart=apart
        )

    made = run(weight)
    near = Neighbours(groups, relations).features(pairs, made.label, np.abs(weight - cut) < _UNSURE)
    if near:  # once more: things that share neighbours are rather one
        weight = weight + sum(EXTRA[name] * value for name, value in near.items())
        made = run(weight)
    links = [Match(groups[a].id, groups[b].id, 1.0, (("decision", 1.0),)) for a, b in wanted.tolist()]
    rows = made.joined[made.joined >= 0]
    seen = scorer.features(pairs[rows], ways[rows])
    extra = scorer.extra(pairs[rows], ways[rows]) | {n: v[rows] for n, v in near.items()}
    for n, (row, score) in enumerate(zip(rows, probability(weight[rows]), strict=True)):
        shown = {
            **dict(zip(PAIR_FEATURES, seen[n].tolist(), strict=True)),
            **{k: float(v[n]) for k, v in extra.items()},
        }
        kept = tuple((k, round(v, 4)) for k, v in shown.items() if v and np.isfinite(v))
        links.append(Match(groups[pairs[row, 0]].id, groups[pairs[row, 1]].id, round(float(score), 4), kept))
    order = np.argsort(made.label, kind="stable")
    cuts = np.flatnonzero(np.diff(made.label[order])) + 1
    return [part.tolist() for part in np.split(order, cuts)] if len(groups) else [], links
