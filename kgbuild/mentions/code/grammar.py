"""Languages of statements: each is parsed by a lark grammar, with the characters of every token in the whole code.

A statement that the grammar does not know is noted as a problem of the diagram, with its line, and passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kgbuild.mentions.diagram import TOLD, Diagram

_AHEAD = 4000  # characters within which an open quote or bracket must close
_ENTITY = re.compile(r"[#&]\w+$")  # "#quot;" ends no statement
_PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Span:
    """Some characters of the code."""

    text: str
    start: int
    end: int

    def __str__(self) -> str:
        return self.text

    def cut(self, start: int, end: int) -> Span:
        """A part of it, without blanks around; offsets count from its own start."""
        inner = self.text[start:end]
        lead = len(inner) - len(inner.lstrip())
        begin = self.start + start + lead
        inner = inner.strip()
        return Span(inner, begin, begin + len(inner))

    def bare(self) -> Span:
        """Without quotes around."""
        quoted = len(self.text) >= 2 and self.text[0] in "\"'`" and self.text[-1] == self.text[0]
        return self.cut(1, len(self.text) - 1) if quoted else self


class Grammar:
    """A lark grammar (LALR, contextual lexer) whose start rule is one statement; made when first used."""

    def __init__(self, rules: str) -> None:
        self.rules = rules

    @cached_property
    def _lark(self) -> Any:
        from lark import Lark

        return Lark(self.rules, parser="lalr", maybe_placeholders=False, propagate_positions=True)

    def parse(self, code: str, start: int, end: int) -> Any:
        """The tree of ``code[start:end]``. Raises ``lark.UnexpectedInput``."""
        from lark import TextSlice

        return self._lark.parse(TextSlice(code, start, end))

    def statement(self, code: str, start: int, end: int, diagram: Diagram) -> Any:
        """As ``parse``; None if it is no statement of the language, which is noted in the diagram."""
        from lark import UnexpectedInput

        try:
            return self.parse(code, start, end)
        except UnexpectedInput as err:
            place = err.pos_in_stream if isinstance(err.pos_in_stream, int) and err.pos_in_stream >= 0 else end
            told = " ".join(code[start:end].split())[:60]
            passed_over(diagram, code, min(place, end), f"not understood: {told!r}")
            return None


def line_of(code: str, position: int) -> int:
    """The number of the line that holds a character, from 1."""
    return code.count("\n", 0, position) + 1


def passed_over(diagram: Diagram, code: str, at: int, what: str) -> None:
    """Note what is passed over in a diagram: the first few are told with their lines, the others are counted."""
    diagram.problems.append(f"line {line_of(code, at)}: {what}" if len(diagram.problems) < TOLD else "")


def span(token: Any) -> Span:
    """The characters of a lark token."""
    return Span(str(token), token.start_pos, token.end_pos)


def pick(tree: Any, kind: str) -> list[Span]:
    """The tokens of a kind that stand directly in a tree."""
    return [span(t) for t in tree.children if getattr(t, "type", "") == kind]


def blank(code: str, start: int, end: int) -> str:
    """The code with some characters made blank; all others keep their place."""
    gone = "".join("\n" if c == "\n" else " " for c in code[start:end])
    return code[:start] + gone + code[end:]


def without_blocks(code: str, kinds: Sequence[tuple[re.Pattern[str], re.Pattern[str]]]) -> str:
    """The code with the blocks of each kind (the pattern of a whole one, and of its end) made blank.

    None is looked for behind the last end of its kind: each beginning there would search all the rest for one.
    """
    for whole, end in kinds:
        last = max((m.end() for m in end.finditer(code)), default=0)
        code = whole.sub(lambda m: blank(m.group(), 0, len(m.group())), code[:last]) + code[last:]
    return code


def statements(code: str, start: int = 0, *, ends: str = "\n", brackets: str = "") -> Iterator[tuple[int, int]]:
    """Spans of the statements from ``start``, without blanks around: lines, or what else ``ends`` them.

    Quotes, and the opening ``brackets`` named, hold a statement together over its line, if they close at all.
    """
    while start < len(code):
        end = _end(code, start, ends, brackets)
        inner = code[start:end]
        if inner.strip():
            lead = len(inner) - len(inner.lstrip())
            yield start + lead, start + lead + len(inner.strip())
        start = end + 1


def _end(code: str, start: int, ends: str, brackets: str) -> int:
    quoted, open_ = False, list[str]()
    first = -1  # the first end inside quotes or brackets: taken where they do not close
    stop = min(len(code), start + _AHEAD)
    for i in range(start, stop):
        c = code[i]
        if c in ends and not (c == ";" and _ENTITY.search(code, max(start, i - 12), i)):
            if not quoted and not open_:
                return i
            first = i if first < 0 and c == "\n" else first
        if c == '"':
            quoted = not quoted
        elif not quoted:
            if c in brackets:
                open_.append(_PAIRS[c])
            elif open_ and c == open_[-1]:
                open_.pop()
    if stop == len(code) and not quoted and not open_:
        return stop
    if first >= 0:
        return first
    return next((i for i in range(stop, len(code)) if code[i] == "\n"), len(code))
