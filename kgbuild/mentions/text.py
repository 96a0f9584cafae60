"""The text extractor: our spaCy pipeline over passages, cues and picture labels.

The results are mapped back to characters of the rendition, to cues and to boxes, so that
every surface stands to the letter in its source.
"""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from spacy.tokens import Token

from kgbuild.config import Config
from kgbuild.identity import mention_iri, open_relation_iri, relation_iri
from kgbuild.mentions.annotate import ENTITIES_AT_ONCE, Annotation
from kgbuild.mentions.component import Component, pipeline, sentences_of, tokens_of
from kgbuild.mentions.labels import quoted, seen_as
from kgbuild.mentions.opens import End, OpenRelation, open_relations
from kgbuild.mentions.pieces import Piece, certainty, lead_of, made_by, narrow, position, spoken, union, units
from kgbuild.types import Extraction, Issue, Mention, Reading, RelationMention, Target, TextPosition
from kgbuild.vocab import GENERAL

__all__ = ["TextExtractor", "extractor", "narrow", "pipeline", "sentences_of"]

log = logging.getLogger(__name__)

VERSION = "1"
AGENT = f"text/{VERSION}"
OPEN_AGENT = f"open/{VERSION}"
REACH = 4  # sentences that the evidence of a relation may run over: a reader should be able to check it
LABEL_SCORE = 0.8  # a label has no sentence around it: only sure mentions count there
NOUN_SCORE = 0.9  # a noun phrase is as sure as the relation that needs it: its own score only marks it as found by rule
MARKS = frozenset({"strong", "link", "code"})


@dataclass(frozen=True, slots=True)
class Passage:
    """What was read together: the text, where its pieces stand, its sentences, and what the network says of it."""

    reading: Reading
    pieces: list[Piece]
    text: str
    sentences: list[list[Token]]
    note: Annotation

    def number(self, at: int) -> int:
        """The number of the piece that holds a character."""
        return max(0, bisect_right([p.start for p in self.pieces], at) - 1)

    def characters(self, sentence: int, start: int, end: int) -> tuple[int, int]:
        """The characters of words ``[start, end)`` of a sentence."""
        words = self.sentences[sentence]
        return words[start].idx, words[end - 1].idx + len(words[end - 1])


class TextExtractor:
    """Mentions, coreference and relations of text, cues and labels. One extraction per reading."""

    name = "text"
    version = VERSION
    languages = frozenset({"en"})

    def __init__(self, config: Config) -> None:
        self.nlp = pipeline(config)
        component = self.nlp.get_pipe("kgbuild")
        assert isinstance(component, Component)
        self.component, self.annotator = component, component.annotator
        self.base = config["graph"]["base"]
        self.opens: bool = config["text"]["open_relations"]

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions: list[Mention] = []
        relations: list[RelationMention] = []
        lists = 0
        for number, unit in enumerate(units(reading)):
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
        doc = tokens_of(self.nlp, text)
        note = self.component.annotate(doc)
        passage = Passage(reading, pieces, text, list(sentences_of(doc)), note)
        made: dict[int, Mention] = {}
        cluster_of = {i: n for n, c in enumerate(note.clusters) for i in c}
        for i, span in enumerate(note.mentions):
            end = End(span.sentence, span.start, span.end, self.annotator.types[span.type], i)
            mention = self._mention(passage, end, span.score, f"{prefix}{cluster_of[i]}")
            if mention is not None:
                made[i] = mention
        relations = []
        for r in note.relations:
            if r.subject in made and r.object in made:
                predicate = GENERAL + self.annotator.properties[r.property]["name"]
                first, last = sorted(note.mentions[i].sentence for i in (r.subject, r.object))
                stated = self._relation(passage, (first, last), made[r.subject], predicate, made[r.object], r.score)
                if stated is not None:
                    relations.append(stated)
        found = {m.id: m for m in made.values()}
        if self.opens and pieces[0].segment.modality != "label":
            relations += self._open(passage, made, found)
        return list(found.values()), relations, note.lists

    # -- open relations --

    def _open(self, passage: Passage, made: dict[int, Mention], found: dict[str, Mention]) -> list[RelationMention]:
        """Open relations; the noun phrases that they need are added to ``found``."""
        relations = []
        marks, leads = _marks(passage), _leads(passage)
        for o in open_relations(passage.note, self.annotator.types, marks=marks, leads=leads):
            ends = [
                made.get(e.mention) if e.mention >= 0 else self._mention(passage, e, NOUN_SCORE, "")
                for e in (o.subject, o.object)
            ]
            subject, object = ends
            if subject is None or object is None or subject.id == object.id:
                continue
            stated = self._opened(passage, o, subject, object)
            if stated is not None:
                found.update({m.id: m for m in (subject, object)})
                relations.append(stated)
        return relations

    def _opened(self, passage: Passage, o: OpenRelation, subject: Mention, object: Mention) -> RelationMention | None:
        predicate = open_relation_iri(self.base, o.relation)
        stated = self._relation(
            passage, (o.sentence, o.sentence), subject, predicate, object, o.score, agent=OPEN_AGENT
        )
        return stated and replace(stated, phrase=o.relation, status=o.status, note=o.note)

    # -- places --

    def _mention(
        self, passage: Passage, end: End, score: float, cluster: str
    ) -> Mention | None:  # fmt: skip
        start, stop = passage.characters(end.sentence, end.start, end.end)
        piece = passage.pieces[passage.number(start)]
        segment = piece.segment
        a, b = start - piece.start + piece.offset, stop - piece.start + piece.offset
        if b > piece.end:
            return None  # runs over the edge of a cue
        surface = segment.text[a:b]
        if segment.text[:a].rstrip()[-1:] in (":", ";") and segment.text[b : b + 1] == ":":
            return None  # the head of a column: "Goldstone: Country: United States; Operator: NASA"
        if segment.modality in ("label", "caption"):
            if segment.modality == "label" and score < LABEL_SCORE:
                return None
            target = quoted(segment, a, b)
        else:
            target = spoken(segment, a, b)
        score *= certainty(segment)
        agent = made_by(AGENT if end.mention >= 0 else OPEN_AGENT, segment)
        words = passage.sentences[end.sentence]
        sentence = passage.text[words[0].idx : words[-1].idx + len(words[-1])]
        return Mention(
            mention_iri(target, surface, end.label, agent), target, surface, end.label, round(score, 4), agent,
            seen_as(segment), segment.id, sentence, cluster, end.nominal,
        )  # fmt: skip

    def _relation(
        self, passage: Passage, sentences: tuple[int, int], subject: Mention, predicate: str, object: Mention,
        score: float, *, agent: str = AGENT,
    ) -> RelationMention | None:  # fmt: skip
        """The relation with the sentences from first to last as its place; None if nobody could check it there."""
        first, last = sentences
        if last - first >= REACH:
            return None
        pieces = passage.pieces
        start = passage.sentences[first][0].idx
        end = passage.sentences[last][-1].idx + len(passage.sentences[last][-1])
        near = pieces[passage.number(start) : bisect_left([p.start for p in pieces], end)]
        covered = [p.segment for p in near if p.start + len(p.text) > start]
        if covered[0].modality in ("label", "caption"):
            if len(covered) > 1:
                return None  # labels apart from each other state nothing by themselves
            target, surface = covered[0].target, covered[0].text
        else:
            head, tail = next(p for p in near if p.segment is covered[0]), near[-1]
            a = position(head.segment).start + head.offset + max(0, start - head.start)
            b = position(tail.segment).start + min(tail.end, tail.offset + end - tail.start)
            target = Target(passage.reading.source.id, (*union(covered), TextPosition(a, b)))
            surface = passage.reading.text[a:b]
        score, agent = score * min(map(certainty, covered)), made_by(agent, covered[0])
        return RelationMention(
            relation_iri(subject.id, predicate, object.id, target, agent), subject.id, predicate, object.id,
            target, round(score, 4), agent, surface, seen_as(covered[0]),
        )  # fmt: skip


def _marks(passage: Passage) -> dict[int, list[tuple[int, int]]]:
    """Per sentence, the ranges of words that the author set off (bold, linked, code)."""
    found: dict[int, list[tuple[int, int]]] = {}
    for s, words in enumerate(passage.sentences):
        piece = passage.pieces[passage.number(words[0].idx)]
        for a, b, kind in piece.segment.marks:
            a, b = a - piece.offset + piece.start, b - piece.offset + piece.start
            inside = [i for i, t in enumerate(words) if a <= t.idx and t.idx + len(t) <= b]
            if kind in MARKS and inside and len(inside) <= 5:
                found.setdefault(s, []).append((inside[0], inside[-1] + 1))
    return found


def _leads(passage: Passage) -> dict[int, int]:
    """The first sentence of each list item, with the sentence that the list goes on from."""
    sentences: dict[int, list[int]] = {}
    for s, words in enumerate(passage.sentences):
        sentences.setdefault(passage.number(words[0].idx), []).append(s)
    found = {}
    for n, own in sentences.items():
        lead = lead_of(passage.pieces, n)
        if lead in sentences:
            found[own[0]] = sentences[lead][-1]
    return found


def extractor(config: Config) -> TextExtractor:
    """The extractor of ``[mentions] extractors = ["text"]``."""
    return TextExtractor(config)
