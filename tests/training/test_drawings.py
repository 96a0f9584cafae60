"""Synthetic drawings: the truth that comes with them is what is drawn, and a seed is a picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("resvg_py")

from kgbuild.training.drawings import KINDS, draw, example, wear, write_folder
from kgbuild.training.drawings.shapes import KINDS as SHAPES
from kgbuild.training.drawings.shapes import holds, outline

SEEDS = range(10)


def test_a_seed_is_a_picture() -> None:
    for kind in KINDS:
        one, two, other = example(4, kind=kind), example(4, kind=kind), example(5, kind=kind)
        assert np.array_equal(one.picture, two.picture) and one.lines == two.lines
        assert one.sheet.svg != other.sheet.svg and one.sheet.kind == kind


def test_lines_end_at_the_nodes_they_join() -> None:
    for seed in SEEDS:
        gold = draw(seed).gold("x")
        boxes = {n["id"]: n["box"] for n in gold["nodes"]}
        assert len({n["label"].lower() for n in gold["nodes"]}) == len(gold["nodes"]) >= 3
        for edge in gold["edges"]:
            for key, (x, y) in ((edge["source"], edge["points"][0]), (edge["target"], edge["points"][-1])):
                x0, y0, x1, y1 = boxes[key]
                assert x0 - 16 < x < x1 + 16 and y0 - 16 < y < y1 + 16, (seed, edge)


def test_everything_stands_on_the_sheet() -> None:
    for seed in SEEDS:
        sheet = draw(seed)
        boxes = [n["box"] for n in sheet.nodes] + [list(t[1:]) for t in sheet.texts] + [g["box"] for g in sheet.groups]
        points = [[*p, *p] for e in sheet.edges for p in e["points"]]
        for x0, y0, x1, y1 in [*boxes, *points]:
            assert x0 >= -1 and y0 >= -1 and x1 <= sheet.width + 1 and y1 <= sheet.height + 1


def test_ink_lies_where_the_truth_says() -> None:
    """Pixels along solid lines and in boxes of text differ from the ground; boxes of nodes hold their label."""
    for seed in SEEDS:
        made = example(seed, clean=True)
        picture, zoom = made.picture.astype(int), made.zoom
        ground = np.median(picture[0], axis=0)
        drawn = np.abs(picture - ground).max(axis=2) > 12
        for edge in made.sheet.edges:
            if edge["style"] == "solid":
                at = (np.array(edge["points"]) * zoom).astype(int)
                near = [drawn[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4].any() for x, y in at]
                assert np.mean(near) > 0.85, (seed, edge["source"], edge["target"])
        for text, *box in made.sheet.texts:
            x0, y0, x1, y1 = (int(v * zoom) for v in box)
            part = picture[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1].reshape(-1, 3)
            assert np.ptp(part, axis=0).max() > 20, (seed, text)
        texts = [t for t in made.sheet.texts]
        for node in made.sheet.nodes:
            x0, y0, x1, y1 = node["box"]
            inside = [
                t[0] for t in texts if x0 - 1 <= (t[1] + t[3]) / 2 <= x1 + 1 and y0 - 1 <= (t[2] + t[4]) / 2 <= y1 + 1
            ]
            assert set(node["label"].split()) <= set(" ".join(inside).split()), (seed, node)


@pytest.mark.parametrize("kind", SHAPES)
def test_outlines_fill_their_box(kind: str) -> None:
    points = outline(kind, 100, 80, 120, 60)
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    assert holds(points, 100, 80) and not holds(points, 30, 80)
    assert max(abs(min(xs) - 40), abs(max(xs) - 160), abs(min(ys) - 50), abs(max(ys) - 110)) < 7


def test_lines_of_text_are_those_of_the_drawing_with_slips() -> None:
    made = [example(seed) for seed in SEEDS]
    given = sum(len(m.sheet.texts) for m in made)
    read = sum(len(m.lines) for m in made)
    exact = sum(n.text in {t[0] for t in m.sheet.texts} for m in made for n in m.lines)
    assert 0.85 * given < read <= given and 0.85 * read < exact
    assert all(0.0 <= n.score <= 1.0 and n.height > 0 for m in made for n in m.lines)


def test_a_folder_is_laid_out_as_evaluate_reads_it(tmp_path: Path) -> None:
    write_folder(tmp_path, range(3, 5))
    assert sorted(p.stem for p in (tmp_path / "png").iterdir()) == ["s000003", "s000004"]
    gold = json.loads((tmp_path / "gold" / "s000003.json").read_text("utf-8"))
    assert {"id", "width", "height", "nodes", "edges", "groups"} <= set(gold)
    assert {"source", "target", "label", "directed", "both", "points", "style"} <= set(gold["edges"][0])


def test_wear_keeps_pictures_pictures() -> None:
    picture = example(1, clean=True).picture
    worn = [
        wear.compress(picture, 50), wear.add_noise(picture, 3, 1), wear.scan(picture, 1), wear.resize(picture, 300),
        wear.skew(picture, 5), wear.photograph(picture, 1),
    ]  # fmt: skip
    for made in worn:
        assert made.dtype == np.uint8 and made.ndim == 3 and made.shape[2] == 3
    assert worn[3].shape[1] == 300 and worn[4].shape[0] > picture.shape[0]
    assert np.array_equal(wear.photograph(picture, 1), worn[5])
