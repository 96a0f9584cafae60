"""Extractors turn segments into mentions and relation mentions, each anchored in its source.

An extractor has ``derive(reading)`` (new segments, such as labels read in pictures),
``__call__(readings)`` (one extraction per reading), or both. One that reads only some
languages names them in ``languages`` (codes of ISO 639) and passes over the others; one that reads whatever language
has ``every_language``, and ``wanted`` as long as it does so.
One whose model cannot be used raises ``ModelUnavailable`` when it first needs it, never when it is made: the others
go on, and the source's issue says so. Any other ``ModelError`` ends the build.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kgbuild import registry
from kgbuild.config import Config
from kgbuild.errors import ModelError, ModelUnavailable
from kgbuild.sources.language import SPOKEN, detect, label_language
from kgbuild.types import Extraction, Issue, Mention, Reading, RelationMention, Segment, Source, Target, TextQuote

log = logging.getLogger(__name__)

__all__ = ["extract", "load", "unavailable"]


def load(config: Config) -> list[Any]:
    """The extractors that ``[mentions]`` names, in its order."""
    return [registry.load("extractors", name)(config) for name in config["mentions"]["extractors"]]


def extract(reading: Reading, extractors: Sequence[Any]) -> tuple[Reading, Extraction]:
    """The reading with derived segments, and everything that the extractors find in it.

    An extractor that fails on this source makes an issue; the others go on.
    """
    issues: list[Issue] = []
    for one in extractors:
        if hasattr(one, "derive"):
            try:
                reading = replace(reading, segments=(*reading.segments, *one.derive(reading)))
            except ModelUnavailable as err:
                issues.append(unavailable(reading.source, err))
            except ModelError:
                raise
            except Exception as err:  # the border: this source's issue, nobody else's
                issues.append(_failed(reading, one, err))
    labelled = (
        replace(s, language=detect(s.text)) if s.modality in ("label", "caption") else s for s in reading.segments
    )
    reading = replace(reading, segments=tuple(labelled))
    mentions: list[Mention] = []
    relations: list[RelationMention] = []
    for one in extractors:
        if callable(one):
            try:
                (found,) = one([reading])
            except ModelUnavailable as err:
                issues.append(unavailable(reading.source, err))
                continue
            except ModelError:
                raise
            except Exception as err:
                issues.append(_failed(reading, one, err))
                continue
            mentions += found.mentions
            relations += found.relations
            issues += found.issues
    issues += _unread(reading, extractors)
    kept, renamed = _without_repeats(mentions)
    kept = _with_languages(reading, kept)
    relations = [
        replace(r, subject=renamed.get(r.subject, r.subject), object=renamed.get(r.object, r.object)) for r in relations
    ]
    unique = {r.id: r for r in relations}
    return reading, Extraction(reading.source.id, tuple(kept), tuple(unique.values()), tuple(dict.fromkeys(issues)))


def unavailable(source: Source, err: ModelUnavailable) -> Issue:
    """The issue of a source that was read without a model that the configuration names."""
    return Issue("extract", "model-unavailable", str(err), source.id)


def _failed(reading: Reading, one: Any, err: Exception) -> Issue:
    log.debug("%s failed on %s", one.name, reading.source.path, exc_info=True)
    return Issue("extract", "extractor-failed", f"{one.name}: {type(err).__name__}: {err}"[:300], reading.source.id)


def _with_languages(reading: Reading, mentions: Sequence[Mention]) -> list[Mention]:
    """Each mention with the language of its passage, else of its document, if it is written like it."""
    spoken = {s.id: s.language for s in reading.segments if s.language}
    written = reading.source.language
    return [replace(m, language=label_language(m.surface, spoken.get(m.segment, written))) for m in mentions]


def _unread(reading: Reading, extractors: Sequence[Any]) -> list[Issue]:
    """One issue per language that stands in the source and that no extractor of sentences reads."""
    if any(getattr(one, "every_language", False) and one.wanted for one in extractors):
        return []
    covered = {code for one in extractors for code in getattr(one, "languages", ())}
    found: dict[str, list[Segment]] = {}
    for s in reading.segments:
        if covered and s.language and s.language not in covered and s.modality in (*SPOKEN, "label", "caption"):
            found.setdefault(s.language, []).append(s)
    return [
        Issue(
            "extract", "language",
            f"passages in {_language_name(code)}: {len(segments)}; no configured extractor reads this language, "
            "so no names or relations are taken from their sentences",
            reading.source.id, segments[0].target, "warning",
        )
        for code, segments in sorted(found.items())
    ]  # fmt: skip


def _language_name(code: str) -> str:
    """English name and code: spaCy's classes are named by language."""
    from spacy.util import get_lang_class

    try:
        return f"{get_lang_class(code).__name__} ({code})"
    except ImportError:  # a language that spaCy does not know
        return f"the language {code!r}"


def _without_repeats(mentions: Sequence[Mention]) -> tuple[list[Mention], dict[str, str]]:
    """One mention per place: of several extractors' the one that knows the type, else the first."""
    best: dict[tuple[Target, str], Mention] = {}
    for m in mentions:
        old = best.get(_place(m))
        if old is None or _knows(m.label) > _knows(old.label):
            best[_place(m)] = m
    renamed = {m.id: best[_place(m)].id for m in mentions if best[_place(m)].id != m.id}
    return list(best.values()), renamed


def _knows(label: str) -> int:
    """How much a label says: a class of the user's own more than a general one, and that more than "Thing"."""
    return 2 if "://" in label else int(label != "Thing")


def _place(mention: Mention) -> tuple[Target, str]:
    selectors = tuple(s for s in mention.target.selectors if not isinstance(s, TextQuote))
    return Target(mention.target.source, selectors), mention.surface
