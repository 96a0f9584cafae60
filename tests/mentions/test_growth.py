"""A diagram that builds up in a video is one diagram; each part is proved by the frame in which it came first."""

from __future__ import annotations

import av
import numpy as np
import pytest
from sketch import Sketch, png

from kgbuild.config import Config
from kgbuild.mentions import extract
from kgbuild.mentions.connections import CONNECTS
from kgbuild.mentions.diagram import Diagram, Edge, Node
from kgbuild.mentions.growth import grow
from kgbuild.mentions.pictures import PictureExtractor, pixels
from kgbuild.sources.reader import Limits
from kgbuild.sources.video import READER
from kgbuild.types import Extraction, Reading, Segment, Source, Target, TimeSpan


def diagram(*edges: str, extra: str = "") -> Diagram:
    """Letters at fixed places, joined as given: "ab" is a line from a to b."""
    letters = sorted(set("".join(edges) + extra))
    nodes = {x: Node(x, x, 0, 0, box=(100 * ord(x), 0, 100 * ord(x) + 60, 40)) for x in letters}
    return Diagram(nodes, [Edge(a, b, "", 0, 0) for a, b in edges])


def frame(start: float) -> Segment:
    return Segment(f"s{start}", Target("v", (TimeSpan(start, start + 1),)), "frame")


def test_parts_keep_their_first_frame() -> None:
    seen = [(frame(0), diagram("ab")), (frame(1), diagram("ab", "bc")), (frame(2), diagram("ab", "bc", "cd", "da"))]
    (one,) = grow(seen)
    assert one.segment.id == "s2" and len(one.diagram.edges) == 4
    assert [one.when(x).id for x in "abcd"] == ["s0", "s0", "s1", "s2"]
    assert [one.when(e).id for e in (("a", "b"), ("b", "c"), ("d", "a"))] == ["s0", "s1", "s2"]


def test_other_diagrams_stay_apart() -> None:
    seen = [(frame(0), diagram("ab", "bc")), (frame(1), diagram("xy", "yz")), (frame(2), diagram("ab", "bc"))]
    assert [s.segment.id for s in grow(seen)] == ["s0", "s1", "s2"]
    assert len(grow([(frame(0), diagram("ab", "bc")), (frame(1), Diagram()), (frame(2), Diagram())])) == 3


def slides() -> list[Sketch]:
    """Three steps of one drawing."""
    made = []
    for step in range(3):
        one = Sketch(size=(900, 520))
        one.box("Client", 130, 120)
        one.box("Gateway", 450, 120, fill="lightblue")
        one.line((200, 120), (380, 120))
        if step > 0:
            one.box("Orders", 450, 380, fill="orange")
            one.line((450, 150), (450, 350))
        if step > 1:
            one.box("Billing", 770, 380, fill="lightgreen")
            one.line((520, 380), (700, 380))
        made.append(one)
    return made


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    path = tmp_path_factory.mktemp("video") / "a.mp4"
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 900, 520, "yuv420p"
        for one in slides():
            for _ in range(20):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(one.image), format="rgb24")))
        out.mux(stream.encode())
    source = Source("https://x.org/source/a.mp4", "a.mp4", "video/mp4", "0", path.stat().st_size)
    return READER(path, source, Limits.of(Config.load()))


@pytest.fixture(scope="module")
def found(reading: Reading) -> Extraction:
    return extract(reading, [PictureExtractor(Config.load())])[1]


def test_a_diagram_that_builds_up_ends_as_one(reading: Reading, found: Extraction) -> None:
    assert len(reading.segments) == 3
    assert sorted(m.surface for m in found.mentions) == ["Billing", "Client", "Gateway", "Orders"]
    names = {m.id: m.surface for m in found.mentions}
    stated = [(names[r.subject], names[r.object]) for r in found.relations if r.predicate == CONNECTS]
    assert sorted(stated) == [("Client", "Gateway"), ("Gateway", "Orders"), ("Orders", "Billing")]


def test_evidence_is_the_first_second_of_each_part(found: Extraction) -> None:
    starts = {m.surface: m.target.find(TimeSpan).start for m in found.mentions}  # type: ignore[union-attr]
    wanted = {"Client": 0, "Gateway": 0, "Orders": 2, "Billing": 4}
    assert starts == pytest.approx(wanted, abs=0.3)
    names = {m.id: m.surface for m in found.mentions}
    lines = {names[r.object]: r.target.find(TimeSpan).start for r in found.relations}  # type: ignore[union-attr]
    assert lines == pytest.approx({"Gateway": 0, "Orders": 2, "Billing": 4}, abs=0.3)


def test_equal_pixels_are_looked_at_once(config: Config) -> None:
    one = PictureExtractor(config)
    first = png(slides()[0])
    labels = one.labels("a", first)
    two = PictureExtractor(config)
    assert one.labels("another blob", first) is labels and two.labels("a", first) == labels
    assert pixels(first) != pixels(png(slides()[1]))
