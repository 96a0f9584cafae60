"""Relation mentions over entities become statements with all their evidence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType

from kgbuild.embeddings import LITERALS
from kgbuild.identity import statement_iri
from kgbuild.statements.values import as_asked, literal
from kgbuild.types import Entity, Evidence, Extraction, Mention, Reading, RelationMention, Statement, Value
from kgbuild.vocab import CORE

CEILING = 0.999
_HEARD = ("video/", "audio/")  # media types of recordings
_SENTENCE = 6  # blanks from which the same words in two sources are a copy, not a label or a short phrase


def draft(
    extractions: Sequence[Extraction], entities: Sequence[Entity], base: str,
    asked: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> list[Statement]:  # fmt: skip
    """One statement per (subject, predicate, object, status), in the order of their IRIs, not yet gated.

    ``asked``: the datatypes that a property takes, where it takes no others.

    What is denied, said or only possible is in quarantine from here on: no gate lets it become a fact.

    A relation from a date or number has no subject that RDF can name and is passed over. A relation holds between
    coreference clusters: where alignment has torn one apart, it counts in full for the part with most mentions only.
    """
    owner = {m: e.id for e in entities for m in e.mentions}
    evidence: dict[tuple[str, str, str | Value, str], dict[str, Evidence]] = defaultdict(dict)
    for extraction in extractions:
        mentions = {m.id: m for m in extraction.mentions}
        share = _shares(extraction.mentions, owner)
        for r in extraction.relations:
            subject, object = owner.get(r.subject), _object(r, mentions, owner, asked)
            if subject is not None and object is not None:
                # An open relation holds between the two mentions themselves, whatever became of their clusters.
                part = 1.0 if r.phrase else share.get(r.subject, 1.0) * share.get(r.object, 1.0)
                evidence[subject, r.predicate, object, r.status][r.id] = Evidence(
                    r.id, r.target, r.surface, round(r.score * part, 4), r.agent, r.modality
                )
    notes = {r.id: r.note for e in extractions for r in e.relations if r.note}
    made = []
    for (s, p, o, status), found in evidence.items():
        ordered = tuple(found[i] for i in sorted(found))
        key = f"{o.lexical}^^{o.datatype}@{o.language}" if isinstance(o, Value) else o
        ident = statement_iri(base, s, p, key, status)
        why = sorted({notes[i] for i in found if i in notes})
        held, reason = ("asserted", "") if status == "asserted" else ("quarantined", f"{status}: {' / '.join(why)}")
        made.append(Statement(ident, s, p, o, ordered, combine(ordered), held, reason))
    return sorted(made, key=lambda s: s.id)


def _object(
    r: RelationMention, mentions: Mapping[str, Mention], owner: Mapping[str, str], asked: Mapping[str, frozenset[str]]
) -> str | Value | None:
    if r.object in owner:
        return owner[r.object]
    m = mentions.get(r.object)
    if m is None or m.label not in LITERALS:
        return None
    value = literal(m.label, m.surface)
    return as_asked(value, m.surface, asked[r.predicate]) if r.predicate in asked else value


def _shares(mentions: Sequence[Mention], owner: Mapping[str, str]) -> dict[str, float]:
    """For each mention of a cluster: 1 if its entity holds more of it than any other, else the part that it holds."""
    held: dict[str, Counter[str]] = defaultdict(Counter)
    for m in mentions:
        if m.cluster and m.id in owner:
            held[m.cluster][owner[m.id]] += 1
    found = {}
    for m in mentions:
        if m.cluster and m.id in owner:
            counts = held[m.cluster]
            own, (first, *others) = counts[owner[m.id]], sorted(counts.values(), reverse=True)
            leads = own == first and own not in others
            found[m.id] = 1.0 if leads else own / counts.total()
    return found


def combine(evidence: Sequence[Evidence], scores: Sequence[float] = ()) -> float:
    """Noisy-or over independent evidence: the best score of each source and modality counts once.

    A source that says it twice is no surer for it, nor is a sentence that another source has copied. ``scores``: those
    of the evidence, if it has others than its own.
    """
    scores = scores or [e.score for e in evidence]
    if len(scores) == 1:
        return _at_most(1 - min(scores[0], CEILING))
    heard: set[tuple[str, str] | str] = set()
    doubt = 1.0
    for score, e in sorted(zip(scores, evidence, strict=True), key=lambda pair: (-pair[0], pair[1].id)):
        witness, words = (e.target.source, e.modality), " ".join(e.surface.split())
        if witness not in heard and words not in heard:
            heard.add(witness)
            doubt *= 1 - min(score, CEILING)
        if words.count(" ") >= _SENTENCE:
            heard.add(words)
    return _at_most(doubt)


def _at_most(doubt: float) -> float:
    return round(min(CEILING, 1 - doubt), 4)


def source_links(readings: Iterable[Reading]) -> list[tuple[str, str, str]]:
    """(source, predicate, source): documents that show pictures of the corpus, subtitles of videos and audio."""
    readings = list(readings)
    by_path = {r.source.path: r.source for r in readings}
    by_stem = {
        str(PurePosixPath(r.source.path).with_suffix("")): r.source
        for r in readings
        if r.source.media_type.startswith(_HEARD)
    }
    links = set()
    for r in readings:
        for s in r.segments:
            if s.modality == "link":
                shown = by_path.get(dict(s.context).get("link", ""))
                if shown is not None:
                    links.add((r.source.id, CORE + "references", shown.id))
        if any(s.modality == "cue" for s in r.segments) and not r.source.media_type.startswith(_HEARD):
            recording = by_stem.get(str(PurePosixPath(r.source.path).with_suffix("")))
            if recording is not None:
                links.add((r.source.id, CORE + "transcriptOf", recording.id))
    return sorted(links)
