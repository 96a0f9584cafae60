"""Mermaid source to a diagram: flowchart, sequence, class, state and entity-relationship diagrams.

Grammars of our own over lark, because no kept Python library parses Mermaid; the syntax follows the Mermaid
documentation. Offsets count characters of the given code.
"""

from __future__ import annotations

import re

from kgbuild.errors import SourceError
from kgbuild.mentions.code import classes, entities, flowchart, sequence, states
from kgbuild.mentions.code.grammar import blank, line_of, without_blocks
from kgbuild.mentions.diagram import Diagram

_READERS = {
    "graph": flowchart.read, "flowchart": flowchart.read, "flowchart-elk": flowchart.read,
    "sequenceDiagram": sequence.read, "classDiagram": classes.read, "classDiagram-v2": classes.read,
    "stateDiagram": states.read, "stateDiagram-v2": states.read, "erDiagram": entities.read,
}  # fmt: skip
_OTHERS = frozenset({
    "gantt", "pie", "journey", "timeline", "mindmap", "gitGraph", "quadrantChart", "requirementDiagram", "requirement",
    "sankey", "sankey-beta", "xychart", "xychart-beta", "block", "block-beta", "packet", "packet-beta", "kanban",
    "architecture", "architecture-beta", "radar", "radar-beta", "treemap", "treemap-beta", "zenuml", "info",
    "C4Context", "C4Container", "C4Component", "C4Dynamic", "C4Deployment",
})  # fmt: skip
_FRONT = re.compile(r"\s*---[ \t]*\n(.*?)\n[ \t]*---[ \t]*(?:\n|$)", re.S)
_DIRECTIVE = re.compile(r"%%\{.*?\}%%", re.S), re.compile(r"\}%%")
_COMMENT = re.compile(r"^[ \t]*%%[^\n]*|(?<=[\s;])%%[^\n\"]{0,4000}+$", re.M)
_KIND = re.compile(r"\s*([A-Za-z][\w-]*)[ \t]*([^\n;]*)")
_DIRECTION = re.compile(r"(?:TB|TD|BT|RL|LR|[<>^v])?\s*$")


def parse_mermaid(code: str) -> Diagram:
    """The graph that Mermaid code draws. Statements that cannot be understood are passed over and noted.

    Raises ``SourceError`` ("broken-mermaid") if it does not begin like a Mermaid diagram.
    """
    diagram = Diagram()
    text = code
    if front := _FRONT.match(text):
        title = re.search(r"^title:\s*[\"']?(.+?)[\"']?\s*$", front.group(1), re.M)
        diagram.title = title.group(1) if title else ""
        text = blank(text, *front.span())
    text = _COMMENT.sub(lambda m: blank(m.group(), 0, len(m.group())), without_blocks(text, (_DIRECTIVE,)))
    kind = _KIND.match(text)
    if kind is None:
        raise SourceError("no Mermaid: there is no diagram in it", "broken-mermaid")
    reader, at = _READERS.get(kind.group(1)), kind.end(1)
    if reader is None:
        line = line_of(code, kind.start(1))
        if kind.group(1) not in _OTHERS:
            raise SourceError(f"no Mermaid: line {line} names no kind of diagram: {kind.group(1)!r}", "broken-mermaid")
        diagram.problems.append(f"line {line}: diagrams of the kind {kind.group(1)!r} are not read")
        return diagram
    if reader is flowchart.read and _DIRECTION.match(kind.group(2)):
        at = kind.end()
    reader(text, at, diagram)
    return diagram
