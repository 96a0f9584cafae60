"""Where a statement comes from: every piece of evidence with its place, opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kgbuild.errors import QueryError
from kgbuild.identity import source_iri
from kgbuild.queries.crops import Pictured
from kgbuild.queries.events import PART_OF, kind_of, named, seen
from kgbuild.queries.places import Annotation, Provenance, describe
from kgbuild.queries.shares import Decided, Shares
from kgbuild.queries.store import check, generation, open_store
from kgbuild.statements.reason import RULES
from kgbuild.types import Target, TextPosition
from kgbuild.vocab import CORE, LABEL, OA, OWL, RDF, SKOS, TYPE, words

if TYPE_CHECKING:
    import pyoxigraph

KINDS = ("Statement", "InferredStatement", "QuarantinedStatement", "Mention", "SamePicture")
_DEEP = 12  # steps of a derivation that are followed
_AROUND = 160  # characters shown before and after a span


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence. ``before``, ``marked``, ``after`` cut out the text around the span, if it is text.

    ``picture`` is the file, under the workspace, of the picture or frame that shows it, "" if there is none.
    ``decided``: of a mention, how much its text, picture, layout and links decided of its fused vector, if it has one.
    """

    id: str
    path: str
    place: str
    target: Target
    surface: str
    modality: str
    confidence: float
    agent: str
    before: str = ""
    marked: str = ""
    after: str = ""
    picture: str = ""
    decided: Shares = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """``kind``: one of ``KINDS``, ``RelationMention``, ``Entity``, ``Event`` or ``Source``. ``text`` says it in words.

    Of an inferred statement ``rule`` says what it follows by, in words, and ``premises`` explain what it follows from,
    down to evidence; of a corrected one, what was done and what it was made of. ``decided``: as of a piece, over all.
    ``more``: pieces of evidence that were left out.
    ``note``: what else its source says that makes a statement more or less sure, in log-odds.
    """

    id: str
    kind: str
    text: str
    confidence: float
    reason: str
    evidence: tuple[Piece, ...]
    rule: str = ""
    premises: tuple[Explanation, ...] = ()
    decided: Shares = ()
    more: int = 0
    note: str = ""


def explain(out: str | Path, what: str, *, store: pyoxigraph.Store | None = None, most: int = 0) -> Explanation:
    """The evidence of a statement or entity by IRI or by the IRI's last part; of a mention, relation or event of a
    video by its IRI.

    Of a source, by its path or IRI: the places of other sources that show the same picture.

    ``store``: that of the graph, if it is open already. ``most``: pieces of evidence for each, the surest; 0: all.
    Raises ``QueryError`` if the graph does not know it.
    """
    folder = generation(out)
    provenance = Provenance(store or open_store(out), folder)
    texts = Texts(folder, provenance)
    return _explain(provenance, texts, _find(provenance, what), _DEEP, most)


def _explain(provenance: Provenance, texts: Texts, iri: str, deep: int, most: int) -> Explanation:
    found = provenance.properties(iri)
    kinds = {t.removeprefix(CORE) for t in found.get(TYPE, ())}
    kind = next((k for k in KINDS if k in kinds), "Entity")
    if kind == "SamePicture" or CORE + "path" in found:
        return _depicted(provenance, texts, iri)
    if kind == "Mention":
        mention = provenance.mention(iri)
        piece = texts.piece(mention)
        text = f"{mention.surface} names {_name(provenance, mention.body)}"
        return Explanation(iri, kind, text, mention.confidence, "", (piece,), decided=piece.decided)
    if kind_of(found):
        return _event(provenance, texts, iri)
    if not found:
        relation = provenance.evidence(relation=iri)[0]
        status = relation.status.removeprefix("asserted")  # a relation that is denied, said or only possible
        piece = texts.piece(relation)
        return Explanation(iri, "RelationMention", relation.surface, relation.confidence, status, (piece,))
    if kind == "Entity":
        mentions = provenance.subjects(OA + "hasBody", iri)
        more = max(0, len(mentions) - most) if most else 0
        annotations = [provenance.mention(m) for m in (provenance.surest(iri, most) if more else mentions)]
        types = ", ".join(sorted(words(t) for t in found.get(TYPE, ())))
        text = f"{_name(provenance, iri)} is {'an' if types[:1] in 'aeiou' else 'a'} {types}"
        for score in found.get(CORE + "typeConfidence", ()):
            text += f" (the finer of it by likeness to the class's description: {float(score):.2f})"
        text += "".join(f"; {reason}" for reason in _refused_classes(provenance, iri))
        for item in sorted({i for p in (OWL + "sameAs", SKOS + "exactMatch") for i in found.get(p, ())}):
            text += f"; the same as {item}"
    else:
        annotations = sorted(provenance.evidence(statement=iri), key=lambda a: (-a.confidence, a.id))
        more = max(0, len(annotations) - most) if most else 0
        annotations = annotations[: most or None]
        parts = [found[RDF + p][0] for p in ("subject", "predicate", "object")]
        text = " ".join(_name(provenance, p) for p in parts)
    pieces = [texts.piece(a) for a in annotations]
    pieces.sort(key=lambda p: (-p.confidence, p.id))
    confidence = float(next(iter(found.get(CORE + "confidence", ())), 0) or 0)
    if kind == "Entity":
        confidence = max((p.confidence for p in pieces), default=0.0)
    rule = next(iter(found.get(CORE + "rule", ())), "")
    premises = sorted(found.get(CORE + "premise", ())) if deep else ()
    decided = texts.decided.mean(p.id for p in pieces) if kind == "Entity" else ()
    return Explanation(
        iri, kind, text, confidence, next(iter(found.get(CORE + "reason", ())), ""), tuple(pieces),
        f"{RULES[rule]} ({rule})" if rule in RULES else rule,
        tuple(_explain(provenance, texts, p, deep - 1, most) for p in premises), decided, more,
        next(iter(found.get(CORE + "note", ())), ""),
    )  # fmt: skip


def _refused_classes(provenance: Provenance, iri: str) -> list[str]:
    """Why a thing is not of a class that it was first held to be of."""
    return sorted(f"not a {words(kind)}, {reason}" for kind, reason in provenance.refused(iri, TYPE))


def _depicted(provenance: Provenance, texts: Texts, iri: str) -> Explanation:
    """Both places of a pair that shows the same picture, or all that show the same as some place of a source."""
    pairs = provenance.subjects(TYPE, CORE + "SamePicture")
    pieces = []
    for pair in pairs if iri not in pairs else [iri]:
        found = [texts.piece(a) for a in provenance.places(pair)]
        if any(p.target.source == iri for p in found) or pair == iri:
            pieces += [p for p in found if p.target.source != iri]
    pieces.sort(key=lambda p: (-p.confidence, p.path, p.id))
    one = texts.path(iri)
    text = "the same picture" if iri in pairs else f"{one} shows a picture that {len(pieces)} other places show"
    confidence = max((p.confidence for p in pieces), default=0.0)
    return Explanation(iri, "SamePicture" if iri in pairs else "Source", text, confidence, "", tuple(pieces))


def _event(provenance: Provenance, texts: Texts, iri: str) -> Explanation:
    """What happens in a video, where it is seen, and what it is part of."""
    pieces = tuple(texts.piece(a) for a in seen(provenance, iri))
    within = provenance.value(iri, PART_OF)
    inside = f" in the {named(provenance, within)}" if "#event-" in within else ""
    text = f"{named(provenance, iri)}{inside} of {texts.path(iri.partition('#')[0])}"
    return Explanation(iri, "Event", text, max((p.confidence for p in pieces), default=0.0), "", pieces)


def _find(provenance: Provenance, what: str) -> str:
    """The IRI that ``what`` means: itself, or a statement's or entity's last part."""
    if "://" in what and provenance.knows(what):
        return what
    last = what.strip("<>").rsplit("/", 1)[-1]
    if re.fullmatch(r"[0-9a-f]{16}", last) or re.fullmatch(r"[a-z0-9-]+-[0-9a-f]{8}", last):
        for kind in ("statement", "entity"):
            iri = f"{provenance.base()}{kind}/{last}"
            if provenance.knows(iri):
                return iri
    iri = source_iri(provenance.base(), what)
    if provenance.knows(iri):
        return iri
    if "#relation-" in what and provenance.evidence(relation=what):
        return what
    raise QueryError(
        f"the graph knows no statement or entity {what!r}. Take an IRI from the report, from statements.parquet, "
        "or from a query: SELECT ?s WHERE { ?s a core:Statement }."
    )


def _name(provenance: Provenance, value: str) -> str:
    if "://" not in value:
        return value
    return provenance.value(value, LABEL) or provenance.value(value, CORE + "path") or words(value)


class Texts:
    """Opens text renditions and names sources by their paths."""

    def __init__(self, folder: Path, provenance: Provenance) -> None:
        self._folder, self._provenance, self._pictures = folder, provenance, Pictured(folder)
        self.decided = Decided(folder)
        self._loaded: dict[str, str] = {}
        self._paths: dict[str, str] = {}

    def path(self, source: str) -> str:
        """Path of a source relative to the corpus."""
        if source not in self._paths:
            self._paths[source] = self._provenance.value(source, CORE + "path") or source
        return self._paths[source]

    def text(self, source: str) -> str:
        """The text rendition of a source, "" if it has none."""
        from kgbuild.identity import text_name

        if source not in self._loaded:
            file = self._folder / "texts" / text_name(self.path(source), source)
            if file.is_file():
                check(self._folder, f"texts/{file.name}")
            self._loaded[source] = file.read_bytes().decode("utf-8", "surrogatepass") if file.is_file() else ""
        return self._loaded[source]

    def piece(self, a: Annotation) -> Piece:
        """An annotation with the text around its span."""
        span, before, marked, after = a.target.find(TextPosition), "", "", ""
        if span is not None:
            text = self.text(a.target.source)
            before = text[max(0, span.start - _AROUND) : span.start]
            marked, after = text[span.start : span.end], text[span.end : span.end + _AROUND]
        return Piece(
            a.id, self.path(a.target.source), describe(a.target), a.target, a.surface, a.modality, a.confidence,
            a.agent, before, marked, after, "" if span is not None else self._pictures.path(a.target),
            self.decided.of(a.id),
        )  # fmt: skip
