"""Vector drawings to diagrams: a shape with a text is a node, a line between shapes an edge, a frame a group.

What the file itself says (keys, ends, parents) is taken as it stands; geometry decides only the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from kgbuild.mentions.boxes import Boxes
from kgbuild.mentions.code.uml import relation
from kgbuild.mentions.diagram import Diagram, Edge, Group, Node
from kgbuild.sources.drawing import Drawing, Label, Point, Rect, Shape, area, centre, halfway, hull

_REACH = 14.0  # units between a line's end and the shape it belongs to
_NEAR = 14.0  # units between a line and its label
_BENEATH = 20.0  # units between an icon and the text below it
_HEAD = 16.0  # units of the longer side of an arrow head


def read_drawing(drawing: Drawing) -> tuple[Diagram, dict[Label, str]]:
    """The diagram; and its labels, lines joined, each with its part: ``node`` | ``edge`` | ``group`` | ``part`` | "".

    Nodes and groups have whole-unit boxes, edges their polylines; keys are those of the file, else ``#`` and a number.
    """
    reader = _Reader(drawing)
    return reader.read(), reader.roles


class _Reader:
    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        named = {s.key or f"#{n}": s for n, s in enumerate(drawing.shapes)}
        self.lines = _headed([s for s in named.values() if s.role == "edge" or (not s.role and not s.closed)], drawing)
        self.shapes = {k: s for k, s in named.items() if s.role != "edge" and (s.role or s.closed)}
        self.texts: dict[str, list[Label]] = {}  # labels by the key of their shape
        self.free: list[Label] = []  # labels of no shape
        self.roles: dict[Label, str] = {}
        self.diagram = Diagram(title=drawing.title)

    def read(self) -> Diagram:
        self._captions()
        groups = self._groups()
        for key, shape in self.shapes.items():
            if key not in self.texts:
                continue
            role = "part" if shape.role == "none" else "group" if key in groups else "node"
            self.roles |= dict.fromkeys(self.texts[key], role)
            if role != "part":
                label, box = _words(self.texts[key]), _whole(shape.box)
                if key in groups:
                    self.diagram.groups.append(Group(key, label, 0, 0, box=box))
                else:
                    self.diagram.nodes[key] = Node(key, label, 0, 0, shape.kind, box)
        self._members()
        self._edges()
        return self.diagram

    def _captions(self) -> None:
        """Gives each label its shape: the one that the file names, else the smallest one around its middle."""
        joined = {key for s in self.lines for key in (s.source, s.target)}
        lines = {s.key for s in self.lines if s.key}
        captions = {k for k, s in self.shapes.items() if s.kind == "text" and not s.role and k not in joined}
        loose: list[Label] = []
        for label in self.drawing.labels:
            if label.owner in self.shapes and label.owner not in captions:
                self.texts.setdefault(label.owner, []).append(label)
            elif label.owner in lines:
                self.roles[label] = "edge"
            else:
                loose.append(label)
        whole = self.drawing.width * self.drawing.height
        framing = {
            k: s.box
            for k, s in self.shapes.items()
            if s.kind != "text" and s.role != "none" and k not in self.texts and min(_sides(s.box)) > 8
            and (s.role or area(s.box) < 0.9 * whole)
        }  # fmt: skip
        frames = Boxes(sorted(framing.items(), key=lambda f: area(f[1])))
        around: dict[str, list[Label]] = {}
        for label in loose:
            around.setdefault(next(iter(frames.around(centre(label.box))), ""), []).append(label)
        for home, lines_of_text in around.items():
            holds_others = bool(home) and len(frames.within(framing[home])) > 1
            for label in _paragraphs(lines_of_text):
                self.roles[label] = ""
                if home and (not holds_others or _along_border(label.box, framing[home])):
                    self.texts.setdefault(home, []).append(label)
                else:
                    self.free.append(label)
        self._beneath(joined)
        for key in captions:
            self.shapes.pop(key)

    def _beneath(self, joined: set[str]) -> None:
        """A shape that lines join and nobody names, such as an icon, is named by the free text closely below it."""
        bare = {k: self.shapes[k].box for k in joined if k in self.shapes and k not in self.texts}
        for key, (x0, _, x1, y1) in sorted(bare.items()):
            below = [
                (n.box[1], n)
                for n in self.free
                if x0 <= centre(n.box)[0] <= x1 and -4 <= n.box[1] - y1 <= _BENEATH and self.shapes[key].role != "none"
            ]
            if below:
                _, label = min(below, key=lambda found: found[0])
                self.free.remove(label)
                self.texts[key] = [label]

    def _groups(self) -> set[str]:
        """Keys of what holds other nodes: said by the file, or a labelled frame around labelled shapes."""
        labelled = {k: s for k in self.texts if (s := self.shapes[k]).role != "none"}
        boxes = Boxes((k, s.box) for k, s in labelled.items())
        found = {k for k, s in self.shapes.items() if s.role == "group"}
        for key, shape in labelled.items():
            others = (k for k in boxes.within(shape.box) if k != shape.parent)
            if any(labelled[k].box != shape.box for k in others):
                found.add(key)
        return found

    def _members(self) -> None:
        groups = {g.key: g for g in self.diagram.groups}
        ordered = sorted(groups, key=lambda k: area(self.shapes[k].box))
        for key in (*groups, *self.diagram.nodes):
            home = next((k for k in self._holders(key) if k in groups), None)
            if home is None and not self.shapes[key].parent:
                box = self.shapes[key].box
                around = (k for k in ordered if k != key and _within(box, self.shapes[k].box))
                home = next((k for k in around if area(self.shapes[k].box) > area(box)), None)
            if home is not None:
                groups[home].members.append(key)

    def _holders(self, key: str) -> Iterator[str]:
        """What a shape stands in by the file, from inside out."""
        seen = {key}
        while (key := self.shapes[key].parent) in self.shapes and key not in seen:
            seen.add(key)
            yield key

    def _edges(self) -> None:
        nodes = Boxes((k, self.shapes[k].box) for k in self.diagram.nodes)
        frames = Boxes((g.key, self.shapes[g.key].box) for g in self.diagram.groups)
        found: list[tuple[Shape, str, str]] = []
        for line in self.lines:
            a, b = self._known(line.source), self._known(line.target)
            exact = bool(a and b)
            a, b = a or self._nearest(line.start, nodes, frames), b or self._nearest(line.end, nodes, frames)
            loop = exact or (a and (line.role or line.head) and not _within(line.box, self.shapes[a].box))
            if a and b and (a != b or loop) and (line.role or max(_sides(line.box)) >= 6):
                found.append((line, a, b))
        labels = self._line_labels([line for line, _, _ in found])
        for n, (line, a, b) in enumerate(found):
            label = _words(labels.get(n, ()))
            self.diagram.edges.append(_edge(line, a, b, label))

    def _nearest(self, point: Point, nodes: Boxes, frames: Boxes) -> str:
        """The key of the node that a line's end touches, else of the frame whose border it touches, or ""."""
        for boxes, away in ((nodes, _distance), (frames, _to_border)):
            shapes = [(k, self.shapes[k].box) for k in boxes.meeting((*point, *point), _REACH)]
            near = [(gap, area(box), k) for k, box in shapes if (gap := away(point, box)) <= _REACH]
            if near:
                return min(near)[2]
        return ""

    def _known(self, key: str) -> str:
        """The node or group that a key of the file means; a row or port means what it is part of."""
        while key in self.shapes and self.shapes[key].role == "none":
            key = self.shapes[key].parent
        return key if key in self.diagram.nodes or any(g.key == key for g in self.diagram.groups) else ""

    def _line_labels(self, lines: list[Shape]) -> dict[int, list[Label]]:
        """Labels by the number of their line: the one that the file names, else the nearest."""
        found: dict[int, list[Label]] = {}
        by_key = {line.key: n for n, line in enumerate(lines) if line.key}
        for label in self.drawing.labels:
            if label.owner in by_key:
                found.setdefault(by_key[label.owner], []).append(label)
        bare = Boxes((str(n), line.box) for n, line in enumerate(lines) if n not in found)
        near = [
            (gap, int(n), m)
            for m, label in enumerate(self.free)
            for n in bare.meeting(label.box, _NEAR)
            if (gap := _gap(label.box, lines[int(n)])) < _NEAR
        ]
        given: set[int] = set()
        for _, n, m in sorted(near):  # the closest pairs first; one text for each line
            if n not in found and m not in given:
                found[n] = [self.free[m]]
                given.add(m)
        self.roles |= {label: "edge" for labels in found.values() for label in labels}
        return found


def _edge(line: Shape, a: str, b: str, label: str) -> Edge:
    way = line.points or (line.start, line.end)
    if any(line.marks):
        heads = line.tail, line.head
        edge = relation(a, b, label, 0, 0, line.marks, dotted=line.style != "solid", style=line.style, heads=heads)
        return replace(edge, points=way)
    ends = (b, a) if line.tail and not line.head else (a, b)
    return Edge(*ends, label, 0, 0, line.head or line.tail, line.head and line.tail, line.style, way)


def _words(labels: Iterable[Label]) -> str:
    return " ".join(n.text for n in sorted(labels, key=lambda n: (round(n.box[1]), n.box[0])))


def _along_border(text: Rect, frame: Rect) -> bool:
    """Whether a text stands where the title of a frame stands: at its upper or lower border."""
    return min(text[1] - frame[1], frame[3] - text[3]) < text[3] - text[1]


def _distance(point: Point, box: Rect) -> float:
    dx = max(box[0] - point[0], 0, point[0] - box[2])
    dy = max(box[1] - point[1], 0, point[1] - box[3])
    return math.hypot(dx, dy)


def _to_border(point: Point, box: Rect) -> float:
    x, y = point
    inside = min(x - box[0], box[2] - x, y - box[1], box[3] - y)
    return inside if inside > 0 else _distance(point, box)


def _gap(box: Rect, line: Shape) -> float:
    """The distance of a text's box from a line, a little more where it stands far from the line's middle."""
    way = line.points or (line.start, line.end)
    dense = [halfway((a, b), k / 8) for a, b in pairwise(way) if a != b for k in range(9)]
    distance = min((_distance(p, box) for p in dense), default=math.inf)
    return distance + 0.01 * math.dist(centre(box), halfway(way))


def _headed(lines: list[Shape], drawing: Drawing) -> list[Shape]:
    """The lines with heads that are drawn as small shapes of their own, each at the nearest end of a line."""
    found = dict(enumerate(lines))
    ends = {f"{n} {k}": (*p, *p) for n, s in found.items() if not s.role for k, p in enumerate((s.start, s.end))}
    points = Boxes(ends.items())
    for shape in drawing.shapes:
        if not shape.closed or shape.role or not 0 < max(_sides(shape.box)) <= _HEAD:
            continue
        middle = centre(shape.box)
        close = ((math.dist(middle, ends[k][:2]), k) for k in points.meeting((*middle, *middle), _REACH))
        near = sorted((gap, int(k.split()[0]), k.endswith("1")) for gap, k in close if gap < _REACH)
        if near:
            _, n, last = near[0]
            (x, y), base = middle, found[n].end if last else found[n].start
            tip = (2 * x - base[0], 2 * y - base[1])  # the line goes on through its head
            found[n] = replace(found[n], head=True, end=tip) if last else replace(found[n], tail=True, start=tip)
    return list(found.values())


def _paragraphs(labels: list[Label]) -> list[Label]:
    """Labels with those that stand closely below another, centred or flush left, joined to it."""
    blocks: list[Label] = []
    for label in sorted(labels, key=lambda n: (n.box[1], n.box[0])):
        for n, block in enumerate(blocks):
            size = label.box[3] - label.box[1]
            close = -0.5 * size <= label.box[1] - block.box[3] <= 0.6 * size
            shift = min(abs(centre(label.box)[0] - centre(block.box)[0]), abs(label.box[0] - block.box[0]))
            if close and shift < 0.4 * size and label.owner == block.owner:
                blocks[n] = Label(f"{block.text} {label.text}", hull((block.box, label.box)), block.owner)
                break
        else:
            blocks.append(label)
    return blocks


def _whole(box: Rect) -> tuple[int, int, int, int]:
    return int(box[0]), int(box[1]), round(box[2]), round(box[3])


def _sides(box: Rect) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]


def _inside(point: Point, box: Rect) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _within(inner: Rect, outer: Rect) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
