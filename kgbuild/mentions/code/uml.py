"""Relations of UML class diagrams by the marks at their ends; the notation is that of UML 2.5.1, 11.5 and 9.9.

Mermaid and PlantUML write the marks alike: triangles, diamonds and arrows.
"""

from __future__ import annotations

from kgbuild.mentions.diagram import Edge

_KINDS = {"*": "composition", "o": "aggregation"}


def relation(
    first: str, second: str, label: str, start: int, end: int, marks: tuple[str, str], *, dotted: bool, style: str = "",
    heads: tuple[bool, bool] | None = None,
) -> Edge:  # fmt: skip
    """The line between two classes; ``marks``: what ends it at each ("<|" or "|>", "*", "o", "<" or ">", or "").

    The marked end is its head. A label is read from the first class to the second unless an arrow says otherwise.
    ``heads``: which marks are heads, where not all are; ``style``: how the line is drawn, where not by ``dotted``.
    """
    tail, head = heads or (bool(marks[0]), bool(marks[1]))
    kinds = [_kind(mark, dotted) for mark in marks]
    kind, turned = kinds[1], tail and not head
    if kinds[0]:
        kind, turned = ("", turned) if kinds[1] else (kinds[0], True)  # with a kind at both ends there is no one kind
    ends = (second, first) if turned else (first, second)
    reading = ""
    if not (tail or head) or kind in _KINDS.values():
        reading = "backward" if turned else "forward"
    return Edge(
        *ends, label, start, end, head or tail, head and tail, style or ("dotted" if dotted else "solid"), kind=kind,
        reading=reading,
    )  # fmt: skip


def _kind(mark: str, dotted: bool) -> str:
    if mark == "^" or ("|" in mark and mark.strip("|:") in ("<", "<<", ">", ">>")):
        return "realisation" if dotted else "inheritance"
    if mark in _KINDS:
        return _KINDS[mark]
    return "dependency" if dotted and mark in ("<", ">") else ""
