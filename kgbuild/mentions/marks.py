"""Terms that the author set off: bold, linked or heading words of a passage as mentions.

A document's own emphasis is evidence that a thing matters in it, whether or not a
trained model knows its kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.identity import mention_iri
from kgbuild.mentions.pieces import narrow
from kgbuild.mentions.wordlists import stop_words
from kgbuild.types import Extraction, Mention, Reading

VERSION = "1"
AGENT = f"marks/{VERSION}"
KINDS = {"strong": 0.8, "link": 0.7, "code": 0.6}
MAX_WORDS = 5
_STOP = frozenset((
    "here", "this", "link", "source", "more", "see", "note", "example", "click", "read", "image", "figure", "table",
    "chapter", "step", "it", "and", "or", "not",
))  # fmt: skip


class MarkExtractor:
    """One mention per emphasised term of one to five words that is no sentence, number or address."""

    name = "marks"
    version = VERSION

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [Extraction(r.source.id, tuple(self._mentions(r))) for r in readings]

    def _mentions(self, reading: Reading) -> list[Mention]:
        found = []
        for segment in reading.segments:
            if segment.modality != "text":
                continue
            for start, end, kind in segment.marks:
                surface = segment.text[start:end]
                start += len(surface) - len(surface.lstrip())
                surface = surface.strip().rstrip(":.,;")
                if kind not in KINDS or not is_term(surface, kind):
                    continue
                # A mark on the whole passage is a title of its own, not a term in a sentence.
                if len(surface) >= len(segment.text) - 1 and len(surface.split()) > 3:
                    continue
                target = narrow(segment.target, start, start + len(surface))
                found.append(
                    Mention(
                        mention_iri(target, surface, "Thing", AGENT), target, surface, "Thing", KINDS[kind], AGENT,
                        "text", segment.id, segment.text[:600], nominal=surface == surface.lower(),
                    )
                )  # fmt: skip
        return found


def is_term(text: str, kind: str) -> bool:
    """Whether emphasised words can be a term."""
    words = text.split()
    if not 1 <= len(words) <= MAX_WORDS or len(text) < 2 or words[0].lower() in _STOP:
        return False
    if all(word.lower() in stop_words() for word in words):
        return False
    if re.search(r"https?:|www\.|[.!?;]\s|[=<>{}\[\]|\\/$%#@\"`]|\(\)", text) or not re.search(r"[^\W\d_]{2}", text):
        return False
    if (
        re.match(r"(?i)(how|what|why|when|where|who|which|is|are|do|does|can|use case|step|clarify|design)\b", text)
        and len(words) > 2
    ):
        return False
    if kind == "code":  # identifiers name things, commands and literals do not
        return (
            len(words) == 1
            and bool(re.fullmatch(r"[A-Za-z][\w.-]{2,40}", text))
            and text.lower() not in ("true", "false", "null", "none")
        )
    return True


def extractor(config: Config) -> MarkExtractor:
    """The extractor of ``[mentions] extractors = ["marks"]``."""
    return MarkExtractor()
