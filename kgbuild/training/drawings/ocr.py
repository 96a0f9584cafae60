"""Lines of text as OCR would give them: what stands in a drawing, with OCR's slips, and much faster."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from kgbuild.mentions.ocr import Line
from kgbuild.training.drawings.canvas import Text

_ALIKE = str.maketrans("0OlI1S5B8gqmn", "O0I1l5S8Bqgnm")
# Boxes of text detection are larger than the type, in shares of its height; measured on 25 drawings with PP-OCR.
_LEFT, _TOP, _RIGHT, _FOOT = 0.22, 0.28, 0.22, 0.09


def noisy_lines(random: Random, texts: Sequence[Text], *, zoom: float = 1.0) -> list[Line]:
    """The lines in reading order: boxes a little off, letters mistaken, neighbours joined, short ones lost."""
    made: list[Line] = []
    for text, *box in texts:
        x0, y0, x1, y1 = (v * zoom for v in box)
        high = y1 - y0
        lost = 0.1 if len(text) == 1 else 0.02 if len(text) < 4 else 0.006
        if high < 6 or random.random() < lost * (2 if high < 9 else 1):
            continue
        slips = 0.002 * (5 if high < 10 else 1)
        seen = "".join(c.translate(_ALIKE) if random.random() < slips else c for c in text)
        left, top, right, foot = (v * high + random.gauss(0, 0.07 * high) for v in (_LEFT, _TOP, _RIGHT, _FOOT))
        score = 1.0 - min(0.4, random.expovariate(200)) - 0.1 * (seen != text)
        line = Line(seen, x0 - left, y0 - top, x1 + right, y1 + foot, score)
        last = made[-1] if made else None
        if (
            last
            and abs(last.y0 - line.y0) < 0.3 * high
            and 0 < line.x0 - last.x1 < 0.8 * high
            and random.random() < 0.7
        ):
            made[-1] = Line(
                f"{last.text} {seen}", last.x0, min(last.y0, line.y0), line.x1, max(last.y1, line.y1), last.score
            )
        else:
            made.append(line)
    return sorted(made, key=lambda n: (n.y0, n.x0, n.text))
