"""PDF through pypdfium2: paragraphs with page and box, embedded pictures with their captions.

Page boxes count points (1/72 inch) from the top left corner of the page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.grids import Cell, Rule, Table, find_tables, join, likely
from kgbuild.sources.reader import Composer, Limits, Passage
from kgbuild.sources.rows import row_passage
from kgbuild.types import Box, Issue, Page, Part, Reading, Source

_MIN_PICTURE = 24  # pixels a side: smaller ones are rules and bullets
_MAX_SIDE = 20000  # points
_THIN = 3  # points: what is no thicker is a rule
_SHORT = 8  # points: no rule is shorter
_SURE = 0.9  # from which a grid of texts is read as a table, row by row


@dataclass(slots=True)
class Line:
    """A line of text: left, top, right, bottom in points from the page's top left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return max(self.bottom - self.top, 0.1)


class PdfReader:
    """``application/pdf``."""

    name = "pdf"
    version = "1"
    media_types = frozenset({"application/pdf"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        import pypdfium2

        try:
            document = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError as err:
            code = "encrypted" if "password" in str(err).lower() else "broken-pdf"
            raise SourceError(f"cannot be opened as PDF: {err}", code) from err
        composer = Composer(source, f"{self.name}/{self.version}")
        issues: list[Issue] = []
        try:
            if not len(document):
                raise SourceError("the PDF has no pages", "broken-pdf")
            if len(document) > limits.max_pages:
                message = f"{len(document)} pages; the first {limits.max_pages} are read (sources.max_pages)"
                issues.append(Issue("read", "too-many-pages", message, source.id, severity="warning"))
            for number in range(min(len(document), limits.max_pages)):
                try:
                    page = document[number]
                except pypdfium2.PdfiumError as err:
                    message = f"page {number + 1} cannot be loaded: {err}"
                    issues.append(Issue("read", "broken-page", message, source.id, severity="warning"))
                    continue
                _page(composer, page, number + 1, limits)
                page.close()
            title = (document.get_metadata_dict().get("Title") or "").strip()
        finally:
            document.close()
        if not composer.segments:
            raise SourceError("neither text nor pictures could be read from it", "no-content")
        if not any(s.modality == "text" for s in composer.segments):
            message = "no text layer: only its pictures are read"
            issues.append(Issue("read", "no-text-layer", message, source.id, severity="warning"))
        reading = composer.reading(replace(source, title=title or source.title))
        return replace(reading, issues=tuple(issues))


def _page(composer: Composer, page: Any, number: int, limits: Limits) -> None:
    height = page.get_height()
    lines = _lines(page, height)
    body = median(line.height for line in lines) if lines else 0.0
    heading = ""
    for part in _parts(lines, _rules(page, height)):
        context = (("heading", heading),) if heading else ()
        if isinstance(part, Table):
            _rows(composer, part, number, context)
            continue
        for block in _blocks(part):
            text = _join(block)
            context = (("heading", heading),) if heading else ()
            composer.passage(Passage(text, context, (), (Page(number), _around(block))))
            if block[0].height > 1.2 * body and len(text) < 120:
                heading = text
    _pictures(composer, page, number, height, lines, limits)


def _around(lines: Sequence[Line]) -> Box:
    left, top = min(x.left for x in lines), min(x.top for x in lines)
    right, bottom = max(x.right for x in lines), max(x.bottom for x in lines)
    return Box(round(left), round(top), max(1, round(right - left)), max(1, round(bottom - top)))


def _parts(lines: list[Line], rules: Sequence[Rule]) -> list[list[Line] | Table]:
    """The lines of a page in content order, tables where their first line stands; only sure tables count."""
    cells = [Cell(x.text, x.left, x.top, x.right, x.bottom) for x in lines]
    home = {c: t for t in find_tables(cells, rules) if likely(t) >= _SURE for c in _held(t, cells)}
    parts: list[list[Line] | Table] = [[]]
    for line, cell in zip(lines, cells, strict=True):
        table = home.get(cell)
        if table is None:
            if isinstance(parts[-1], Table):
                parts.append([])
            parts[-1].append(line)  # type: ignore[union-attr]
        elif table not in parts:
            parts.append(table)
    return parts


def _held(table: Table, cells: Sequence[Cell]) -> list[Cell]:
    whole = join(table.cells())
    return [c for c in cells if whole.x0 <= c.x0 and c.x1 <= whole.x1 and whole.y0 <= c.y0 and c.y1 <= whole.y1]


def _rows(composer: Composer, table: Table, number: int, context: tuple[tuple[str, str], ...]) -> None:
    header = [c.text if c else "" for c in table.header]
    for n, row in enumerate((table.header, *table.rows)):
        lines = [Line(c.text, c.x0, c.y0, c.x1, c.y1) for c in row if c is not None]
        place = (Page(number), _around(lines)) if lines else (Page(number),)
        texts = [c.text if c else "" for c in row]
        composer.passage(row_passage(texts, header if n else (), context, selectors=place, score=likely(table)))


def _rules(page: Any, height: float) -> list[Rule]:
    """Level and upright strokes, thin bars, and the sides of boxes."""
    from pypdfium2.raw import FPDF_PAGEOBJ_PATH, FPDFPath_CountSegments

    found: list[Rule] = []
    for item in page.get_objects(filter=[FPDF_PAGEOBJ_PATH], max_depth=5):
        left, bottom, right, top = item.get_bounds()
        x0, y0, x1, y1 = left, height - top, right, height - bottom
        if max(map(abs, (x0, y0, x1, y1))) > _MAX_SIDE or max(x1 - x0, y1 - y0) < _SHORT:
            continue
        if min(x1 - x0, y1 - y0) <= _THIN:
            found.append(Rule(x0, y0, x1, y1))
        elif FPDFPath_CountSegments(item) <= 5:
            found += [Rule(x0, y0, x1, y0), Rule(x0, y1, x1, y1), Rule(x0, y0, x0, y1), Rule(x1, y0, x1, y1)]
    return found


def _lines(page: Any, height: float) -> list[Line]:
    """Text rectangles of the page joined to lines, in content order."""
    text_page = page.get_textpage()
    lines: list[Line] = []
    for i in range(text_page.count_rects()):
        left, bottom, right, top = text_page.get_rect(i)
        text = " ".join(text_page.get_text_bounded(left, bottom, right, top).split())
        if not text or max(map(abs, (left, bottom, right, top))) > _MAX_SIDE:
            continue
        new = Line(text.replace("\x02", "-").replace("￾", "-"), left, height - top, right, height - bottom)
        last = lines[-1] if lines else None
        if last and _same_line(last, new):
            gap = new.left - last.right
            last.text += (" " if gap > 0.15 * last.height else "") + new.text
            last.right, last.top, last.bottom = (
                new.right,
                min(last.top, new.top),
                max(last.bottom, new.bottom),
            )
        else:
            lines.append(new)
    text_page.close()
    return lines


def _same_line(a: Line, b: Line) -> bool:
    overlap = min(a.bottom, b.bottom) - max(a.top, b.top)
    return overlap > 0.5 * min(a.height, b.height) and -1 < b.left - a.right < 2 * a.height


def _blocks(lines: list[Line]) -> list[list[Line]]:
    """Paragraphs: lines of like size that follow each other closely."""
    blocks: list[list[Line]] = []
    for line in lines:
        last = blocks[-1][-1] if blocks else None
        close = (
            last is not None
            and -0.5 * line.height < line.top - last.bottom < 0.9 * line.height
            and 0.8 < line.height / last.height < 1.25
            and line.left < last.right
            and last.left < line.right
        )
        if close:
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _join(block: list[Line]) -> str:
    text = block[0].text
    for line in block[1:]:
        if text.endswith("-") and line.text[:1].islower() and text[-2:-1].isalpha():
            text = text[:-1] + line.text
        else:
            text += " " + line.text
    return text


def _pictures(composer: Composer, page: Any, number: int, height: float, lines: list[Line], limits: Limits) -> None:
    import pypdfium2
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    count = 0
    for item in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=5):
        count += 1
        try:
            width, tall = item.get_px_size()
            if min(width, tall) < _MIN_PICTURE or width * tall > limits.max_pixels:
                continue
            image = item.get_bitmap(render=False).to_pil().convert("RGB")
            left, bottom, right, top = item.get_bounds()
        except (pypdfium2.PdfiumError, ValueError, OSError):
            continue
        data = BytesIO()
        image.save(data, "PNG", compress_level=1)
        png = data.getvalue()
        sha = hashlib.sha256(png).hexdigest()
        composer.blobs[sha] = png
        place = Box(round(left), round(height - top), max(1, round(right - left)), max(1, round(top - bottom)))
        selectors = (Page(number), place, Part(f"picture-{count}"), Box(0, 0, image.width, image.height))
        caption = _caption(lines, height - bottom, left, right)
        context = (("caption", caption),) if caption else ()
        composer.add("picture", selectors, caption, context, blob=sha)


def _caption(lines: list[Line], below: float, left: float, right: float) -> str:
    """The paragraph that begins within 36 points under the picture."""
    for block in _blocks(lines):
        if -4 < block[0].top - below < 36 and block[0].left < right and block[0].right > left:
            return _join(block)
    return ""


READER = PdfReader()
