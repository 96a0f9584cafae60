"""Extractors turn segments into mentions and relation mentions, each anchored in its source.

An extractor has ``derive(readings)`` (a ``Derived`` per reading: new segments, such as labels read in pictures),
``__call__(readings)`` (one extraction per reading), ``follow(reading, mentions)`` (a ``Following``, from what all have
found; to be cheap, since it is made anew whenever a part of the extraction is), or several of them. One that says
``across`` gets many readings at once, for its model's batches; what it finds in one must not hang on the others.
What a model needs and the configuration names, ``parts.part_key`` is told by ``roles`` and ``depends``.
One that reads only some languages names them in ``languages`` (codes of ISO 639) and passes over the others; one that
reads whatever language has ``every_language``, and ``wanted`` as long as it does so.
One whose model cannot be used raises ``ModelUnavailable`` when it first needs it, never when it is made: the others
go on, and the source's issue says so. Any other ``ModelError`` ends the build.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from kgbuild import registry
from kgbuild.config import Config
from kgbuild.errors import ModelError, ModelUnavailable
from kgbuild.mentions.parts import Parts, digest, part_key
from kgbuild.sources.language import SPOKEN, detect, label_language
from kgbuild.types import (
    TRANSIENT,
    Derived,
    Extraction,
    Issue,
    Mention,
    Reading,
    Segment,
    Source,
    Target,
    TextPosition,
    TextQuote,
)

log = logging.getLogger(__name__)

__all__ = ["extract", "extract_all", "load", "unavailable"]

Made = TypeVar("Made", Derived, Extraction)


def load(config: Config) -> list[Any]:
    """The extractors that ``[mentions]`` names, in its order."""
    return [registry.load("extractors", name)(config) for name in config["mentions"]["extractors"]]


def extract(reading: Reading, extractors: Sequence[Any]) -> tuple[Reading, Extraction]:
    """The reading with derived segments, and everything that the extractors find in it."""
    return extract_all([reading], extractors)[0]


def extract_all(
    readings: Sequence[Reading], extractors: Sequence[Any], *, config: Config | None = None,
    parts: Sequence[Parts] | None = None,
) -> list[tuple[Reading, Extraction]]:  # fmt: skip
    """The same of several readings: extractors that say ``across`` get all of them at once, others each alone.

    ``config`` and ``parts``, one for each reading: what is kept there is not made again. An extractor that fails on
    a source makes an issue; the others go on.
    """
    run = _Run([*readings], config, parts or [Parts(None, "")] * len(readings))
    for one in extractors:
        if hasattr(one, "derive"):
            for n, derived in enumerate(run.results(one, one.derive, Derived)):
                run.take(n, derived)
    run.label()
    found = [run.results(one, one, Extraction) for one in extractors if callable(one)]
    return [
        _combined(reading, [own[n] for own in found], run.issues[n], extractors)
        for n, reading in enumerate(run.readings)
    ]


class _Run:
    """Readings on their way through the extractors, and the issues so far."""

    def __init__(self, readings: list[Reading], config: Config | None, parts: Sequence[Parts]) -> None:
        self.readings, self._config, self._parts = readings, config, parts
        self.issues: list[list[Issue]] = [[] for _ in readings]
        self._digests: dict[tuple[int, frozenset[str] | None], str] = {}

    def take(self, n: int, derived: Derived) -> None:
        """Lay derived segments into a reading."""
        self.issues[n] += derived.issues
        if derived.segments:
            self._change(n, placed(self.readings[n], derived.segments))

    def label(self) -> None:
        """The language of what was derived."""
        for n, reading in enumerate(self.readings):
            labelled = (
                replace(s, language=detect(s.text)) if s.modality in ("label", "caption") else s
                for s in reading.segments
            )
            self._change(n, replace(reading, segments=tuple(labelled)))

    def results(self, one: Any, work: Callable[[Sequence[Reading]], Sequence[Made]], kind: type[Made]) -> list[Made]:
        """What ``work`` of an extractor makes of each reading, kept or new."""
        keys = [self._key(one, kind, n) for n in range(len(self.readings))]
        made = {n: kept for n, key in enumerate(keys) if (kept := self._parts[n].get(key, kind)) is not None}
        todo = [n for n in range(len(keys)) if n not in made]
        groups = [todo] if getattr(one, "across", False) else [[n] for n in todo]
        for n, result, passing in (r for group in groups if group for r in self._work(one, work, kind, group)):
            made[n] = result
            if not passing:
                self._parts[n].put(keys[n], result)
        return [made[n] for n in range(len(keys))]

    def _key(self, one: Any, kind: type[Made], n: int) -> str:
        if self._config is None:
            return ""
        reading, reads = self.readings[n], getattr(one, "reads", None)
        if (seen := self._digests.get((n, reads))) is None:
            seen = self._digests[n, reads] = digest(reading, reads)
        return part_key(one, self._config, seen, kind, len(reading.segments) if kind is Derived else 0)

    def _change(self, n: int, reading: Reading) -> None:
        self.readings[n] = reading
        for key in [key for key in self._digests if key[0] == n]:
            del self._digests[key]

    def _work(
        self, one: Any, work: Callable[[Sequence[Reading]], Sequence[Made]], kind: type[Made], group: Sequence[int]
    ) -> Iterator[tuple[int, Made, bool]]:
        """Number of the reading, result, and whether a later build may have another."""
        try:
            for n, result in zip(group, work([self.readings[n] for n in group]), strict=True):
                yield n, result, any(i.code in TRANSIENT for i in result.issues)
        except Exception as err:  # the border: this source's issue, nobody else's
            if isinstance(err, ModelError) and not isinstance(err, ModelUnavailable):
                raise
            if len(group) > 1:  # whose fault it is, each alone shows
                for n in group:
                    yield from self._work(one, work, kind, [n])
                return
            source = self.readings[group[0]].source
            issue = unavailable(source, err) if isinstance(err, ModelUnavailable) else _failed(source, one, err)
            empty: Any = Derived() if kind is Derived else Extraction(source.id)
            yield group[0], replace(empty, issues=(issue,)), issue.code in TRANSIENT


def _combined(
    reading: Reading, found: Sequence[Extraction], issues: list[Issue], extractors: Sequence[Any]
) -> tuple[Reading, Extraction]:
    """One extraction of all that was found in a reading, with what follows from it."""
    mentions = [m for one in found for m in one.mentions]
    relations = [r for one in found for r in one.relations]
    events = [e for one in found for e in one.events]
    issues = [*issues, *(i for one in found for i in one.issues), *_unread(reading, extractors)]
    kept, renamed = _without_repeats(mentions)
    kept = _with_languages(reading, kept)
    relations = [
        replace(r, subject=renamed.get(r.subject, r.subject), object=renamed.get(r.object, r.object)) for r in relations
    ]
    unique = {r.id: r for r in relations}
    for one in extractors:
        if hasattr(one, "follow"):
            try:
                following = one.follow(reading, kept)
                events += following.events
                kept = _joined(kept, following.same)
            except ModelUnavailable as err:
                issues.append(unavailable(reading.source, err))
            except ModelError:
                raise
            except Exception as err:
                issues.append(_failed(reading.source, one, err))
    told = tuple(dict.fromkeys(issues))
    return reading, Extraction(reading.source.id, tuple(kept), tuple(unique.values()), told, tuple(events))


def placed(reading: Reading, derived: Sequence[Segment]) -> Reading:
    """The reading with derived segments. The text of those that are language (a transcript, a caption) goes to the end
    of the rendition, where it gets its place.
    """
    text, segments = reading.text, list(reading.segments)
    for s in derived:
        if s.modality in SPOKEN and s.text.strip() and s.target.find(TextPosition) is None:
            start = len(text) + 2 if text else 0
            text += ("\n\n" if text else "") + s.text
            s = replace(
                s, target=s.target.within(TextPosition(start, len(text))), language=s.language or detect(s.text)
            )
        segments.append(s)
    return replace(reading, text=text, segments=tuple(segments))


def unavailable(source: Source, err: ModelUnavailable, stage: str = "extract") -> Issue:
    """The issue of a source that was read without a model that the configuration names."""
    return Issue(stage, "model-unusable" if err.lasting else "model-unavailable", str(err), source.id)


def _failed(source: Source, one: Any, err: Exception) -> Issue:
    log.debug("%s failed on %s", one.name, source.path, exc_info=True)
    return Issue("extract", "extractor-failed", f"{one.name}: {type(err).__name__}: {err}"[:300], source.id)


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


def _joined(mentions: Sequence[Mention], same: Sequence[tuple[str, ...]]) -> list[Mention]:
    """The mentions, those of each group in one cluster."""
    cluster = {id: group[0] for group in same for id in group}
    return [replace(m, cluster=m.cluster or cluster.get(m.id, "")) for m in mentions]


def _place(mention: Mention) -> tuple[Target, str]:
    selectors = tuple(s for s in mention.target.selectors if not isinstance(s, TextQuote))
    return Target(mention.target.source, selectors), mention.surface
