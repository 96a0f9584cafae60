"""Skewed, large, noisy and unevenly lit pictures are read as the clean ones, and boxes lie in the picture given."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from sketch import Sketch

from kgbuild.mentions.diagram import Diagram
from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster import read_picture
from kgbuild.mentions.raster.prepare import is_worn, prepare, skew


@pytest.fixture
def sketch() -> Sketch:
    made = Sketch()
    for text, x, y in (("Alpha pump", 150, 100), ("Beta valve", 450, 100), ("Gamma tank", 750, 300)):
        made.box(text, x, y)
    made.line((220, 100), (380, 100))
    made.line((520, 115), (680, 300))
    return made


def graph(diagram: Diagram) -> tuple[set[str], set[tuple[str, str]]]:
    names = {k: n.label for k, n in diagram.nodes.items()}
    return set(names.values()), {(names[e.source], names[e.target]) for e in diagram.edges if e.directed}


TRUTH = (
    {"Alpha pump", "Beta valve", "Gamma tank"},
    {("Alpha pump", "Beta valve"), ("Beta valve", "Gamma tank")},
)


def turned(sketch: Sketch, degrees: float) -> tuple[np.ndarray, list[Line], np.ndarray]:
    """The sketch turned clockwise, the upright hulls of its lines of text, and the map."""
    picture = np.asarray(sketch.image)
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    lines = []
    for n in sketch.lines:
        corners = np.array([(n.x0, n.y0, 1), (n.x1, n.y0, 1), (n.x1, n.y1, 1), (n.x0, n.y1, 1)]) @ matrix.T
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        lines.append(Line(n.text, float(x0), float(y0), float(x1), float(y1), n.score))
    return cv2.warpAffine(picture, matrix, (width, height), borderValue=(255, 255, 255)), lines, matrix


def test_a_clean_picture_stays_as_it_is(sketch: Sketch) -> None:
    picture = np.asarray(sketch.image)
    ready = prepare(picture, sketch.lines)
    assert np.shares_memory(ready.picture, picture) and ready.lines == sketch.lines
    assert not is_worn(picture) and skew(picture, sketch.lines) == 0.0


@pytest.mark.parametrize("degrees", [2.0, -5.0])
def test_a_skewed_picture_is_set_right(sketch: Sketch, degrees: float) -> None:
    picture, lines, matrix = turned(sketch, degrees)
    assert abs(skew(picture, lines) - degrees) < 0.4
    found = read_picture(picture, lines)
    assert graph(found) == TRUTH
    for node in found.nodes.values():
        n = next(line for line in sketch.lines if line.text == node.label)
        x, y = matrix @ ((n.x0 + n.x1) / 2, (n.y0 + n.y1) / 2, 1)
        assert node.box is not None
        assert math.hypot((node.box[0] + node.box[2]) / 2 - x, (node.box[1] + node.box[3]) / 2 - y) < 6
    (x, y), (tx, ty) = (
        next(e for e in found.edges if found.nodes[e.target].label == "Beta valve").points[-1],
        matrix @ (380, 100, 1),
    )
    assert math.hypot(x - tx, y - ty) < 10


def test_a_large_picture_is_read_at_working_size(sketch: Sketch) -> None:
    picture = cv2.resize(np.asarray(sketch.image), None, fx=6, fy=6)
    lines = [Line(n.text, 6 * n.x0, 6 * n.y0, 6 * n.x1, 6 * n.y1, n.score) for n in sketch.lines]
    assert max(prepare(picture, lines).picture.shape) < 2000
    found = read_picture(picture, lines)
    assert graph(found) == TRUTH
    box = next(n.box for n in found.nodes.values() if n.label == "Alpha pump")
    assert box is not None and max(abs(a / 6 - b) for a, b in zip(box, (80, 70, 221, 131), strict=True)) < 5


def test_noise_and_uneven_light_are_taken_out(sketch: Sketch) -> None:
    light = np.linspace(1.0, 0.6, 900)[None, :, None]
    grain = np.random.default_rng(3).normal(0, 6, (520, 900, 3))
    picture = np.clip(np.asarray(sketch.image) * light + grain, 0, 255).astype(np.uint8)
    assert is_worn(picture)
    ready = prepare(picture, sketch.lines).picture
    ground = np.median(ready[400:500], axis=0)
    assert np.ptp(np.median(ground[20:-20], axis=1)) < 25
    assert graph(read_picture(picture, sketch.lines)) == TRUTH
