"""What of a language model's answer counts: legal names of the ontologies, words that stand in the passage. No more."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kgbuild.mentions.prompt import Prompt

_MOST = 500  # mentions, and relations, of an answer
_LONGEST = 200  # characters of a mention
_QUOTED = 1500  # characters of a quote

Span = tuple[int, int, int]  # number of the piece, first character in it, and behind the last


@dataclass(frozen=True, slots=True)
class Named:
    """A mention that stands where it says. ``label``: as ``Mention.label`` has it."""

    place: Span
    label: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A relation between two of the mentions, by their numbers, and the place of its quote."""

    subject: int
    predicate: str
    object: int
    place: Span


class BrokenAnswer(Exception):
    """The answer is not of the form that was asked for."""


def parse(text: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Mentions and relations as an answer lists them; those that are no objects of texts are as good as not there.

    Raises ``BrokenAnswer``.
    """
    fenced = re.search(r"```(?:json)?\s*(\{.*\})\s*```", text, re.S)
    start, end = text.find("{"), text.rfind("}")
    try:
        made = json.loads(fenced[1] if fenced else text[start : end + 1] if start >= 0 else text)
    except (ValueError, RecursionError) as err:
        raise BrokenAnswer("no JSON") from err
    if not isinstance(made, dict) or not isinstance(made.get("mentions"), list):
        raise BrokenAnswer('no list "mentions"')
    return _rows(made["mentions"], ("text", "class")), _rows(
        made.get("relations"), ("subject", "property", "object", "quote")
    )


def _rows(given: Any, keys: Sequence[str]) -> list[dict[str, str]]:
    rows = given[:_MOST] if isinstance(given, list) else []
    return [{k: str(r.get(k, "")) for k in keys} if isinstance(r, dict) else dict.fromkeys(keys, "") for r in rows]


def check(
    answer: tuple[list[dict[str, str]], list[dict[str, str]]], pieces: Sequence[str], prompt: Prompt
) -> tuple[list[Named], list[Stated], Counter[str]]:
    """What of an answer about some pieces of text holds, and how much was dropped, by reason."""
    dropped: Counter[str] = Counter()
    named, by_text = list[Named](), dict[str, list[int]]()
    kinds = {label.casefold(): mentioned for label, mentioned in prompt.classes.items()}
    places: dict[str, Iterator[Span]] = {}
    for row in answer[0]:
        text, label = _words(row["text"]), kinds.get(row["class"].casefold().strip())
        if text not in places:
            places[text] = _find(text, pieces, _LONGEST)
        place = next(places[text], None)
        if place is None:
            if text not in by_text:  # it may be listed oftener than it stands there
                dropped["mentions not in the text"] += 1
        elif label is None:
            dropped["mentions of no class of the ontologies"] += 1
        else:
            by_text.setdefault(text, []).append(len(named))
            named.append(Named(place, label))
    stated = []
    for row in answer[1]:
        subjects, objects = by_text.get(_words(row["subject"]), []), by_text.get(_words(row["object"]), [])
        predicate = prompt.properties.get(row["property"].strip())
        quote = next(_find(_words(row["quote"]), pieces, _QUOTED), None)
        if not subjects or not objects:
            dropped["relations of no mention kept"] += 1
        elif predicate is None:
            dropped["relations of no property of the ontologies"] += 1
        elif quote is None:
            dropped["relations whose quote is not in the text"] += 1
        elif (s := _nearest(subjects, named, quote)) != (o := _nearest(objects, named, quote)):
            stated.append(Stated(s, predicate, o, quote))
    return named, stated, dropped


def _words(text: str) -> str:
    return " ".join(text.split())


def _find(text: str, pieces: Sequence[str], longest: int) -> Iterator[Span]:
    """The places of some words as they stand in pieces of text, whatever blanks are between them; no part of a word."""
    if not any(c.isalnum() for c in text) or len(text) > longest:
        return
    pattern = r"\s+".join(map(re.escape, text.split()))
    before = r"(?<![A-Za-z0-9])" if text[0].isascii() and text[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if text[-1].isascii() and text[-1].isalnum() else ""
    for n, piece in enumerate(pieces):
        for found in re.finditer(before + pattern + after, piece):
            yield n, found.start(), found.end()


def _nearest(numbers: Sequence[int], named: Sequence[Named], quote: Span) -> int:
    """Of several mentions of one name the one in the quote, else the first one."""

    def outside(n: int) -> bool:
        piece, start, end = named[n].place
        return not (piece == quote[0] and quote[1] <= start and end <= quote[2])

    return min(numbers, key=outside)
