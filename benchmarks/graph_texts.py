"""Graphs as source text of each format, written here from plain data: known truth for the readers."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

Graph = Mapping[str, Any]  # {"nodes": [{"id", "label", "box"}], "edges": [...], "groups": [{"label", "nodes", "box"}]}


def nested(graph: Graph) -> list[dict[str, Any]]:
    """The titled groups of a graph, each with the ids of what stands directly in it; ``parent`` is an index or None."""
    groups = sorted((dict(g) for g in graph.get("groups", ()) if g["label"].strip()), key=lambda g: len(g["nodes"]))
    for n, group in enumerate(groups):
        outer = (k for k in range(n + 1, len(groups)) if set(group["nodes"]) <= set(groups[k]["nodes"]))
        group["parent"] = next(outer, None)
        inner = {i for g in groups[:n] for i in g["nodes"]}
        group["own"] = [i for i in group["nodes"] if i not in inner]
    return groups


def as_dot(graph: Graph) -> str:
    """DOT: defaults, clusters, quoted labels; an edge without head or with two says so by ``dir``."""
    lines = ["digraph G {", "  node [shape=box];"]
    lines += [f"  {n['id']} [label={_dot(n['label'])}];" for n in graph["nodes"]]
    groups = nested(graph)

    def cluster(k: int) -> None:
        lines.append(f"  subgraph cluster_{k} {{ label={_dot(groups[k]['label'])}; {' '.join(groups[k]['own'])}")
        for inner in (i for i, g in enumerate(groups) if g["parent"] == k):
            cluster(inner)
        lines.append("  }")

    for k, group in enumerate(groups):
        if group["parent"] is None:
            cluster(k)
    for e in graph["edges"]:
        way = "both" if e["both"] else "forward" if e["directed"] else "none"
        lines.append(f"  {e['source']} -> {e['target']} [label={_dot(e['label'])}, dir={way}];")
    return "\n".join([*lines, "}"])


def _dot(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_mermaid(graph: Graph) -> str:
    """A Mermaid flowchart with subgraphs and every kind of arrow that the graph needs."""
    lines = ["flowchart TD"]
    lines += [f"  {n['id']}[{_mermaid(n['label'])}]" for n in graph["nodes"]]
    groups = nested(graph)

    def subgraph(k: int) -> None:
        lines.append(f"  subgraph g{k} [{_mermaid(groups[k]['label'])}]")
        lines.extend(f"    {i}" for i in groups[k]["own"])
        for inner in (i for i, g in enumerate(groups) if g["parent"] == k):
            subgraph(inner)
        lines.append("  end")

    for k, group in enumerate(groups):
        if group["parent"] is None:
            subgraph(k)
    for e in graph["edges"]:
        arrow = "<-->" if e["both"] else "-->" if e["directed"] else "---"
        label = f"|{_mermaid(e['label'])}|" if e["label"] else ""
        lines.append(f"  {e['source']} {arrow}{label} {e['target']}")
    return "\n".join(lines)


def _mermaid(text: str) -> str:
    return '"' + text.replace('"', "'") + '"'


def as_plantuml(graph: Graph) -> str:
    """A PlantUML component diagram with packages."""
    lines = ["@startuml"]
    labels = {n["id"]: n["label"].replace('"', "'") for n in graph["nodes"]}
    groups = nested(graph)
    inside = {i for g in groups for i in g["own"]}

    def package(k: int) -> None:
        title = groups[k]["label"].replace('"', "'")
        lines.append(f'package "{title}" as g{k} {{')
        lines.extend(f'  component "{labels[i]}" as {i}' for i in groups[k]["own"])
        for inner in (i for i, g in enumerate(groups) if g["parent"] == k):
            package(inner)
        lines.append("}")

    lines += [f'component "{labels[i]}" as {i}' for i in labels if i not in inside]
    for k, group in enumerate(groups):
        if group["parent"] is None:
            package(k)
    for e in graph["edges"]:
        arrow = "<-->" if e["both"] else "-->" if e["directed"] else "--"
        lines.append(f"{e['source']} {arrow} {e['target']}" + (f" : {e['label']}" if e["label"] else ""))
    return "\n".join([*lines, "@enduml"])


def as_drawio(graph: Graph, *, packed: bool = False, loose: bool = False) -> str:
    """An mxfile with a page; ``packed``: compressed; ``loose``: edges end at points on the borders, not at cells."""
    boxes = {n["id"]: n["box"] for n in graph["nodes"]}
    groups = nested(graph)
    holder = {i: k for k, g in enumerate(groups) for i in g["own"]}
    cells = ['<mxCell id="0"/>', '<mxCell id="1" parent="0"/>']

    def origin(k: int | None) -> tuple[float, float]:
        return (0.0, 0.0) if k is None else tuple(groups[k]["box"][:2])

    for k in reversed(range(len(groups))):
        g = groups[k]
        parent = "1" if g["parent"] is None else f"g{g['parent']}"
        cells.append(
            f'<mxCell id="g{k}" value={_attr(g["label"])} style="swimlane;html=1;" vertex="1" parent="{parent}">'
            f"{_geometry(g['box'], origin(g['parent']))}</mxCell>"
        )
    for n in graph["nodes"]:
        k = holder.get(n["id"])
        cells.append(
            f'<UserObject id="{n["id"]}" label={_attr("<b>" + escape(n["label"]) + "</b>")}>'
            f'<mxCell style="rounded=1;html=1;" vertex="1" parent="{"1" if k is None else f"g{k}"}">'
            f"{_geometry(n['box'], origin(k))}</mxCell></UserObject>"
        )
    for m, e in enumerate(graph["edges"]):
        style = "endArrow=none;" if not e["directed"] and not e["both"] else "startArrow=classic;" if e["both"] else ""
        ends = f'source="{e["source"]}" target="{e["target"]}"'
        points = ""
        if loose:
            ends = ""
            a, *bends, b = _way(boxes[e["source"]], boxes[e["target"]])
            points = "".join(
                f'<mxPoint x="{p[0]}" y="{p[1]}" as="{name}"/>' for p, name in ((a, "sourcePoint"), (b, "targetPoint"))
            )
            points += f'<Array as="points">{"".join(f"""<mxPoint x="{p[0]}" y="{p[1]}"/>""" for p in bends)}</Array>'
        cells.append(
            f'<mxCell id="e{m}" style="{style}html=1;" edge="1" parent="1" {ends}>'
            f'<mxGeometry relative="1" as="geometry">{points}</mxGeometry></mxCell>'
        )
        if e["label"]:
            cells.append(
                f'<mxCell id="l{m}" value={_attr(escape(e["label"]))} style="edgeLabel;html=1;" vertex="1" '
                f'connectable="0" parent="e{m}"><mxGeometry x="-0.1" relative="1" as="geometry"/></mxCell>'
            )
    model = f"<mxGraphModel><root>{''.join(cells)}</root></mxGraphModel>"
    if packed:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = deflate.compress(quote(model, safe="~()*!.'").encode()) + deflate.flush()
        model = base64.b64encode(data).decode()
    return f'<mxfile host="app"><diagram id="p" name="Page-1">{model}</diagram></mxfile>'


def in_png(xml: str) -> bytes:
    """A white picture that carries a draw.io file as draw.io writes it."""
    from io import BytesIO

    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info, out = PngInfo(), BytesIO()
    info.add_text("mxfile", quote(xml, safe=""))
    Image.new("RGB", (40, 30), "white").save(out, "PNG", pnginfo=info)
    return out.getvalue()


def in_svg(xml: str) -> str:
    """An empty SVG that carries a draw.io file."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" content={_attr(xml)}><g/></svg>'


def _attr(text: str) -> str:
    return quoteattr(text)


def _geometry(box: list[float], origin: tuple[float, float]) -> str:
    x0, y0, x1, y1 = box
    place = f'x="{x0 - origin[0]}" y="{y0 - origin[1]}" width="{x1 - x0}" height="{y1 - y0}"'
    return f'<mxGeometry {place} as="geometry"/>'


def _border(box: list[float], other: list[float]) -> tuple[float, float]:
    """Where the line from the middle of a box to that of another leaves the box."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    dx, dy = (other[0] + other[2]) / 2 - x, (other[1] + other[3]) / 2 - y
    w, h = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    share = min(w / abs(dx) if dx else 1e9, h / abs(dy) if dy else 1e9)
    return x + dx * share, y + dy * share


def _way(box: list[float], other: list[float]) -> list[tuple[float, float]]:
    """A line from border to border; from a box to itself by way of its right side."""
    if box != other:
        return [_border(box, other), _border(other, box)]
    x, top, low = box[2], box[1] + 0.25 * (box[3] - box[1]), box[3] - 0.25 * (box[3] - box[1])
    return [(x, top), (x + 40, top), (x + 40, low), (x, low)]


def as_excalidraw(graph: Graph, *, loose: bool = False) -> str:
    """A scene with bound texts and arrows, a frame for each outer group; ``loose``: arrows without bindings."""
    elements: list[dict[str, Any]] = []
    boxes = {n["id"]: n["box"] for n in graph["nodes"]}
    frames = [g for g in nested(graph) if g["parent"] is None]
    inner = [g for g in nested(graph) if g["parent"] is not None]

    def add(kind: str, key: str, box: list[float], **more: Any) -> None:
        x0, y0, x1, y1 = box
        elements.append({"type": kind, "id": key, "x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0, **more})

    for k, g in enumerate(frames):
        add("frame", f"f{k}", g["box"], name=g["label"])
    for k, g in enumerate(inner):  # frames do not nest: a rectangle with a text
        add("rectangle", f"r{k}", g["box"])
        add("text", f"rt{k}", g["box"], text=g["label"], containerId=f"r{k}")
    for n in graph["nodes"]:
        frame = next((f"f{k}" for k, g in enumerate(frames) if n["id"] in g["own"]), None)
        add("rectangle", n["id"], n["box"], frameId=frame)
        add("text", "t" + n["id"], n["box"], text=n["label"], containerId=n["id"])
    for m, e in enumerate(graph["edges"]):
        way = _way(boxes[e["source"]], boxes[e["target"]])
        a, b = way[0], way[-1]
        bound = {} if loose else {
            "startBinding": {"elementId": e["source"]}, "endBinding": {"elementId": e["target"]},
        }  # fmt: skip
        head = "arrow" if e["directed"] or e["both"] else None
        add("arrow", f"e{m}", [*a, *b], points=[[x - a[0], y - a[1]] for x, y in way], endArrowhead=head,
            startArrowhead="arrow" if e["both"] else None, **bound)  # fmt: skip
        if e["label"]:
            middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] * 2
            add("text", f"l{m}", middle, text=e["label"], containerId=f"e{m}")
    return json.dumps({"type": "excalidraw", "version": 2, "elements": elements})
