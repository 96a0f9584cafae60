"""Tables for data tools: entities, statements, their evidence, mentions and segments as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.graphs.data import GraphData
from kgbuild.graphs.events import stated_events, things_of
from kgbuild.identity import selectors_key
from kgbuild.types import UNSEEN, TimeSpan, Value
from kgbuild.vocab import words

_LISTS = frozenset(("alt_labels", "modalities", "same_as", "sources", "evidence", "premises", "things"))
_NUMBERS = frozenset(("confidence", "score", "start", "end", *(f"by_{name}" for name in MODALITIES)))
_WHOLE = frozenset((("entities", "mentions"),))
Columns = dict[str, list[Any]]  # to make a table column by column takes less than to make rows


def _entities(data: GraphData) -> Columns:
    entities = data.entities
    return {
        "id": [e.id for e in entities],
        "label": [e.pref_label for e in entities],
        "language": [data.languages[e.id] for e in entities],
        "alt_labels": [e.alt_labels for e in entities],
        "type": [e.types[0] for e in entities],
        "mentions": [len(e.mentions) for e in entities],
        "modalities": [data.modalities[e.id] for e in entities],
        "same_as": [e.same_as for e in entities],
        "sources": [sorted({data.mention[m].target.source for m in e.mentions}) for e in entities],
    }


def _statements(data: GraphData) -> Columns:
    statements = data.statements
    relation = {p: data.phrases.get(p) or words(p) for p in {s.predicate for s in statements}}
    objects = [s.object if isinstance(s.object, Value) else Value(s.object) for s in statements]
    return {
        "id": [s.id for s in statements],
        "subject": [s.subject for s in statements],
        "predicate": [s.predicate for s in statements],
        "relation": [relation[s.predicate] for s in statements],
        "object": [o.lexical for o in objects],
        "datatype": [o.datatype for o in objects],
        "confidence": [s.confidence for s in statements],
        "status": [s.status for s in statements],
        "reason": [s.reason for s in statements],
        "rule": [s.rule for s in statements],
        "premises": [s.premises for s in statements],
        "note": [s.note for s in statements],
        "evidence": [[e.id for e in s.evidence] for s in statements],
        "sources": [sorted({e.target.source for e in s.evidence}) for s in statements],
    }


def _evidence(data: GraphData) -> Columns:
    evidence = [(s, e, data.relation[e.id]) for s in data.statements for e in s.evidence]
    place = lru_cache(1 << 15)(selectors_key)  # many statements share their sentence
    return {
        "statement": [s.id for s, _, _ in evidence],
        "id": [e.id for _, e, _ in evidence],
        "subject": [r.subject for _, _, r in evidence],
        "object": [r.object for _, _, r in evidence],
        "source": [e.target.source for _, e, _ in evidence],
        "place": [place(e.target.selectors) for _, e, _ in evidence],
        "surface": [e.surface for _, e, _ in evidence],
        "confidence": [e.score for _, e, _ in evidence],
        "agent": [e.agent for _, e, _ in evidence],
        "modality": [e.modality for _, e, _ in evidence],
        "status": [r.status for _, _, r in evidence],
    }


def _mentions(data: GraphData) -> Columns:
    mentions, owner = data.mentions, data.entity_of
    decided = [dict(data.gates.get(m.id, ())) for m in mentions]
    return {
        "id": [m.id for m in mentions],
        "source": [m.target.source for m in mentions],
        "place": [selectors_key(m.target.selectors) for m in mentions],
        "surface": [m.surface for m in mentions],
        "language": [m.language for m in mentions],
        "label": [m.label for m in mentions],
        "score": [m.score for m in mentions],
        "agent": [m.agent for m in mentions],
        "modality": [m.modality for m in mentions],
        "entity": [owner[m.id].id if m.id in owner else "" for m in mentions],
        **{f"by_{name}": [shares.get(name) for shares in decided] for name in MODALITIES},
    }


def _events(data: GraphData) -> Columns:
    events = [(e, span) for e in stated_events(data) if (span := e.target.find(TimeSpan)) is not None]
    return {
        "id": [e.id for e, _ in events],
        "source": [e.target.source for e, _ in events],
        "kind": [e.kind for e, _ in events],
        "label": [e.label for e, _ in events],
        "place": [selectors_key(e.target.selectors) for e, _ in events],
        "start": [span.start for _, span in events],
        "end": [span.end for _, span in events],
        "things": [things_of(data, e) for e, _ in events],
        "part_of": [e.part_of for e, _ in events],
        "resumes": [e.resumes for e, _ in events],
        "confidence": [e.score for e, _ in events],
    }


def _segments(data: GraphData) -> Columns:
    segments = [(s, r.source.path) for r in data.readings for s in r.segments]
    return {
        "id": [s.id for s, _ in segments],
        "source": [s.target.source for s, _ in segments],
        "path": [path for _, path in segments],
        "place": [selectors_key(s.target.selectors) for s, _ in segments],
        "modality": [s.modality for s, _ in segments],
        "language": [s.language for s, _ in segments],
        "text": [s.text for s, _ in segments],
        "picture": [s.blob if s.modality not in UNSEEN else "" for s, _ in segments],
    }


TABLES: Mapping[str, Callable[[GraphData], Columns]] = {
    "entities": _entities, "statements": _statements, "evidence": _evidence, "mentions": _mentions, "events": _events,
    "segments": _segments,
}  # fmt: skip
OF_SOURCES = ("mentions", "segments")  # tables that hang on no statement


def write_parquet(data: GraphData, path: Path) -> None:
    """Write each table as ``<name>.parquet`` into the folder ``path``."""
    write_tables(data, path, TABLES)


def write_tables(data: GraphData, path: Path, names: Iterable[str]) -> None:
    """Write those tables of ``TABLES`` that are named."""
    import pyarrow as pa
    from pyarrow import parquet

    text, number, many = pa.string(), pa.float64(), pa.list_(pa.string())
    for name in names:
        made = {}
        for c, values in TABLES[name](data).items():
            kind = many if c in _LISTS else number if c in _NUMBERS else pa.int64() if (name, c) in _WHOLE else text
            try:
                made[c] = pa.array(values, kind)
            except UnicodeEncodeError:  # Arrow's strings are UTF-8: lone surrogates, which hardly any holds, are not
                made[c] = pa.array([_whole(v) for v in values], kind)
        parquet.write_table(pa.table(made), path / f"{name}.parquet", compression="zstd")


def _whole(value: Any) -> Any:
    """A string, or a list of them, with U+FFFD for lone surrogates."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return [_whole(v) for v in value]
