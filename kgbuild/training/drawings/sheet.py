"""A drawing and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np

from kgbuild.errors import ModelError
from kgbuild.training.drawings.canvas import Text
from kgbuild.training.drawings.fonts import files

KINDS = ("diagram", "chart", "table", "text", "screenshot", "photo")


@dataclass(slots=True)
class Sheet:
    """A drawing as SVG, what kind of picture it is, its lines of text with boxes, and of a diagram the gold graph.

    Boxes and points are pixels at zoom 1; nodes, edges and groups as in a gold file (see ``write_folder``).
    """

    kind: str
    svg: str
    width: float
    height: float
    texts: list[Text]
    nodes: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    title: str = ""
    usual: bool = False  # in the style of the most common tools
    about: str = ""  # a finer kind: "bar chart", "page of prose"

    def picture(self, *, zoom: float = 1.0) -> np.ndarray:
        """The pixels, uint8 RGB of shape (h, w, 3). Raises ``ModelError`` where the extra ``train`` is missing."""
        try:
            import resvg_py
        except ImportError as err:
            raise ModelError("drawings need the extra train: `pip install kgbuild[train]`.") from err
        from PIL import Image

        png = resvg_py.svg_to_bytes(svg_string=self.svg, zoom=zoom, skip_system_fonts=True, font_files=files())
        with Image.open(BytesIO(bytes(png))) as image:
            return np.asarray(image.convert("RGB"))

    def gold(self, id: str, *, zoom: float = 1.0) -> dict[str, Any]:
        """The truth as ``kgbuild evaluate diagrams`` reads it."""

        def scaled(values: Any) -> list[float]:
            return [round(v * zoom, 1) for v in values]

        return {
            "id": id,
            "style": "synthetic",
            "kind": self.kind,
            "width": round(self.width * zoom),
            "height": round(self.height * zoom),
            "directed": any(e["directed"] for e in self.edges),
            "title": self.title,
            "nodes": [{**n, "box": scaled(n["box"])} for n in self.nodes],
            "edges": [
                {**e, "points": [scaled(p) for p in e["points"]],
                 **({"label_box": scaled(e["label_box"])} if "label_box" in e else {})}
                for e in self.edges
            ],
            "groups": [{**g, "box": scaled(g["box"])} for g in self.groups],
        }  # fmt: skip
