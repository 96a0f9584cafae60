"""How well diagrams are read: nodes, edges and their labels against gold graphs.

Nodes match one to one where the similarity of their labels (letters and digits; 1 - edit distance / longer length)
is at least 0.8; boxes decide between equal labels. A directed edge counts where both ends match and the direction is
right (two heads are two edges, no head must be given as undirected); joined pairs count once, without direction.
Edge-label accuracy is the share of labelled gold edges found with a similar label. Exact: all nodes, no other node,
all directed edges. Groups (frames with a title) match as nodes do; a node inside counts where group and node match,
in all groups around it. Figures are means over the diagrams that have such a thing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kgbuild.config import Config
from kgbuild.errors import UsageError
from kgbuild.mentions.diagram import Diagram, Group
from kgbuild.progress import Progress, Silent

SIMILAR = 0.8
Graph = Mapping[str, Any]  # {"nodes": [{"id", "label", "box"?}], "edges": [{"source", "target", "label"?, ...}]}


def predict_folder(folder: Path, *, config: Config, progress: Progress | None = None) -> Iterator[tuple[str, Graph]]:
    """(id, graph) for each ``png/<id>.png`` of a folder, in the order of the ids."""
    from kgbuild.mentions.ocr import Ocr
    from kgbuild.mentions.raster import read_png
    from kgbuild.sources.image import picture_png
    from kgbuild.sources.reader import Limits

    pictures = sorted((folder / "png").glob("*.png"))
    if not pictures:
        raise UsageError(f"no png/*.png in {folder}.")
    progress, reader, limits = progress or Silent(), Ocr(config), Limits.of(config)
    progress.start("read", len(pictures))
    for path in pictures:
        png, _, _ = picture_png(path.read_bytes(), limits)
        yield path.stem, as_graph(read_png(png, reader.lines(png)))
        progress.advance("read", note=path.name)
    progress.finish("read")


def as_graph(diagram: Diagram) -> dict[str, Any]:
    """A diagram as plain data."""
    return {
        "nodes": [{"id": n.key, "label": n.label, "box": list(n.box or ())} for n in diagram.nodes.values()],
        "edges": [
            {"source": e.source, "target": e.target, "label": e.label, "directed": e.directed, "both": e.both}
            for e in diagram.edges
        ],
        "groups": [{"label": g.label, "box": list(g.box or ()), "nodes": _inside(g, diagram)} for g in diagram.groups],
    }


def _inside(group: Group, diagram: Diagram) -> list[str]:
    """The nodes of a group and of the groups within it."""
    within = {g.key: g for g in diagram.groups}
    return sorted(k for m in group.members for k in (_inside(within[m], diagram) if m in within else [m]))


def measure(gold: Mapping[str, Graph], found: Mapping[str, Graph]) -> dict[str, float]:
    """Means over the gold diagrams; a diagram without a prediction counts as an empty one."""
    rows = [_measure(g, found.get(name, {"nodes": [], "edges": []})) for name, g in sorted(gold.items())]
    names = (
        "node F1",
        "edge F1, directed",
        "edge F1, undirected",
        "edge-label accuracy",
        "exact graphs",
        "nodes in groups F1",
    )
    means = {}
    for k, name in enumerate(names):
        values = [v for row in rows if (v := row[k]) is not None]
        means[name] = math.fsum(values) / len(values) if values else math.nan
    return means


def _measure(gold: Graph, found: Graph) -> tuple[float, float, float, float | None, float, float | None]:
    match = match_nodes(gold, found)
    wanted, given = _directed(gold, match.get), _directed(found, lambda k: k)
    joined, given_joined = ({_pair(k) for k in c} for c in (wanted, given))
    nodes = _f1(len(match), len(found["nodes"]), len(gold["nodes"]))
    exact = len(match) == len(found["nodes"]) == len(gold["nodes"]) and wanted == given
    return (
        nodes,
        _f1(sum((wanted & given).values()), sum(given.values()), sum(wanted.values())),
        _f1(len(joined & given_joined), len(given_joined), len(joined)),
        _labels(gold, found, match),
        float(exact),
        _members(gold, found, match),
    )


def _members(gold: Graph, found: Graph, match: Mapping[str, str]) -> float | None:
    """F1 of the pairs of a group and a node in it, None where neither graph has any."""
    as_nodes = [{**graph, "nodes": _numbered(graph.get("groups", ()))} for graph in (gold, found)]
    wanted, given = ({(g["id"], n) for g in graph["nodes"] for n in g["nodes"]} for graph in as_nodes)
    if not wanted and not given:
        return None
    same = match_nodes(*as_nodes)
    return _f1(len({(same.get(g), match.get(n)) for g, n in wanted} & given), len(given), len(wanted))


def _numbered(groups: Iterable[Graph]) -> list[Graph]:
    return [{**g, "id": f"{n}"} for n, g in enumerate(groups)]


def match_nodes(gold: Graph, found: Graph) -> dict[str, str]:
    """The nodes found by the gold nodes that they match."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    if not gold["nodes"] or not found["nodes"]:
        return {}
    diagonal = math.hypot(gold.get("width", 1000), gold.get("height", 1000))
    gain = np.zeros((len(gold["nodes"]), len(found["nodes"])))
    for i, g in enumerate(gold["nodes"]):
        for j, f in enumerate(found["nodes"]):
            alike = similarity(g["label"], f["label"])
            if alike >= SIMILAR:
                gain[i, j] = 10 + alike + 0.05 * _near(g.get("box"), f.get("box"), diagonal)
    pairs = zip(*linear_sum_assignment(-gain), strict=True)
    return {gold["nodes"][i]["id"]: found["nodes"][j]["id"] for i, j in pairs if gain[i, j]}


def similarity(a: str, b: str) -> float:
    """1 - edit distance / longer length, of letters and digits in lower case."""
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_similarity(_plain(a), _plain(b)))


def _plain(text: str) -> str:
    text = (text or "").lower()
    return re.sub(r"[^a-z0-9]", "", text) or re.sub(r"\s", "", text)


def _near(a: list[float] | None, b: list[float] | None, diagonal: float) -> float:
    if not a or not b:
        return 0.0
    return max(0.0, 1 - math.hypot((a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2) / diagonal)


def _directed(graph: Graph, name: Callable[[str], str | None]) -> Counter[tuple[str, str, bool]]:
    """Edges as (source, target, has a direction), ends renamed; an end without a name keeps its own, marked."""
    edges: Counter[tuple[str, str, bool]] = Counter()
    for e in graph["edges"]:
        s, t = (name(k) or f"\0{k}" for k in (e["source"], e["target"]))
        if e.get("both"):
            edges[s, t, True] += 1
            edges[t, s, True] += 1
        elif e.get("directed", True):
            edges[s, t, True] += 1
        else:
            edges[min(s, t), max(s, t), False] += 1
    return edges


def _pair(edge: tuple[str, str, bool]) -> tuple[str, str]:
    return min(edge[:2]), max(edge[:2])


def _labels(gold: Graph, found: Graph, match: Mapping[str, str]) -> float | None:
    """The share of labelled gold edges that are found with their label, None without any."""
    pool: dict[tuple[str, str, str], list[str]] = {}
    for e in found["edges"]:
        if _plain(e.get("label", "")):
            pool.setdefault(_key(e, e["source"], e["target"]), []).append(e["label"])
    right = total = 0
    for e in gold["edges"]:
        if not _plain(e.get("label", "")):
            continue
        total += 1
        s, t = match.get(e["source"]), match.get(e["target"])
        if s is None or t is None:
            continue
        keys = [_key(e, s, t), *([(s, t, "->"), (t, s, "->")] if e.get("both") else [])]
        options = [(similarity(e["label"], label), key, n) for key in keys for n, label in enumerate(pool.get(key, []))]
        best = max(options, default=(0.0, ("", "", ""), 0))
        if best[0] >= SIMILAR:
            right += 1
            pool[best[1]].pop(best[2])
    return right / total if total else None


def _key(edge: Mapping[str, Any], source: str, target: str) -> tuple[str, str, str]:
    """An edge's ends and kind; a gold one with two heads may also be given as two of one head."""
    if edge.get("both"):
        return min(source, target), max(source, target), "<->"
    if edge.get("directed", True):
        return source, target, "->"
    return min(source, target), max(source, target), "--"


def _f1(right: int, given: int, wanted: int) -> float:
    return 2 * right / (given + wanted) if given + wanted else 1.0
