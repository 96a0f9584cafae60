"""The Chinese extractor: names, times, quantities, and what whole clauses state of them.

Rules on words that rjieba tags; no trained network. What it finds and how often it is right
stands in ``docs/chinese.md``. Nothing is translated: surfaces and predicates stay Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kgbuild.config import Config
from kgbuild.identity import mention_iri, open_relation_iri, relation_iri
from kgbuild.mentions.chinese_clauses import triples
from kgbuild.mentions.chinese_words import sentences, words
from kgbuild.mentions.pieces import certainty, made_by, spoken
from kgbuild.sources.language import SPOKEN
from kgbuild.types import Extraction, Mention, Reading, RelationMention, Segment

VERSION = "1"
AGENT = f"chinese/{VERSION}"
Range = tuple[int, int]  # characters of a segment
# Characters that nobody sees: zero width, soft hyphen, direction marks, variation selectors.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")


class ChineseExtractor:
    """Mentions and open relations of passages and cues in Chinese. One extraction per reading."""

    name = "chinese"
    version = VERSION
    languages = frozenset({"zh"})

    def __init__(self, config: Config) -> None:
        self.base = config["graph"]["base"]

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions: dict[str, Mention] = {}
        relations: dict[str, RelationMention] = {}
        for segment in reading.segments:
            if segment.language == "zh" and segment.modality in SPOKEN:
                for found, stated in self._sentences(segment):
                    mentions.update({m.id: m for m in found})
                    relations.update({r.id: r for r in stated})
        return Extraction(reading.source.id, tuple(mentions.values()), tuple(relations.values()))

    def _sentences(self, segment: Segment) -> Iterator[tuple[list[Mention], list[RelationMention]]]:
        visible, places = _visible(segment.text)
        for start, sentence in sentences(visible):
            tagged = words(sentence, start)
            context = segment.text[places[start] : places[start + len(sentence) - 1] + 1].strip()
            made: dict[Range, Mention] = {}
            for w in tagged:
                if w.label:
                    span = places[w.start], places[w.end - 1] + 1
                    made[span] = _mention(segment, span, w.label, w.score * certainty(segment), context)
            stated = []
            for t in triples(tagged):
                ends = []
                for phrase in (t.subject, t.object):
                    span = places[phrase.start], places[phrase.end - 1] + 1
                    if span not in made:
                        nominal = not phrase.words[-1].label
                        made[span] = _mention(segment, span, "Thing", 0.6, context, nominal=nominal)
                    ends.append(made[span])
                span = places[t.start], places[t.end - 1] + 1
                score = t.score * certainty(segment)
                stated.append(self._relation(segment, ends[0], t.predicate, ends[1], span, score))
            yield list(made.values()), stated

    def _relation(
        self, segment: Segment, subject: Mention, verb: str, object: Mention, span: Range, score: float
    ) -> RelationMention:
        predicate = open_relation_iri(self.base, verb)
        target = spoken(segment, *span)
        agent = made_by(AGENT, segment)
        iri = relation_iri(subject.id, predicate, object.id, target, agent)
        surface = segment.text[slice(*span)]
        return RelationMention(
            iri, subject.id, predicate, object.id, target, score, agent, surface, segment.modality, phrase=verb
        )


def _mention(
    segment: Segment, span: Range, label: str, score: float, context: str, *, nominal: bool = False
) -> Mention:
    surface, target = segment.text[slice(*span)], spoken(segment, *span)
    agent = made_by(AGENT, segment)
    iri = mention_iri(target, surface, label, agent)
    return Mention(iri, target, surface, label, score, agent, segment.modality, segment.id, context, nominal=nominal)


def _visible(text: str) -> tuple[str, Sequence[int]]:
    """The text without characters that nobody sees, and where each of the others stands in it.

    A lone surrogate, which no encoder of UTF-8 takes, is replaced by U+FFFD: as many characters stay.
    """
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    if not _INVISIBLE.search(text):
        return text, range(len(text))
    places = [i for i, c in enumerate(text) if not _INVISIBLE.match(c)]
    return "".join(text[i] for i in places), places


def extractor(config: Config) -> ChineseExtractor:
    """The extractor of ``[mentions] extractors = ["chinese"]``."""
    return ChineseExtractor(config)
