"""Large, noisy and unevenly lit pictures are read as the clean ones, and boxes lie in the picture given."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from sketch import Sketch

from kgbuild.mentions.diagram import Diagram
from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster import read_picture
from kgbuild.mentions.raster.prepare import is_worn, prepare


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


def test_a_clean_picture_stays_as_it_is(sketch: Sketch) -> None:
    picture = np.asarray(sketch.image)
    ready = prepare(picture, sketch.lines)
    assert np.shares_memory(ready.picture, picture) and ready.lines == sketch.lines
    assert not is_worn(picture)


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


def test_small_type_is_enlarged_and_boxes_are_small_again(sketch: Sketch) -> None:
    picture = cv2.resize(np.asarray(sketch.image), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    lines = [Line(n.text, 0.4 * n.x0, 0.4 * n.y0, 0.4 * n.x1, 0.4 * n.y1, n.score) for n in sketch.lines]
    ready = prepare(picture, lines)
    assert ready.picture.shape[1] > 2 * picture.shape[1]
    box = next(n.box for n in read_picture(picture, lines).nodes.values() if n.label == "Alpha pump")
    assert box is not None and max(abs(a - b) for a, b in zip(box, (32, 28, 89, 53), strict=True)) < 4
