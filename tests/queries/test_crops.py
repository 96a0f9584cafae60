"""Evidence in pictures and frames is shown as a crop with its box drawn."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from kgbuild.errors import QueryError
from kgbuild.queries.crops import Pictured, crop
from kgbuild.queries.graph import Graph
from kgbuild.types import Box, Target, TextPosition, TimeSpan


def red(png: bytes) -> tuple[int, int, int, int]:
    """The box of the red pixels: (x0, y0, x1, y1)."""
    pixels = np.asarray(Image.open(BytesIO(png))).astype(int)
    ys, xs = np.nonzero((pixels == (214, 40, 40)).all(axis=2))
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


def test_the_box_is_drawn_around_its_pixels(tmp_path: Path) -> None:
    Image.new("RGB", (400, 300), "white").save(tmp_path / "a.png")
    png = crop(tmp_path / "a.png", Box(100, 120, 80, 30))
    assert Image.open(BytesIO(png)).size == (176, 126)
    assert red(png) == (46, 46, 130, 80)
    corner = crop(tmp_path / "a.png", Box(0, 0, 400, 300))
    assert Image.open(BytesIO(corner)).size == (400, 300)
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(QueryError, match="cannot be read"):
        crop(tmp_path / "b.png", Box(0, 0, 5, 5))


def mentions(graph: Graph, modality: str, limit: int = 1) -> list[str]:
    """IRIs of mentions found in what has this modality."""
    rows = graph.sparql(
        f'SELECT ?m {{ ?m a core:Mention ; prov:wasGeneratedBy/core:modality "{modality}" }} ORDER BY ?m LIMIT {limit}'
    )
    return [row["m"] for row in rows]


@pytest.mark.parametrize("modality", ["picture", "frame"])
def test_pictures_and_frames_of_a_graph(graph: Graph, modality: str) -> None:
    drawn = f'SELECT ?s {{ ?s a core:Statement ; prov:wasGeneratedBy/core:modality "{modality}" }} ORDER BY ?s LIMIT 5'
    pieces = [p for m in mentions(graph, modality, 5) for p in graph.why(m).evidence]
    pieces += [p for row in graph.sparql(drawn) for p in graph.why(row["s"]).evidence if p.modality == modality]
    assert len(pieces) > 5
    for piece in pieces:
        box = piece.target.find(Box)
        assert box is not None and (graph.out / piece.picture).is_file()
        assert (piece.target.find(TimeSpan) is not None) is (modality == "frame")
        x0, y0, x1, y1 = red(graph.crop(piece))
        assert x1 - x0 <= box.w + 4 and y1 - y0 <= box.h + 4


def test_text_has_no_crop(graph: Graph) -> None:
    (mention,) = mentions(graph, "text")
    (piece,) = graph.why(mention).evidence
    assert piece.picture == "" and graph.crop(piece) == b""
    nowhere = Target("https://x.org/none", (Box(0, 0, 5, 5),))
    assert Pictured(graph.out / "current").path(nowhere) == ""
    assert Pictured(graph.out / "current").path(Target("s", (TextPosition(0, 1),))) == ""


def test_the_command_writes_them(graph: Graph, tmp_path: Path) -> None:
    from kgbuild.cli.app import app

    (mention,) = mentions(graph, "frame")
    done = CliRunner().invoke(app, ["why", str(graph.out), mention, "--crops", str(tmp_path / "crops")])
    assert done.exit_code == 0 and "1.png" in done.output
    assert Image.open(BytesIO((tmp_path / "crops" / "1.png").read_bytes())).width > 40
