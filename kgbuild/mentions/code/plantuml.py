r"""PlantUML source to a diagram: component, deployment, class, use case, state and sequence diagrams.

PlantUML has no grammar: its own reader is a list of regular expressions, one a command, each for a whole line. So is
this one; the syntax follows the PlantUML language reference. Declarations, containers and arrows are alike in all these
kinds of diagrams and are read alike. What stands around a graph (notes, legends, skins) is passed over.
"""

from __future__ import annotations

import re
from dataclasses import replace

from kgbuild.errors import SourceError
from kgbuild.mentions.code.grammar import Span, line_of, passed_over, without_blocks
from kgbuild.mentions.code.uml import relation
from kgbuild.mentions.diagram import Diagram, Edge, Group, Node

_WORD = r"[\w$][\w.$]*(?:::[\w.$]+)*"
_NAME = rf"""(?:"[^"\n]*"|\[[^\[\]\n]+\]|\(\)\s*(?:"[^"\n]+"|{_WORD})|\((?!\))[^()\n]+\)/?|:[^:\n]+:/?|{_WORD})"""
_WITH_MEMBERS = (
    r"(?:abstract\s+class|abstract|annotation|class|interface|enum|exception|struct|protocol|metaclass|stereotype|"
    r"dataclass|record|entity|object|map)"
)
_PLAIN = (
    r"component|package|namespace|node|cloud|folder|frame|database|storage|rectangle|artifact|agent|boundary|card|"
    r"circle|collections|container|control|file|hexagon|label|person|process|queue|stack|usecase|actor|participant|"
    r"state|diamond|action|port|portin|portout|system"
)
_TAG = r"(?:<<[^\n]*?>>|<(?!<)[^<>\n]*>|\#[^\s{]+|\$\w+|\[\[[^\n]*?\]\]|order\s+-?\d+|\w*\?)"
_ELEMENT = re.compile(
    rf"(?:create\s+)?(?P<kind>{_WITH_MEMBERS}|{_PLAIN}|create)(?:/|\b)\s*(?P<first>{_NAME})(?:\s*{_TAG})*+"
    rf"(?:\s+as\s+(?P<second>{_NAME}))?(?:\s*{_TAG})*+"
    rf"(?P<above>(?:\s+(?:extends|implements)\s+{_NAME}(?:\s*<[^<>\n]*>)?(?:\s*,\s*{_NAME}(?:\s*<[^<>\n]*>)?)*)*)"
    rf"(?:\s*{_TAG})*+\s*(?P<open>\{{\s*\}}?|\[)?(?:\s*:\s*(?P<told>[^\n]*))?$"
)
_ALONE = re.compile(
    rf"(?P<first>{_NAME})(?:\s*{_TAG})*+(?:\s+as\s+(?P<second>{_NAME}))?(?:\s*{_TAG})*+(?:\s*:\s*(?P<told>[^\n]*))?$"
)
_LINE = r"[-.=~]++(?:\[[^\]\n]*\])?+(?:(?:left|right|up|down|le|ri|do|[lrud])(?=[-.=~\[]))?(?:\[[^\]\n]*\])?+[-.=~]*+"
_CROW = r"\}o|\}\||\|o|o\||\|\||o\{|\|\{"
_ARROW = (
    rf"(?P<tail>{_CROW}|<\|\||<\|:?|<<\|?|<|[ox](?=[-.=~<\\/])<?|[*+^\#}}@0)(]|//?|\\\\?)?(?P<line>{_LINE})"
    rf"(?P<head>{_CROW}|\|\|>|:?\|>|\|?>>|>|[*+^\#{{@0)(]|//?|\\\\?)?(?P<end>[ox](?=[\s\"(\[:]))?"
)
_RELATION = re.compile(
    rf"(?:&\s*)?(?P<a>{_NAME})(?:\s+\"(?P<from>[^\"\n]*)\")?\s*{_ARROW}\s*(?:\"(?P<to>[^\"\n]*)\"\s+)?(?P<b>{_NAME})"
    rf"(?:\s*(?:\+\+|--|\*\*|!!))*(?:\s*{_TAG})*+(?:\s*:\s*(?P<label>[^\n]*))?$"
)
_MAX_LINE = 4000  # characters
_POINT = r"\[(?:\*|H\*?)\]|\(\*\)"
_BOX = re.compile(r"box(?:\s+\"(?P<title>[^\"\n]*)\")?(?:\s*#\w+)?$")
_PAIR = re.compile(
    rf"(?:(?P<own2>{_NAME})\s*{_LINE}\s*)?\(\s*(?P<a>{_WORD})\s*,\s*(?P<b>{_WORD})\s*\)(?:\s*{_LINE}\s*(?P<own>{_NAME}))?$"
)
_UNNAMED = re.compile(rf"(?:together|{_PLAIN})(?:\s*{_TAG})*+\s*\{{$")
_FROM_NOWHERE = re.compile(rf"(?:[\[?][-ox<>\\/]+\s*{_NAME}|{_NAME}\s*[-ox<>\\/]+[\]?]|(?:{_POINT}))(?:\s*:.*)?$")
_IGNORED = re.compile(
    r"(?:[@!].*|skinparam|scale|title|caption|header|footer|hide|show|remove|restore|left|right|top|bottom|[hr]?note|"
    r"legend|autonumber|activate|deactivate|destroy|return|alt|else|opt|loop|par2?|break|critical|group|end|ref|newpage|"
    r"autoactivate|mainframe|allow_?mixing|page|sprite|\.\.|\|\||==|partition|set|url|center|footbox|--|\*\*|across|<style)(?!\w)"
)
_BLOCKS = tuple(
    (re.compile(rf"{begin}.*?{end}", re.S | re.M), re.compile(end, re.M))
    for begin, end in (
        (r"/'", r"'/"),
        (r"^[ \t]*'", r"$"),
        (r"^[ \t]*<style>", r"</style>"),
        (r"^[ \t]*skinparam\b[^\n{]*\{", r"^[ \t]*\}"),
        (
            r"^[ \t]*(?:floating[ \t]+)?[hr]?note\b(?![^\n]*(?::|\"[ \t]*as\b))[^\n]*\n",
            r"^[ \t]*end[ \t]?[hr]?note\b",
        ),
        (r"^[ \t]*legend\b", r"^[ \t]*end[ \t]?legend\b"),
        *((rf"^[ \t]*{word}[ \t]*\n", rf"^[ \t]*end[ \t]?{word}\b") for word in ("title", "header", "footer")),
        (r"^[ \t]*ref\b(?![^\n]*:)[^\n]*\n", r"^[ \t]*end[ \t]?ref\b"),
        *(
            (rf"^[ \t]*!(?:unquoted[ \t]+)?{word}\b", rf"^[ \t]*!end[ \t]?{word}\b")
            for word in ("procedure", "function")
        ),
    )
)
_START = re.compile(r"^[ \t]*@start(\w+)[^\n]*", re.M)
_NOTE = re.compile(r"note\b.*\bas\s+(\w+)\s*$")


def parse_plantuml(code: str) -> Diagram:
    """The graph that PlantUML code draws; all ``@startuml`` blocks of it as one, or the whole without any.

    Lines that cannot be understood are passed over and noted. Raises ``SourceError`` ("broken-plantuml") for code that
    draws something else.
    """
    diagram = Diagram()
    starts = list(_START.finditer(code))
    kinds = {m.group(1) for m in starts}
    if starts and "uml" not in kinds:
        line = line_of(code, starts[0].start())
        diagram.problems.append(f"line {line}: diagrams of the kind '@start{starts[0].group(1)}' are not read")
        return diagram
    text = without_blocks(code, _BLOCKS)
    done = 0
    for start in starts:
        if start.start() < done:  # none stands in another: each would be read to the end of all
            continue
        end = re.compile(rf"^[ \t]*@end{start.group(1)}", re.M).search(text, start.end())
        if end is None:
            line = line_of(code, start.start())
            raise SourceError(f"no valid PlantUML: line {line} has no @end{start.group(1)}", "broken-plantuml")
        done = end.end()
        if start.group(1) == "uml":
            _Reader(text, diagram).read(start.end(), end.start())
    if not starts:
        _Reader(text, diagram).read(0, len(text))
    return diagram


class _Reader:
    def __init__(self, code: str, diagram: Diagram) -> None:
        self.code, self.diagram = code, diagram
        self.stack: list[Group | None] = []
        self.groups: dict[str, Group] = {}
        self.notes: set[str] = set()

    def read(self, start: int, end: int) -> None:
        at, first = start, len(self.diagram.edges)
        while at < end:
            stop = self.code.find("\n", at, end)
            stop = end if stop < 0 else stop
            line = self.code[at:stop]
            lead = len(line) - len(line.lstrip())
            at = max(stop + 1, self._statement(line.strip(), at + lead, end)) if line.strip() else stop + 1
        if re.search(rf"{_POINT}|^[ \t]*state\b", self.code[start:end], re.M):
            self.diagram.edges[first:] = [replace(e, kind=e.kind or "transition") for e in self.diagram.edges[first:]]
        for key, group in self.groups.items():  # a container of nothing is a node
            if group.members or not group.label:
                self.diagram.groups.append(group)
            else:
                self.diagram.nodes[key] = Node(key, group.label, group.start, group.end)

    def _statement(self, text: str, at: int, end: int) -> int:
        """Reads one line; returns the character up to which it has read more than that, or 0."""
        if len(text) > _MAX_LINE:
            passed_over(self.diagram, self.code, at, f"longer than {_MAX_LINE} characters")
        elif pair := _PAIR.match(text):
            self._association(pair, at)
        elif text == "}" or re.match(r"end\s+box\b", text):
            if self.stack:
                self.stack.pop()
        elif match := _BOX.match(text):
            key = f"box {len(self.groups)}"
            title = _at(match, "title", at) or Span("", at, at)
            self._open(key, title)
        elif _UNNAMED.match(text):
            self.stack.append(None)
        elif match := _RELATION.match(text):
            self._relate(match, at)
        elif match := _ELEMENT.match(text):
            return self._element(match, at, end)
        elif note := _NOTE.match(text):
            self.notes.add(note.group(1))
        elif _IGNORED.match(text) or _FROM_NOWHERE.match(text):
            pass
        elif match := _ALONE.match(text):
            self._element(match, at, end)
        else:
            passed_over(self.diagram, self.code, at, f"not understood: {text[:60]!r}")
        return 0

    def _element(self, match: re.Match[str], at: int, end: int) -> int:
        facts = match.groupdict()
        kind = " ".join((facts.get("kind") or "").split()).removeprefix("create ")
        first, second = _at(match, "first", at), _at(match, "second", at)
        assert first is not None
        key, label = _declared(first, second)
        shape = _shape(first) or kind or "rectangle"
        opened = facts.get("open") or ""
        if opened == "{" and not re.fullmatch(_WITH_MEMBERS, kind):
            self._open(key, label)
            return 0
        told = _at(match, "told", at)
        if kind == "" and told is not None and first.text == key and key in self.diagram.nodes:
            return 0  # "Name : description": a line below the name
        if opened == "[":
            close = self.code.find("]", match.end("open") + at, end)
            if close > 0:
                inner = Span(self.code[at + match.end("open") : close], at + match.end("open"), close)
                self._enter(key, inner.cut(0, len(inner.text)), shape)
                return self._line_end(close, end)
        self._enter(key, label, shape, told=True)
        self._inherit(key, _at(match, "above", at), at)
        if opened == "{":
            return self._body_end(at + match.end("open"), end)
        return 0

    def _inherit(self, key: str, above: Span | None, at: int) -> None:
        """``extends A implements B, C``: lines to what a class is made from; a dotted one to an interface."""
        if above is None:
            return
        text = re.sub(r"<[^<>]*>", lambda m: " " * len(m.group()), above.text)
        style = "solid"
        for name in re.finditer(_NAME, text):
            if name.group() in ("extends", "implements"):
                style = "dotted" if name.group() == "implements" else "solid"
                continue
            other = self._end(Span(name.group(), above.start + name.start(), above.start + name.end()))
            kind = "realisation" if style == "dotted" else "inheritance"
            self.diagram.edges.append(Edge(key, other, "", at, above.end, style=style, kind=kind))

    def _body_end(self, at: int, end: int) -> int:
        """Behind the brace that closes the members of a class."""
        depth = 1
        for i in range(at, end):
            depth += (self.code[i] == "{") - (self.code[i] == "}")
            if depth == 0:
                return self._line_end(i, end)
        return end

    def _line_end(self, at: int, end: int) -> int:
        return end if (found := self.code.find("\n", at, end)) < 0 else found + 1

    def _relate(self, match: re.Match[str], at: int) -> None:
        names = (match.group("a").strip("()"), match.group("b").strip("()"))
        if "hidden" in match.group("line") or self.notes & set(names):
            return
        found = [end for end in (_at(match, "a", at), _at(match, "b", at)) if end is not None]
        named = [self._end(end) for end in found if not re.fullmatch(_POINT, end.text)]
        if len(named) == 2:
            self._add(match, at, (named[0], named[1]))

    def _add(self, match: re.Match[str], at: int, keys: tuple[str, str]) -> None:
        line = match.group("line")
        marks = match.group("tail") or "", match.group("head") or match.group("end") or ""
        told, heads = (match.group("label") or "").strip(), (_points(marks[0]), _points(marks[1]))
        label = re.sub(r"^[<>]\s+|\s+[<>]$", "", told)
        style = "dotted" if "." in line or "dashed" in line or "dotted" in line else "thick" if "=" in line else "solid"
        edge = relation(*keys, label, at, at + match.end(), marks, dotted="." in line, style=style, heads=heads)
        if label != told:  # "label >" is read from the first to the second
            along = (told[0] == "<" or told[-1] == "<") == (edge.source == keys[1])
            edge = replace(edge, reading="forward" if along else "backward")
        self.diagram.edges.append(edge)

    def _association(self, match: re.Match[str], at: int) -> None:
        """``(A, B) .. C``: a class that belongs to the relation of two others is joined to both."""
        ends = {name: _at(match, name, at) for name in ("a", "b", "own", "own2")}
        keys = [self._end(end) for end in ends.values() if end is not None]
        for own in keys[2:3]:
            for other in keys[:2]:
                self.diagram.edges.append(Edge(own, other, "", at, at + match.end(), False, style="dotted"))

    def _end(self, name: Span) -> str:
        """The key of an end of a line; one that is not declared is a node of that name."""
        key, label = _declared(name, None)
        if key in self.groups or key in self.diagram.nodes:
            return key
        member = key.rpartition("::")[0]  # "Class::field"
        if member in self.diagram.nodes:
            return member
        self._enter(key, label, _shape(name) or "rectangle")
        return key

    def _enter(self, key: str, label: Span, shape: str, *, told: bool = False) -> None:
        node = self.diagram.nodes.get(key)
        if node is None:
            node = self.diagram.nodes[key] = Node(key, label.text, label.start, label.end, shape)
            holder = next((g for g in reversed(self.stack) if g is not None), None)
            if holder is not None:
                holder.members.append(key)
        elif told and label.text != key:
            node.label, node.start, node.end, node.shape = label.text, label.start, label.end, shape

    def _open(self, key: str, label: Span) -> None:
        group = self.groups.get(key)
        if group is None:
            self.diagram.nodes.pop(key, None)
            group = self.groups[key] = Group(key, label.text, label.start, label.end)
            holder = next((g for g in reversed(self.stack) if g is not None), None)
            if holder is not None:
                holder.members.append(key)
        self.stack.append(group)


def _at(match: re.Match[str], name: str, at: int) -> Span | None:
    text = match.groupdict().get(name)
    return None if text is None else Span(text, at + match.start(name), at + match.end(name))


def _declared(first: Span, second: Span | None) -> tuple[str, Span]:
    """Key and label of ``"Label" as key``, ``key as "Label"``, ``Label as key``, ``[Label]`` or a bare name."""
    if second is None:
        label = _inner(first)
        return label.text, label
    if second.text.startswith('"') and not first.text.startswith('"'):
        return _inner(first).text, _inner(second)
    return _inner(second).text, _inner(first)


def _inner(name: Span) -> Span:
    """A name without the marks of its form: quotes, brackets, parentheses, colons."""
    text = name.text.rstrip("/") if name.text.endswith((")/", ":/")) else name.text
    if text.startswith("()"):
        return name.cut(2, len(text)).bare()
    if text[0] in "[(:" and len(text) > 2:
        return name.cut(1, len(text) - 1)
    return name.bare()


def _shape(name: Span) -> str:
    if name.text.startswith("()"):
        return "interface"
    return {"[": "component", "(": "usecase", ":": "actor"}.get(name.text[0], "")


def _points(end: str | None) -> bool:
    """Whether an end has a head; crow's feet and sockets count or connect, and have no direction."""
    return bool(end) and end not in ("||", "|o", "o|", "}o", "}|", "o{", "|{", "(", ")", "0", "@")
