"""RDF: sorted N-Quads of everything, Turtle of the facts. No blank nodes; equal graphs are equal bytes.

A fact stands in the graph of each source that states it, an inferred one in the inferred graph; evidence (W3C Web
Annotation, PROV-O) and derivations in the provenance graph; refused statements, reified only, in quarantine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kgbuild.graphs.data import GraphData
from kgbuild.identity import agent_iri, digest, fragment, graph_iri, selectors_key
from kgbuild.sources.language import label_language
from kgbuild.sources.sniff import DIAGRAMS
from kgbuild.statements.ontology import class_iri
from kgbuild.types import (
    Box,
    Mention,
    RelationMention,
    Source,
    Statement,
    Target,
    TextPosition,
    TextQuote,
    Value,
)
from kgbuild.vocab import ALT_LABEL, CORE, DCTERMS, GENERAL, LABEL, OA, PREFIXES, PROV, RDF, RDFS, TYPE, XSD

Triple = tuple[str, str, str]
_MEDIA_FRAGMENTS = "http://www.w3.org/TR/media-frags/"
_DEPICTING = frozenset({"picture", "frame", "drawing", "label"})
# All that RFC 3987 does not let stand in an IRI, and percent signs that begin no escape.
_PLANES = "".join(f"{chr(p << 16)}-{chr((p << 16) + 0xFFFD)}" for p in range(1, 14)) + "\U000e1000-\U000efffd"
_BAD_IRI = re.compile(rf"[^!#$-;=?-Z_a-z~\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef{_PLANES}]|%(?![0-9A-Fa-f]{{2}})")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_ESCAPED = re.compile(r'[\\"\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]')


def iri(value: str) -> str:
    """An IRI in N-Quads; characters that may not stand in one are percent-encoded."""
    head, mark, rest = value.partition("#")
    whole = head + mark + rest.replace("#", "%23")
    return "<" + _BAD_IRI.sub(lambda m: "".join(f"%{b:02X}" for b in m.group().encode("utf-8", "replace")), whole) + ">"


def text(value: str) -> str:
    """A string literal; lone surrogates and non-characters become U+FFFD."""

    def escape(match: re.Match[str]) -> str:
        c = match.group()
        if c in _ESCAPES:
            return _ESCAPES[c]
        return "\ufffd" if c >= "\ud800" else f"\\u{ord(c):04X}"

    return '"' + _ESCAPED.sub(escape, value) + '"'


def label(value: str, language: str) -> str:
    """A label with its language tag, plain when the language is not known."""
    return literal(Value(value, language=language))


def literal(value: Value) -> str:
    """A typed or language-tagged literal."""
    if value.language:
        return f"{text(value.lexical)}@{value.language}"
    if not value.datatype or value.datatype == XSD + "string":
        return text(value.lexical)
    return f"{text(value.lexical)}^^{iri(value.datatype)}"


def _decimal(value: float) -> str:
    return f'"{value:.4f}"^^<{XSD}decimal>'


def _integer(value: int) -> str:
    return f'"{value}"^^<{XSD}integer>'


def quads(data: GraphData) -> list[str]:
    """Every quad as a line of N-Quads without line end, sorted, each once."""
    lines: set[str] = set()
    for graph, triples in (
        (graph_iri(data.base, "sources"), _sources(data)),
        (graph_iri(data.base, "entities"), _entities(data)),
        (graph_iri(data.base, "relations"), _relations(data)),
        (graph_iri(data.base, "provenance"), _provenance(data)),
        (graph_iri(data.base, "inferred"), map(_triple, data.inferred)),
        (graph_iri(data.base, "quarantine"), _quarantine(data)),
    ):
        end = f" {iri(graph)} ."
        lines.update(f"{s} {p} {o}{end}" for s, p, o in triples)
    for source, (s, p, o) in _facts(data):
        lines.add(f"{s} {p} {o} {iri(source)} .")
    return sorted(lines)


def _facts(data: GraphData) -> Iterator[tuple[str, Triple]]:
    """(source, triple): what each source states and names."""
    for entity in data.entities:
        e = iri(entity.id)
        for m in (data.mention[i] for i in entity.mentions):
            source = m.target.source
            relation = "depicts" if m.modality in _DEPICTING else "mentions"
            yield source, (iri(source), iri(CORE + relation), e)
            for kind in entity.types:
                yield source, (e, iri(TYPE), iri(class_iri(kind)))
            surface = " ".join(m.surface.split())
            if surface != entity.pref_label:
                yield source, (e, iri(ALT_LABEL), label(surface, m.language))
    for s in data.asserted:
        triple = _triple(s)
        for evidence in s.evidence:
            yield evidence.target.source, triple
    for a, p, b in data.links:
        yield a, (iri(a), iri(p), iri(b))
    for d in data.depictions:
        for one, other in ((d.left, d.right), (d.right, d.left)):
            yield one.source, (iri(one.source), iri(CORE + "depictsSame"), iri(other.source))


def _triple(s: Statement) -> Triple:
    return (
        iri(s.subject),
        iri(s.predicate),
        literal(s.object) if isinstance(s.object, Value) else iri(s.object),
    )


def _sources(data: GraphData) -> Iterator[Triple]:
    for reading in data.readings:
        if reading.outcome == "processed":
            s = iri(reading.source.id)
            yield s, iri(TYPE), iri(CORE + source_class(reading.source))
            yield s, iri(CORE + "path"), text(reading.source.path)
            yield s, iri(CORE + "sha256"), text(reading.source.sha256)
            yield s, iri(DCTERMS + "format"), text(reading.source.media_type)
            title, language = reading.source.title, reading.source.language
            named = title != PurePosixPath(reading.source.path).stem  # else the title is the file's name
            yield s, iri(DCTERMS + "title"), label(title, label_language(title, language) if named else "")
            if language:
                yield s, iri(DCTERMS + "language"), text(language)


def source_class(source: Source) -> str:
    """Local name of a source's class in the core ontology."""
    kind = source.media_type
    if kind.startswith("image/"):
        return "Picture"
    if kind.startswith("video/"):
        return "Video"
    if kind in ("application/x-subrip", "text/vtt"):
        return "Subtitles"
    return "Diagram" if kind in DIAGRAMS else "TextDocument"


def _entities(data: GraphData) -> Iterator[Triple]:
    for entity in data.entities:
        yield iri(entity.id), iri(LABEL), label(entity.pref_label, data.languages[entity.id])
        if entity.type_score < 1:
            yield iri(entity.id), iri(CORE + "typeConfidence"), _decimal(entity.type_score)


def _relations(data: GraphData) -> Iterator[Triple]:
    """Open relations that statements use: their words, and what they are below."""
    for predicate in sorted({s.predicate for s in data.statements} & set(data.phrases)):
        p = iri(predicate)
        yield p, iri(TYPE), iri(RDF + "Property")
        yield p, iri(LABEL), label(data.phrases[predicate], data.phrase_languages[predicate])
        yield p, iri(RDFS + "subPropertyOf"), iri(CORE + "openRelation")


def _provenance(data: GraphData) -> Iterator[Triple]:
    agents: set[str] = set()
    related = {i for r in data.relations for i in (r.subject, r.object)}
    for m in data.mentions:
        if m.id in data.entity_of or m.id in related:  # a date that no relation uses is no evidence of anything
            agents.add(m.agent)
            yield from _mention(data, m)
    for r in data.relations:
        agents.add(r.agent)
        yield from _relation(data, r)
    for d in data.depictions:
        agents.add(d.agent)
        yield iri(d.id), iri(TYPE), iri(CORE + "SamePicture")
        for target in (d.left, d.right):
            yield from _common(data, iri(d.id), target, d.score, d.agent)
    for s in data.asserted:
        yield from _reified(s, "Statement")
    for s in data.inferred:
        yield from _derived(s)
    for agent in sorted(agents):
        name, _, version = agent.partition("/")
        a = iri(agent_iri(data.base, name, version))
        yield a, iri(TYPE), iri(PROV + "SoftwareAgent")
        yield a, iri(LABEL), label(f"kgbuild {name} extractor", "en")
        yield a, iri(CORE + "version"), text(version)


def _mention(data: GraphData, m: Mention) -> Iterator[Triple]:
    s = iri(m.id)
    yield s, iri(TYPE), iri(CORE + "Mention")
    if m.id in data.entity_of:
        yield s, iri(OA + "hasBody"), iri(data.entity_of[m.id].id)
    yield s, iri(CORE + "surface"), text(m.surface)
    yield s, iri(CORE + "modality"), text(m.modality)
    yield from _common(data, s, m.target, m.score, m.agent)


def _relation(data: GraphData, r: RelationMention) -> Iterator[Triple]:
    s = iri(r.id)
    yield s, iri(TYPE), iri(CORE + "RelationMention")
    yield s, iri(CORE + "subject"), iri(r.subject)
    yield s, iri(CORE + "object"), iri(r.object)
    yield s, iri(CORE + "modality"), text(r.modality)
    if r.status != "asserted":
        yield s, iri(CORE + "status"), text(r.status)
    if r.surface:
        yield s, iri(CORE + "surface"), text(r.surface)
    yield from _common(data, s, r.target, r.score, r.agent)


def _common(data: GraphData, s: str, target: Target, score: float, agent: str) -> Iterator[Triple]:
    yield s, iri(CORE + "confidence"), _decimal(score)
    yield s, iri(PROV + "wasAttributedTo"), iri(agent_iri(data.base, *agent.split("/", 1)))
    place = target_iri(target)
    yield s, iri(OA + "hasTarget"), iri(place)
    yield iri(place), iri(OA + "hasSource"), iri(target.source)
    previous, link = place, "hasSelector"
    for n, selector in enumerate(target.selectors):
        here = selector_iri(target, n)
        yield iri(previous), iri(OA + link), iri(here)
        yield from _selector(iri(here), selector)
        previous, link = here, "refinedBy"


def target_iri(target: Target) -> str:
    """IRI of a place: the same for equal places."""
    return f"{target.source}#target-{digest(selectors_key(target.selectors))}"


def selector_iri(target: Target, n: int) -> str:
    """IRI of the n-th selector of a place: its own, since each selector is refined by one other at most."""
    return f"{target.source}#selector-{digest(selectors_key(target.selectors), n)}"


def _selector(s: str, selector: object) -> Iterator[Triple]:
    match selector:
        case TextPosition(start, end):
            yield s, iri(TYPE), iri(OA + "TextPositionSelector")
            yield s, iri(OA + "start"), _integer(start)
            yield s, iri(OA + "end"), _integer(end)
        case TextQuote(exact, prefix, suffix):
            yield s, iri(TYPE), iri(OA + "TextQuoteSelector")
            yield s, iri(OA + "exact"), text(exact)
            if prefix:
                yield s, iri(OA + "prefix"), text(prefix)
            if suffix:
                yield s, iri(OA + "suffix"), text(suffix)
        case _:
            yield s, iri(TYPE), iri(OA + "FragmentSelector")
            yield s, iri(RDF + "value"), text(fragment(selector))  # type: ignore[arg-type]
            if isinstance(selector, Box):
                yield s, iri(DCTERMS + "conformsTo"), iri(_MEDIA_FRAGMENTS)


def _reified(s: Statement, kind: str) -> Iterator[Triple]:
    node, (subject, predicate, object) = iri(s.id), _triple(s)
    yield node, iri(TYPE), iri(CORE + kind)
    yield node, iri(RDF + "subject"), subject
    yield node, iri(RDF + "predicate"), predicate
    yield node, iri(RDF + "object"), object
    yield node, iri(CORE + "confidence"), _decimal(s.confidence)
    for e in s.evidence:
        yield node, iri(CORE + "evidence"), iri(e.id)


def _derived(s: Statement, kind: str = "InferredStatement") -> Iterator[Triple]:
    """An inferred statement, or one that was refused: what it follows by and from."""
    yield from _reified(s, kind)
    yield iri(s.id), iri(CORE + "rule"), text(s.rule)
    for premise in s.premises:
        yield iri(s.id), iri(CORE + "premise"), iri(premise)


def _quarantine(data: GraphData) -> Iterator[Triple]:
    for s in data.quarantined:
        yield from _derived(s, "QuarantinedStatement") if s.rule else _reified(s, "QuarantinedStatement")
        yield iri(s.id), iri(CORE + "reason"), text(s.reason)


def write_nquads(data: GraphData, path: Path) -> None:
    """All quads, sorted, UTF-8."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in quads(data))


def write_turtle(data: GraphData, path: Path) -> None:
    """Entities with labels and types, and the facts between them, in Turtle; by subject."""
    import pyoxigraph

    lines = set()
    for s, p, o in (*_entities(data), *_relations(data)):
        lines.add(f"{s} {p} {o} .")
    for _, (s, p, o) in _facts(data):
        lines.add(f"{s} {p} {o} .")
    triples = pyoxigraph.parse("\n".join(sorted(lines)), format=pyoxigraph.RdfFormat.N_TRIPLES)
    prefixes = {k: v for k, v in PREFIXES.items() if v in (CORE, DCTERMS, GENERAL, RDF, RDFS, XSD) or k == "skos"}
    with path.open("wb") as file:
        pyoxigraph.serialize(triples, file, format=pyoxigraph.RdfFormat.TURTLE, prefixes=prefixes)


def provenance_per_fact(data: GraphData) -> float:
    """Provenance triples of relation facts (statements, relation mentions, their places) per fact."""
    facts = {(s.id, e.target.source) for s in data.asserted for e in s.evidence}
    if not facts:
        return 0.0
    used = {e.id for s in data.asserted for e in s.evidence}
    triples: set[Triple] = set()
    for s in data.asserted:
        triples.update(_reified(s, "Statement"))
    for r in data.relations:
        if r.id in used:
            triples.update(_relation(data, r))
    return round(len(triples) / len(facts), 2)
