"""Diagrams from pixels: what the test draws itself is read back; what is no diagram stays without a graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from sketch import Sketch

from kgbuild.mentions.diagram import Diagram
from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster import is_diagram, read_picture
from kgbuild.mentions.raster.skeleton import chains, thin
from kgbuild.mentions.raster.veils import unveil


def edges(diagram: Diagram) -> set[tuple[str, str, str]]:
    """(label, label, ``->`` | ``<->`` | ``--``); the ends of what has no single direction in alphabetical order."""
    found = set()
    for e in diagram.edges:
        a, b = diagram.nodes[e.source].label, diagram.nodes[e.target].label
        kind = "<->" if e.both else "->" if e.directed else "--"
        found.add((a, b, kind) if kind == "->" else (*sorted((a, b)), kind))
    return found


def labels(diagram: Diagram) -> set[str]:
    return {n.label for n in diagram.nodes.values()}


@pytest.mark.parametrize(
    ("ground", "ink", "fill"),
    [
        ("white", "black", ""),
        ("white", "black", "#ffd97a"),
        ("#1e1e1e", "#e0e0e0", ""),
        ("#fffbe6", "#4466aa", "#e8eeff"),
    ],
)
def test_boxes_and_arrows_of_all_kinds(ground: str, ink: str, fill: str) -> None:
    sketch = Sketch(ground, ink)
    sketch.box("Alpha", 150, 100, fill=fill)
    sketch.box("Beta", 450, 100, fill=fill, shape="ellipse")
    sketch.box("Gamma", 750, 100, fill=fill, shape="rounded")
    sketch.box("Delta", 450, 350, fill=fill, shape="diamond")
    sketch.line((220, 100), (380, 100))
    sketch.line((520, 100), (680, 100), tail=True)
    sketch.line((450, 130), (450, 305), head=False)
    sketch.line((200, 130), (400, 325))
    found = sketch.read()
    assert labels(found) == {"Alpha", "Beta", "Gamma", "Delta"}
    assert edges(found) == {
        ("Alpha", "Beta", "->"), ("Beta", "Gamma", "<->"), ("Beta", "Delta", "--"), ("Alpha", "Delta", "->"),
    }  # fmt: skip
    kinds = {n.label: n.shape for n in found.nodes.values()}
    assert kinds["Alpha"] == "rectangle" and kinds["Beta"] == "ellipse" and kinds["Delta"] == "diamond"
    assert is_diagram(found)


def test_boxes_lie_where_they_are_drawn() -> None:
    sketch = Sketch()
    sketch.box("Alpha", 150, 100)
    sketch.box("Beta", 450, 100)
    sketch.line((220, 100), (380, 100))
    box = next(n.box for n in sketch.read().nodes.values() if n.label == "Alpha")
    assert box is not None and max(abs(a - b) for a, b in zip(box, (80, 70, 221, 131), strict=True)) <= 4


def test_crossing_lines_go_straight_on() -> None:
    sketch = Sketch()
    for text, x, y in (("A1", 150, 100), ("A2", 750, 100), ("B1", 150, 400), ("B2", 750, 400)):
        sketch.box(text, x, y)
    sketch.line((220, 120), (680, 380))
    sketch.line((220, 380), (680, 120))
    assert edges(sketch.read()) == {("A1", "B2", "->"), ("B1", "A2", "->")}


def test_dashes_bends_and_labels_on_lines() -> None:
    sketch = Sketch()
    for text, x, y in (("Source", 150, 100), ("Queue", 700, 100), ("Store", 700, 400)):
        sketch.box(text, x, y)
    sketch.line((220, 100), (630, 100), dashed=True)
    sketch.line((150, 130), (150, 400), (630, 400))
    sketch.line((700, 130), (700, 370))
    sketch.text("sends", 420, 100, ground="white")
    sketch.text("keeps copies", 390, 400, ground="#e8e8e8")
    sketch.text("drains", 740, 260)
    found = sketch.read()
    named = {(found.nodes[e.source].label, found.nodes[e.target].label): e.label for e in found.edges}
    assert labels(found) == {"Source", "Queue", "Store"}
    assert named == {
        ("Source", "Queue"): "sends", ("Source", "Store"): "keeps copies", ("Queue", "Store"): "drains",
    }  # fmt: skip


@pytest.mark.parametrize("dashed", [False, True])
def test_a_frame_holds_its_nodes_and_breaks_no_line(dashed: bool) -> None:
    sketch = Sketch()
    corners: Sequence[tuple[float, float]] = ((330, 40), (870, 40), (870, 480), (330, 480), (330, 40))
    for a, b in pairwise(corners):
        sketch.line(a, b, head=False, dashed=dashed)
    sketch.text("Cluster", 600, 60)
    for text, x, y in (("Client", 130, 250), ("Web", 470, 250), ("Data", 740, 250)):
        sketch.box(text, x, y)
    sketch.line((200, 250), (400, 250))
    sketch.line((540, 250), (670, 250))
    found = sketch.read()
    assert labels(found) == {"Client", "Web", "Data"}
    assert edges(found) == {("Client", "Web", "->"), ("Web", "Data", "->")}
    (group,) = found.groups
    assert group.label == "Cluster" and {found.nodes[k].label for k in group.members} == {"Web", "Data"}


def test_titles_of_frames_at_a_corner_and_cut_by_a_line() -> None:
    sketch = Sketch()
    for x0, x1, dashed in ((40, 420, True), (500, 860, False)):
        corners: Sequence[tuple[float, float]] = ((x0, 240), (x1, 240), (x1, 480), (x0, 480), (x0, 240))
        for a, b in pairwise(corners):
            sketch.line(a, b, head=False, dashed=dashed)
    sketch.text("Timeline", 78, 240, ground="white")  # hides the corner of its frame
    sketch.text("Registry", 640, 258)
    sketch.text("Server", 716, 258)
    for text, x, y in (("Short", 150, 380), ("Long", 320, 380), ("Web", 680, 380), ("User", 680, 80)):
        sketch.box(text, x, y)
    sketch.line((680, 110), (680, 350))
    found = sketch.read()
    groups = {g.label: {found.nodes[k].label for k in g.members} for g in found.groups}
    assert groups == {"Timeline": {"Short", "Long"}, "Registry Server": {"Web"}}
    assert edges(found) == {("User", "Web", "->")}


def test_cells_are_one_table_and_icons_carry_their_caption() -> None:
    sketch = Sketch()
    sketch.draw.rectangle((80, 80, 240, 200), outline="black", width=2)
    sketch.draw.line((80, 120, 240, 120), "black", 2)
    sketch.text("Order", 160, 100)
    sketch.text("total", 160, 160)
    sketch.draw.ellipse((600, 80, 680, 160), fill="#cc5500")
    sketch.text("Mail", 640, 185)
    sketch.line((241, 130), (590, 130))
    found = sketch.read()
    assert labels(found) == {"Order total", "Mail"}
    assert edges(found) == {("Order total", "Mail", "->")}
    assert {n.label: n.shape for n in found.nodes.values()} == {"Order total": "table", "Mail": "icon"}


@pytest.mark.parametrize("kind", ["open", "hollow"])
def test_heads_drawn_as_strokes_or_in_outline(kind: str) -> None:
    sketch = Sketch()
    sketch.box("Alpha", 150, 100)
    sketch.box("Beta", 450, 100)
    sketch.box("Gamma", 450, 400)
    sketch.line((220, 100), (380, 100), kind=kind)
    sketch.line((450, 130), (450, 370), kind=kind)
    sketch.line((180, 130), (400, 370), head=False)
    assert edges(sketch.read()) == {("Alpha", "Beta", "->"), ("Beta", "Gamma", "->"), ("Alpha", "Gamma", "--")}


def test_texts_without_a_shape_are_nodes_where_lines_end() -> None:
    sketch = Sketch()
    for text, x, y in (("Alpha", 150, 100), ("Beta", 450, 100), ("Gamma", 750, 100), ("Delta", 450, 400)):
        sketch.text(text, x, y)
    sketch.line((190, 100), (412, 100))
    sketch.line((488, 100), (705, 100))
    sketch.line((450, 118), (450, 382))
    found = sketch.read()
    assert labels(found) == {"Alpha", "Beta", "Gamma", "Delta"}
    assert edges(found) == {("Alpha", "Beta", "->"), ("Beta", "Gamma", "->"), ("Beta", "Delta", "->")}


def test_lettering_on_icons_is_no_node() -> None:
    sketch = Sketch()
    for caption, x in (("Orders", 150), ("Stock", 650)):
        sketch.draw.ellipse((x - 60, 140, x + 60, 260), fill="#3366cc")
        sketch.draw.polygon([(x - 25, 165), (x + 25, 165), (x, 205)], "white")
        sketch.text("db", x, 235)
        sketch.text(caption, x, 280)
    sketch.line((212, 200), (586, 200))
    found = sketch.read()
    assert labels(found) == {"Orders", "Stock"}
    assert edges(found) == {("Orders", "Stock", "->")}
    assert {n.shape for n in found.nodes.values()} == {"icon"}


def test_lines_show_through_the_ground_of_a_label() -> None:
    picture = np.full((60, 120, 3), 255, np.uint8)
    picture[20:40, 30:90] = 238
    picture[29:31] = 60
    picture[29:31, 30:90] = 220  # the same line, a tenth as dark
    ink = (picture < 128).all(axis=2)
    found = ink.copy()
    unveil(picture, ink, found, [Line("label", 30, 20, 90, 40, 0.9)], size=15)
    assert found[29:31, 32:88].mean() > 0.9 and not found[:27].any() and not found[33:].any()


def test_an_arrowhead_is_no_letter() -> None:
    sketch = Sketch()
    for text, x, y in (("Sunshield", 150, 400), ("Telescope", 150, 100), ("Recorder", 500, 400), ("Antenna", 800, 400)):
        sketch.box(text, x, y)
    sketch.line((150, 370), (150, 130))
    sketch.text("shade", 150, 250, ground="white")
    sketch.lines.append(Line("4", 143, 130, 157, 148, 0.6))  # as OCR takes the head for a letter
    sketch.line((570, 400), (730, 400))
    sketch.text("Ka-band", 655, 400, ground="white")
    sketch.draw.rectangle((690, 390, 712, 410), "white")
    band = sketch.lines[-1]
    sketch.lines[-1] = replace(band, text=f"'{band.text}", x1=730.0)  # and for a part of the word before it
    found = sketch.read()
    assert labels(found) == {"Sunshield", "Telescope", "Recorder", "Antenna"}
    assert edges(found) == {("Sunshield", "Telescope", "->"), ("Recorder", "Antenna", "->")}
    assert {e.label for e in found.edges} == {"shade", "Ka-band"}


def test_line_styles_are_measured() -> None:
    sketch = Sketch()
    for text, x, y in (("A1", 150, 100), ("A2", 750, 100), ("B1", 150, 300), ("B2", 750, 300)):
        sketch.box(text, x, y)
    sketch.line((220, 100), (680, 100), dashed=True)
    sketch.line((220, 300), (680, 300))
    sketch.line((150, 130), (150, 270), width=6)
    sketch.line((750, 130), (750, 270))
    found = sketch.read()
    styles = {(found.nodes[e.source].label, found.nodes[e.target].label): e.style for e in found.edges}
    assert styles == {("A1", "A2"): "dashed", ("A1", "B1"): "thick", ("B1", "B2"): "solid", ("A2", "B2"): "solid"}


def test_same_picture_same_diagram() -> None:
    sketch = Sketch()
    sketch.box("Alpha", 150, 100)
    sketch.box("Beta", 450, 100)
    sketch.line((220, 100), (380, 100))
    assert sketch.read() == sketch.read()


def test_pages_of_text_charts_and_noise_are_no_diagrams() -> None:
    page = Sketch()
    for n in range(20):
        page.text("a line of plain words in a page of text", 300, 30 + 24 * n)
    assert not is_diagram(page.read())
    chart = Sketch()
    chart.draw.line((100, 50, 100, 450, 850, 450), "black", 2)
    for n in range(6):
        chart.draw.rectangle((150 + 110 * n, 400 - 50 * n, 210 + 110 * n, 449), "#3366cc")
        chart.text(f"20{n}0", 180 + 110 * n, 470)
    assert not is_diagram(chart.read())
    noise = np.random.default_rng(7).integers(0, 255, (300, 400, 3), np.uint8)
    words = [Line("Exit", 100, 100, 150, 120, 0.9), Line("Shop", 200, 200, 250, 220, 0.9)]
    assert not is_diagram(read_picture(noise, words))
    assert not read_picture(noise, []).nodes


def test_screens_without_lines_are_no_diagrams() -> None:
    screen = Sketch()
    for n in range(8):
        screen.box(f"Button {n}", 120 + 200 * (n % 4), 100 + 200 * (n // 4))
    assert not is_diagram(screen.read())


def test_a_cross_has_four_arms() -> None:
    mask = np.zeros((41, 41), bool)
    mask[19:22, 3:38] = mask[3:38, 19:22] = True
    made, _ = chains(thin(mask))
    arms = [c for c in made if c.length > 5]
    assert len(arms) == 4 and all(sorted(c.ends)[0] == -1 and sorted(c.ends)[1] > 0 for c in arms)


def test_dots_do_not_vanish_when_thinned() -> None:
    mask = np.zeros((10, 10), bool)
    mask[4:6, 4:6] = True
    assert thin(mask).sum() == 1
