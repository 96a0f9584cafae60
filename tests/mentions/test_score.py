"""The shipped networks: they load only whole, and what they say of a plain drawing is what was drawn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sketch import Sketch

from kgbuild.errors import ModelError
from kgbuild.mentions.raster import find_parts
from kgbuild.mentions.raster.features import EDGE_WIDTH, END_WIDTH, NODE_WIDTH, Sight, edge_features, node_features
from kgbuild.mentions.raster.kind import KINDS, WIDTH
from kgbuild.mentions.raster.score import Scorer, shipped, weigh

WEIGHTS = Path(__file__).parents[2] / "kgbuild" / "weights"


@pytest.fixture
def sketch() -> Sketch:
    made = Sketch()
    for text, x, y in (("Alpha", 150, 100), ("Beta", 450, 100), ("Gamma", 750, 100), ("Delta", 450, 380)):
        made.box(text, x, y)
    made.line((220, 100), (380, 100))
    made.line((520, 100), (680, 100), tail=True)
    made.line((450, 130), (450, 350))
    return made


def test_shipped_networks_fit_the_features() -> None:
    scorer = shipped()
    assert tuple(scorer.facts["kinds"]) == KINDS
    for name, width in (("node", NODE_WIDTH), ("edge", EDGE_WIDTH), ("head", END_WIDTH), ("kind", WIDTH)):
        assert scorer.weights[f"{name}.w1"].shape[0] == width
    assert (WEIGHTS / "diagrams.safetensors").stat().st_size < 1_000_000


def test_damaged_or_missing_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Scorer(tmp_path)
    (tmp_path / "diagrams.json").write_bytes((WEIGHTS / "diagrams.json").read_bytes())
    data = bytearray((WEIGHTS / "diagrams.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "diagrams.safetensors").write_bytes(bytes(data))
    with pytest.raises(ModelError, match="train diagrams"):
        Scorer(tmp_path)


def test_features_do_not_depend_on_the_order_of_things(sketch: Sketch) -> None:
    diagram, ink, size = find_parts(np.asarray(sketch.image), sketch.lines)
    sight = Sight(diagram, ink, size=size)
    nodes, (edges, ends) = node_features(sight), edge_features(sight)
    assert nodes.shape == (4, NODE_WIDTH) and edges.shape == (3, EDGE_WIDTH) and ends.shape == (3, 2, END_WIDTH)
    assert np.isfinite(nodes).all() and np.isfinite(edges).all() and np.isfinite(ends).all()
    diagram.nodes = dict(reversed(diagram.nodes.items()))
    diagram.edges = diagram.edges[::-1]
    again = Sight(diagram, ink, size=size)
    assert np.allclose(node_features(again)[::-1], nodes) and np.allclose(edge_features(again)[0][::-1], edges)


def test_what_is_plainly_drawn_is_believed(sketch: Sketch) -> None:
    diagram, ink, size = find_parts(np.asarray(sketch.image), sketch.lines)
    found = weigh(diagram, ink, size)
    assert len(found.nodes) == 4 and len(found.edges) == 3
    assert all(n.score > 0.8 for n in found.nodes.values())
    assert all(e.directed and 0.5 < e.score <= 1.0 for e in found.edges)
    assert sum(e.both for e in found.edges) == 1


def test_a_text_beside_the_drawing_is_no_node(sketch: Sketch) -> None:
    """A stray line that ends at nothing but a footnote is dropped or doubted."""
    sketch.text("printed on the third of May", 700, 480)
    diagram, ink, size = find_parts(np.asarray(sketch.image), sketch.lines)
    found = weigh(diagram, ink, size)
    assert all(n.score < 0.8 for n in found.nodes.values() if n.label.startswith("printed"))


def test_numbers_of_the_card_are_those_of_the_weights() -> None:
    facts = json.loads((WEIGHTS / "diagrams.json").read_text("utf-8"))
    card = (WEIGHTS / "diagrams.md").read_text("utf-8")
    for name in ("node", "edge", "head"):
        assert f"{facts['measured'][f'{name}: calibration error']:.3f}" in card
    assert f"{facts['measured']['kind: accuracy']:.3f}" in card
