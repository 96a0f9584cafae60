"""Vector drawings to diagrams: a shape with a text inside is a node, a line between shapes an edge."""

from __future__ import annotations

import math

from kgbuild.mentions.diagram import Diagram, Edge, Node
from kgbuild.sources.svg import Drawing, Label, Shape

_REACH = 14.0  # user units between a line's end and the shape it belongs to


def read_drawing(drawing: Drawing) -> Diagram:
    """Nodes (keys ``n0``, ``n1`` ... in the order of labels) and edges; ``start`` of a node is its label's index."""
    diagram = Diagram(title=drawing.title)
    area = drawing.width * drawing.height
    frames = [s for s in drawing.shapes if s.closed and _area(s) < 0.9 * area and min(_sides(s)) > 8]
    frames.sort(key=_area)
    boxes: dict[str, tuple[float, float, float, float]] = {}
    used: dict[Shape, list[int]] = {}
    for i, label in enumerate(drawing.labels):
        home = next((s for s in frames if _inside(_centre(label.box), s.box)), None)
        if home is not None:
            used.setdefault(home, []).append(i)
    for shape, indices in used.items():
        if any(other is not shape and _within(other.box, shape.box) for other in used):
            continue  # a frame around other nodes
        labels = [drawing.labels[i] for i in indices]
        key = f"n{indices[0]}"
        text = " ".join(n.text for n in sorted(labels, key=lambda n: (n.box[1], n.box[0])))
        diagram.nodes[key] = Node(key, text, indices[0], indices[0] + 1, shape.kind)
        boxes[key] = shape.box
    heads = [_centre(s.box) for s in drawing.shapes if s.closed and max(_sides(s)) <= 16]
    for line in drawing.shapes:
        if line.closed or max(_sides(line)) < 6:
            continue
        a, b = _nearest(line.start, boxes), _nearest(line.end, boxes)
        if not a or not b or a == b:
            continue
        head = line.head or any(math.dist(h, line.end) < _REACH for h in heads)
        tail = line.tail or any(math.dist(h, line.start) < _REACH for h in heads)
        ends = (b, a) if tail and not head else (a, b)
        edge = Edge(*ends, _edge_label(line, drawing.labels, used), 0, 0, head or tail, head and tail)
        diagram.edges.append(edge)
    return diagram


def _edge_label(line: Shape, labels: tuple[Label, ...], used: dict[Shape, list[int]]) -> str:
    taken = {i for indices in used.values() for i in indices}
    middle = _centre(line.box)
    near = [
        (math.dist(_centre(label.box), middle), i)
        for i, label in enumerate(labels)
        if i not in taken and math.dist(_centre(label.box), middle) < 40
    ]
    return labels[min(near)[1]].text if near else ""


def _nearest(point: tuple[float, float], boxes: dict[str, tuple[float, float, float, float]]) -> str:
    distances = [(_distance(point, box), key) for key, box in boxes.items()]
    close = [d for d in distances if d[0] <= _REACH]
    return min(close)[1] if close else ""


def _distance(point: tuple[float, float], box: tuple[float, float, float, float]) -> float:
    dx = max(box[0] - point[0], 0, point[0] - box[2])
    dy = max(box[1] - point[1], 0, point[1] - box[3])
    return math.hypot(dx, dy)


def _sides(shape: Shape) -> tuple[float, float]:
    return shape.box[2] - shape.box[0], shape.box[3] - shape.box[1]


def _area(shape: Shape) -> float:
    w, h = _sides(shape)
    return w * h


def _centre(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _inside(point: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _within(inner: tuple[float, float, float, float], outer: tuple[float, float, float, float]) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
