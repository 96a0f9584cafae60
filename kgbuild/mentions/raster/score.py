"""How sure the reader is of nodes, lines, heads and of a picture being a diagram: small trained networks.

Each is a perceptron with one hidden layer on the numbers of ``raster.features`` or ``raster.kind``; its output is
calibrated (Platt 1999) on drawings that it was not trained on. The weights, ``kgbuild/weights/diagrams.safetensors``,
are made by ``kgbuild train diagrams``; see the card beside them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from kgbuild.errors import ModelError
from kgbuild.mentions.diagram import Diagram, Edge
from kgbuild.mentions.raster.features import Sight, edge_features, node_features


class Scorer:
    """The trained networks. Raises ``ModelError`` if the weights are missing or damaged.

    ``home`` is a folder with diagrams.safetensors and diagrams.json; the shipped ones if None.
    """

    def __init__(self, home: Any = None) -> None:
        from safetensors.numpy import load

        home = home or files("kgbuild.weights")
        try:
            self.facts: dict[str, Any] = json.loads(home.joinpath("diagrams.json").read_text("utf-8"))
            data = home.joinpath("diagrams.safetensors").read_bytes()
        except (OSError, ValueError) as err:
            raise ModelError(f"the weights of diagrams cannot be read: {err}. Reinstall kgbuild.") from err
        if hashlib.sha256(data).hexdigest() != self.facts.get("sha256"):
            raise ModelError(
                "diagrams.safetensors does not belong to diagrams.json. "
                "Reinstall kgbuild or train again: `kgbuild train diagrams`."
            )
        self.weights: Mapping[str, np.ndarray] = load(data)

    def run(self, name: str, x: np.ndarray) -> np.ndarray:
        """float64 of shape (..., outputs): the calibrated logits of a network for features (..., width)."""
        w = {k.partition(".")[2]: v.astype(float) for k, v in self.weights.items() if k.startswith(name + ".")}
        hidden = np.maximum(0.0, np.clip((x - w["mean"]) / w["std"], -6, 6) @ w["w1"] + w["b1"])
        made: np.ndarray = (hidden @ w["w2"] + w["b2"]) * w["slope"] + w["bias"]
        return made

    def chance(self, name: str, x: np.ndarray) -> np.ndarray:
        """The chance, in [0, 1], that what the features (n, width) describe is so: float64 (n,)."""
        made: np.ndarray = 1 / (1 + np.exp(-self.run(name, x)[..., 0]))
        return made


@lru_cache(1)
def shipped() -> Scorer:
    """The scorer of the installed weights."""
    return Scorer()


def name_kind(look: np.ndarray, *, joined: bool, scorer: Scorer | None = None) -> tuple[str, bool]:
    """The kind of picture (of ``kind.KINDS``) from ``kind_features``, and whether there is a graph to read in it.

    ``joined``: lines join most of its boxes. Then it is a diagram, unless the network is all but sure that it is none.
    """
    scorer = scorer or shipped()
    logits = scorer.run("kind", look)
    chance = np.exp(logits - logits.max())
    chance /= chance.sum()
    kinds: list[str] = scorer.facts["kinds"]
    if joined and chance[kinds.index("diagram")] >= scorer.facts["least"]["diagram"]:
        return "diagram", True
    return kinds[int(chance.argmax())], False


def weigh(diagram: Diagram, ink: np.ndarray, size: float, *, scorer: Scorer | None = None) -> Diagram:
    """The diagram with calibrated scores, without what is most likely wrong, and with heads where they surely are.

    ``ink`` is bool (h, w), ``size`` the height of type in pixels. A line's score is the chance that its two nodes are
    joined and that its heads are where it says.
    """
    scorer = scorer or shipped()
    if not diagram.nodes:
        return diagram
    least = scorer.facts["least"]
    sight = Sight(diagram, ink, size=size)
    nodes, (whole, ends) = node_features(sight), edge_features(sight)
    for node, chance in zip(diagram.nodes.values(), scorer.chance("node", nodes), strict=True):
        node.score = float(chance)
    weak = {n.key for n in diagram.nodes.values() if n.score < least["node"]}
    diagram.nodes = {key: node for key, node in diagram.nodes.items() if key not in weak}
    for group in diagram.groups:
        group.members = [key for key in group.members if key not in weak]
    edges = []
    for edge, joined, heads in zip(
        diagram.edges, scorer.chance("edge", whole), scorer.chance("head", ends), strict=True
    ):
        if not weak & {edge.source, edge.target} and joined >= least["edge"]:
            edges.append(_headed(edge, float(joined), *(float(h) for h in heads), sure=least["head"]))
    diagram.edges = edges
    return diagram


def _headed(edge: Edge, joined: float, tail: float, head: float, *, sure: float) -> Edge:
    """A line with its score; its heads are changed where the chances of them are surer than ``sure`` of it."""
    has = [edge.both, edge.directed]
    for end, chance in enumerate((tail, head)):
        if max(chance, 1 - chance) >= sure:
            has[end] = chance > 0.5
    score = joined * (tail if has[0] else 1 - tail) * (head if has[1] else 1 - head)
    if has == [True, False]:
        return replace(
            edge,
            source=edge.target,
            target=edge.source,
            points=edge.points[::-1],
            directed=True,
            both=False,
            score=score,
        )
    return replace(edge, directed=has[1], both=all(has), score=score)
