"""The text extractor: a spaCy pipeline whose components run our heads on the frozen MiniLM.

Passages, cues and picture labels become spaCy documents; three components add mentions,
clusters and relations; the results are mapped back to characters of the rendition, to
cues and to boxes, so that every surface stands to the letter in its source.
"""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Token

from kgbuild.config import Config
from kgbuild.identity import mention_iri, relation_iri
from kgbuild.mentions.annotate import ENTITIES_AT_ONCE, Annotation, Annotator
from kgbuild.mentions.labels import quoted, seen_as
from kgbuild.sources.language import script
from kgbuild.types import (
    Extraction,
    Issue,
    Mention,
    Reading,
    RelationMention,
    Segment,
    Target,
    TextPosition,
    TimeSpan,
)
from kgbuild.vocab import GENERAL

log = logging.getLogger(__name__)

VERSION = "1"
AGENT = f"text/{VERSION}"
AT_ONCE = 100_000  # characters that are annotated together
LONGEST = 120  # words of a sentence
REACH = 4  # sentences that the evidence of a relation may run over: a reader should be able to check it
LABEL_SCORE = 0.8  # a label has no sentence around it: only sure mentions count there


class Head:
    """A component that runs one head of the network; the first one also runs the encoder."""

    def __init__(self, annotator: Annotator, task: str) -> None:
        self.annotator, self.task = annotator, task

    def __call__(self, doc: Doc) -> Doc:
        if self.task == "mentions":
            doc.user_data["kgbuild"] = self.annotator.encode([[t.text for t in s] for s in sentences_of(doc)])
        annotation: Annotation = doc.user_data["kgbuild"]
        {
            "mentions": self.annotator.find_mentions,
            "clusters": self.annotator.find_clusters,
            "relations": self.annotator.find_relations,
        }[self.task](annotation)
        return doc


def pipeline(annotator: Annotator) -> Language:
    """The spaCy pipeline: rule sentences, then mentions, clusters and relations by our heads.

    The annotation of a document stands in ``doc.user_data["kgbuild"]``.
    """
    import spacy

    nlp = spacy.blank("en")
    nlp.max_length = 20_000_000
    nlp.add_pipe("sentencizer", config={"punct_chars": [".", "!", "?", "…", "。", "！", "？", "\n\n"]})
    for task in ("mentions", "clusters", "relations"):
        name = f"kgbuild_{task}"
        if not Language.has_factory(name):
            Language.factory(name)(lambda nlp, name: Head(annotator, name.removeprefix("kgbuild_")))
        nlp.add_pipe(name)
    return nlp


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters ``[offset, end)`` of a segment; they begin at ``start`` in the text that is read together."""

    segment: Segment
    offset: int
    end: int
    start: int = 0

    @property
    def text(self) -> str:
        return self.segment.text[self.offset : self.end]


class TextExtractor:
    """Mentions, coreference and relations of text, cues and labels. One extraction per reading."""

    name = "text"
    version = VERSION
    languages = frozenset({"en"})

    def __init__(self, config: Config) -> None:
        self.annotator = Annotator(config)
        self.nlp = pipeline(self.annotator)

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions: list[Mention] = []
        relations: list[RelationMention] = []
        lists = 0
        for number, unit in enumerate(_units(reading)):
            found, related, skipped = self._annotate(reading, unit, f"t{number}-")
            mentions += found
            relations += related
            lists += skipped
        message = f"{lists} stretches of text hold more than {ENTITIES_AT_ONCE} names each: no relations there"
        issues = (Issue("extract", "list", message, reading.source.id, severity="warning"),) if lists else ()
        return Extraction(reading.source.id, tuple(mentions), tuple(relations), issues)

    def _annotate(
        self, reading: Reading, unit: list[Piece], prefix: str
    ) -> tuple[list[Mention], list[RelationMention], int]:
        # Cues run on from one to the next; passages and labels stand alone.
        glue = " " if unit[0].segment.modality == "cue" else "\n\n"
        pieces, text = [], ""
        for piece in unit:
            text += glue if text else ""
            pieces.append(replace(piece, start=len(text)))
            text += piece.text
        starts = [p.start for p in pieces]
        doc = self.nlp(text)
        note: Annotation = doc.user_data["kgbuild"]
        sentences = list(sentences_of(doc))
        made: dict[int, Mention] = {}
        cluster_of = {i: n for n, c in enumerate(note.clusters) for i in c}
        for i, span in enumerate(note.mentions):
            words = sentences[span.sentence]
            start, end = words[span.start].idx, words[span.end - 1].idx + len(words[span.end - 1])
            piece = pieces[max(0, bisect_right(starts, start) - 1)]
            sentence = text[words[0].idx : words[-1].idx + len(words[-1])]
            mention = self._mention(
                reading, piece, start, end, span.type, span.score, sentence, f"{prefix}{cluster_of[i]}"
            )
            if mention is not None:
                made[i] = mention
        relations = []
        for r in note.relations:
            if r.subject in made and r.object in made:
                stated = self._relation(reading, pieces, starts, sentences, note, r, made[r.subject], made[r.object])
                if stated is not None:
                    relations.append(stated)
        return list(made.values()), relations, note.lists

    def _mention(
        self,
        reading: Reading,
        piece: Piece,
        start: int,
        end: int,
        kind: int,
        score: float,
        sentence: str,
        cluster: str,
    ) -> Mention | None:
        segment = piece.segment
        a, b = start - piece.start + piece.offset, end - piece.start + piece.offset
        if b > piece.end:
            return None  # runs over the edge of a cue
        surface = segment.text[a:b]
        if segment.text[:a].rstrip()[-1:] in (":", ";") and segment.text[b : b + 1] == ":":
            return None  # the head of a column: "Goldstone: Country: United States; Operator: NASA"
        if segment.modality == "label":
            if score < LABEL_SCORE:
                return None
            target = quoted(segment, a, b)
        else:
            target = narrow(segment.target, a, b)
        label = self.annotator.types[kind]
        return Mention(
            mention_iri(target, surface, label, AGENT), target, surface, label, round(score, 4), AGENT,
            seen_as(segment), segment.id, sentence, cluster,
        )  # fmt: skip

    def _relation(
        self, reading: Reading, pieces: list[Piece], starts: list[int], sentences: list[list[Any]], note: Annotation,
        relation: Any, subject: Mention, object: Mention,
    ) -> RelationMention | None:  # fmt: skip
        predicate = GENERAL + self.annotator.properties[relation.property]["name"]
        first, last = sorted(note.mentions[i].sentence for i in (relation.subject, relation.object))
        if last - first >= REACH:
            return None
        start = sentences[first][0].idx
        end = sentences[last][-1].idx + len(sentences[last][-1])
        near = pieces[max(0, bisect_right(starts, start) - 1) : bisect_left(starts, end)]
        covered = [p.segment for p in near if p.start + len(p.text) > start]
        if covered[0].modality == "label":
            if len(covered) > 1:
                return None  # labels apart from each other state nothing by themselves
            target, surface = covered[0].target, covered[0].text
        else:
            head, tail = next(p for p in near if p.segment is covered[0]), near[-1]
            a = _position(head.segment).start + head.offset + max(0, start - head.start)
            b = _position(tail.segment).start + min(tail.end, tail.offset + end - tail.start)
            outer = _union(covered)
            target = Target(reading.source.id, (*outer, TextPosition(a, b)))
            surface = reading.text[a:b]
        score = round(relation.score * min(subject.score, object.score) ** 0.5, 4)
        return RelationMention(
            relation_iri(subject.id, predicate, object.id, target, AGENT), subject.id, predicate, object.id,
            target, score, AGENT, surface, seen_as(covered[0]),
        )  # fmt: skip


def sentences_of(doc: Doc) -> Iterator[list[Token]]:
    """Words of each sentence; what runs on without an end (lists, logs) is cut."""
    for sentence in doc.sents:
        words = [t for t in sentence if not t.is_space]
        for start in range(0, len(words), LONGEST):
            yield words[start : start + LONGEST]


def _units(reading: Reading) -> list[list[Piece]]:
    """What is read together: all passages, all cues, the labels of each picture; long texts in parts."""
    english = [s for s in reading.segments if s.language in ("", "en") and script(s.text) in ("LATIN", "")]
    texts = [s for s in english if s.modality == "text" and s.text.strip()]
    cues = [s for s in english if s.modality == "cue" and s.text.strip()]
    labels = [s for s in english if s.modality == "label" and len(s.text.split()) > 1]
    pictures = [list(g) for _, g in groupby(labels, key=lambda s: s.target.selectors[:-1])]
    return [part for unit in (texts, cues, *pictures) for part in _parts(unit)]


def _parts(unit: Sequence[Segment]) -> Iterator[list[Piece]]:
    """Runs of at most ``AT_ONCE`` characters: the network's states of a longer text would not fit into memory."""
    part: list[Piece] = []
    size = 0
    for segment in unit:
        offset = 0
        while offset < len(segment.text):
            end = offset + AT_ONCE
            if end < len(segment.text):  # cut between words
                blank = segment.text.rfind(" ", offset, end)
                end = blank + 1 if blank > offset else end
            piece = Piece(segment, offset, min(end, len(segment.text)))
            if part and size + len(piece.text) > AT_ONCE:
                yield part
                part, size = [], 0
            part.append(piece)
            size += len(piece.text)
            offset = piece.end
    if part:
        yield part


def _position(segment: Segment) -> TextPosition:
    position = segment.target.find(TextPosition)
    if position is None:
        raise ValueError(f"segment {segment.id} has text but no position")
    return position


def narrow(target: Target, start: int, end: int) -> Target:
    """The target with its text position narrowed to characters of the segment's text."""
    return Target(
        target.source,
        tuple(
            TextPosition(s.start + start, s.start + end) if isinstance(s, TextPosition) else s for s in target.selectors
        ),
    )


def _union(segments: list[Segment]) -> tuple[Any, ...]:
    """Selectors around the text of several segments: the time from first to last, the page if it is one."""
    first = [s for s in segments[0].target.selectors if not isinstance(s, TextPosition)]
    if len(segments) == 1:
        return tuple(first)
    times = [t for s in segments if (t := s.target.find(TimeSpan)) is not None]
    if times:
        return (TimeSpan(times[0].start, times[-1].end),)
    same = [s for s in first if all(s in other.target.selectors for other in segments)]
    return tuple(same)


def extractor(config: Config) -> TextExtractor:
    """The extractor of ``[mentions] extractors = ["text"]``."""
    return TextExtractor(config)
