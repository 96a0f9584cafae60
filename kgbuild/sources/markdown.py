"""Markdown (CommonMark with tables and front matter): passages, emphasis, pictures, diagrams."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from kgbuild.sources.html import Walker, parse
from kgbuild.sources.links import corpus_path
from kgbuild.sources.reader import Composer, Limits, Passage, decode
from kgbuild.sources.rows import row_passage
from kgbuild.types import Reading, Source

DIAGRAMS = {
    "mermaid": "mermaid", "dot": "dot", "graphviz": "dot", "gv": "dot", "plantuml": "plantuml", "puml": "plantuml",
    "uml": "plantuml",
}  # fmt: skip
_OPEN = {"strong_open": "strong", "em_open": "emphasis", "link_open": "link"}


class MarkdownReader:
    """``text/markdown``."""

    name = "markdown"
    version = "1"
    media_types = frozenset({"text/markdown"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        from markdown_it import MarkdownIt
        from mdit_py_plugins.front_matter import front_matter_plugin

        composer = Composer(source, f"{self.name}/{self.version}")
        parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 50}).enable("table").use(front_matter_plugin)
        body = Body(composer, limits)
        body.compose(parser.parse(decode(path.read_bytes())))
        return composer.reading(replace(source, title=body.title or source.title))


class Body:
    """Goes through the parser's tokens and composes segments."""

    def __init__(self, composer: Composer, limits: Limits) -> None:
        self.composer, self.limits = composer, limits
        self.title = ""
        self.headings: list[tuple[int, str]] = []
        self.items: list[str] = []  # the text of each list item that is open, outermost first
        self._last = ""
        self._waiting: list[tuple[str, str, str]] = []  # pictures of the passage under way

    def compose(self, tokens: list[Any]) -> None:
        row: list[str] = []
        header: list[str] = []
        for i, token in enumerate(tokens):
            kind = token.type
            if kind == "front_matter":
                found = re.search(r"^title:\s*[\"']?(.+?)[\"']?\s*$", token.content, re.M)
                self.title = found.group(1) if found else ""
            elif kind in ("tr_open", "thead_open"):
                row = []
            elif kind == "thead_close":
                header = row
                row = []
            elif kind == "tr_close" and header is not row and row and not _inside_head(tokens, i):
                parents = tuple(("item", t) for t in self.items[:-1] if t)
                passage = row_passage(row, header, (*self._context(), *parents))
                self.composer.passage(passage)
                self._last = passage.text
            elif kind == "table_close":
                header = []
            elif kind == "list_item_open":
                self.items.append("")
            elif kind == "list_item_close":
                self.items.pop()
            elif kind in ("fence", "code_block"):
                self._code(token)
            elif kind == "html_block":
                self._html(token.content)
            elif kind == "inline":
                self._inline(token, tokens[i - 1], row)

    def _inline(self, token: Any, opener: Any, row: list[str]) -> None:
        text, marks = self._flatten(token.children or [])
        if opener.type in ("th_open", "td_open"):
            row.append(text)
        elif opener.type == "heading_open":
            level = int(opener.tag[1])
            while self.headings and self.headings[-1][0] >= level:
                self.headings.pop()
            self._passage(text, marks)
            self.headings.append((level, text))
            self.title = self.title or text
        else:
            self._passage(text, marks)
            if self.items and not self.items[-1]:
                self.items[-1] = text
        for link, alt, before in self._waiting:
            pairs = (("alt", alt), ("before", (before or self._last)[-300:]))
            context = (("link", link), *self._context(), *((k, v) for k, v in pairs if v))
            self.composer.add("link", (), alt, context)
        self._waiting = []

    def _flatten(self, children: list[Any]) -> tuple[str, tuple[tuple[int, int, str], ...]]:
        """Inline tokens as plain text with marks; pictures wait until the passage is done."""
        text, marks = "", []
        open_marks: list[tuple[int, str]] = []
        raised = 0  # inside <sup>: footnote numbers are no part of the sentence
        for child in children:
            if child.type == "html_inline":
                tag = child.content.lower()
                raised += tag.startswith("<sup") - tag.startswith("</sup")
                if tag.startswith("<br"):
                    text += " "
            elif raised > 0:
                continue
            elif child.type in ("text", "code_inline"):
                if child.type == "code_inline":
                    marks.append((len(text), len(text) + len(child.content), "code"))
                text += child.content
            elif child.type in ("softbreak", "hardbreak"):
                text += " "
            elif child.type in _OPEN:
                open_marks.append((len(text), _OPEN[child.type]))
            elif child.type.endswith("_close") and open_marks:
                start, mark = open_marks.pop()
                if len(text) > start:
                    marks.append((start, len(text), mark))
            elif child.type == "image":
                link = corpus_path(self.composer.source.path, str(child.attrs.get("src", "")))
                if link:
                    self._waiting.append((link, child.content, text))
        lead = len(text) - len(text.lstrip())
        text = text.strip()
        kept = [(max(0, a - lead), min(b - lead, len(text)), k) for a, b, k in marks]
        return text, tuple(m for m in kept if m[1] > m[0])

    def _passage(self, text: str, marks: tuple[tuple[int, int, str], ...]) -> None:
        parents = tuple(("item", t) for t in self.items[:-1] if t)
        self.composer.passage(Passage(text, (*self._context(), *parents), marks))
        self._last = text or self._last

    def _code(self, token: Any) -> None:
        language = DIAGRAMS.get((token.info or "").split()[0].strip("{}").lower() if (token.info or "").split() else "")
        if language:
            context = (("language", language), *self._context())
            self.composer.passage(Passage(token.content.rstrip("\n"), context, modality="diagram"))

    def _html(self, content: str) -> None:
        from kgbuild.errors import SourceError

        try:
            root = parse(content)
        except SourceError:
            return
        walker = Walker(self.composer, self.limits, headings=list(self.headings))
        walker.walk(root)

    def _context(self) -> tuple[tuple[str, str], ...]:
        return tuple(("heading", text) for _, text in self.headings)


def _inside_head(tokens: list[Any], i: int) -> bool:
    return i + 1 < len(tokens) and tokens[i + 1].type == "thead_close"


READER = MarkdownReader()
