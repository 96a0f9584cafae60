"""Model numbers and other codes inside of texts, and how far a text says a code."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from kgbuild.entities.records.table import plain

_LENGTH = 4  # letters and digits of a code at least
_MEASURE = re.compile(r"\d+(?:[a-z]{1,4}|x\d+[a-z]*)")  # 320gb, 1080p, 1920x1080: a size, not a model


def squeeze(text: str) -> str:
    """Only the letters and digits of ``plain`` text."""
    return "".join(c for c in plain(text) if c.isalnum())


def codes(text: str) -> list[str]:
    """Squeezed words with a digit in them that are long enough, sizes left out; in their order, once each."""
    found: dict[str, None] = {}
    for word in text.split():
        code = squeeze(word)
        if len(code) >= _LENGTH and any(c.isdigit() for c in code) and not _MEASURE.fullmatch(code):
            found[code] = None
    return list(found)


def said(code: str, squeezed: str) -> float:
    """How much of a code a squeezed text says: the longest piece in common against the code's length."""
    if code in squeezed:
        return 1.0
    return fuzz.partial_ratio(code, squeezed) / 100 if squeezed else 0.0
