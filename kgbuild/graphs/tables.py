"""Tables for data tools: entities, statements, their evidence, mentions and segments as Parquet."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.graphs.data import GraphData
from kgbuild.identity import selectors_key
from kgbuild.types import Value
from kgbuild.vocab import words


def tables(data: GraphData) -> dict[str, list[dict[str, Any]]]:
    """Rows of each table by its name."""
    return {
        "entities": [
            {
                "id": e.id, "label": e.pref_label, "language": data.languages[e.id],
                "alt_labels": list(e.alt_labels), "type": e.types[0], "mentions": len(e.mentions),
                "modalities": list(data.modalities[e.id]), "same_as": list(e.same_as),
                "sources": sorted({data.mention[m].target.source for m in e.mentions}),
            }
            for e in data.entities
        ],
        "statements": [
            {
                "id": s.id, "subject": s.subject, "predicate": s.predicate,
                "relation": data.phrases.get(s.predicate) or words(s.predicate),
                "object": s.object.lexical if isinstance(s.object, Value) else s.object,
                "datatype": s.object.datatype if isinstance(s.object, Value) else "",
                "confidence": s.confidence, "status": s.status, "reason": s.reason,
                "rule": s.rule, "premises": list(s.premises),
                "evidence": [e.id for e in s.evidence], "sources": sorted({e.target.source for e in s.evidence}),
            }
            for s in data.statements
        ],
        "evidence": [
            {
                "statement": s.id, "id": e.id, "subject": data.relation[e.id].subject,
                "object": data.relation[e.id].object, "source": e.target.source,
                "place": selectors_key(e.target.selectors), "surface": e.surface, "confidence": e.score,
                "agent": e.agent, "modality": e.modality, "status": data.relation[e.id].status,
            }
            for s in data.statements for e in s.evidence
        ],
        "mentions": [
            {
                "id": m.id, "source": m.target.source, "place": selectors_key(m.target.selectors), "surface": m.surface,
                "language": m.language, "label": m.label, "score": m.score, "agent": m.agent, "modality": m.modality,
                "entity": data.entity_of[m.id].id if m.id in data.entity_of else "",
                **{f"by_{name}": dict(data.gates.get(m.id, ())).get(name) for name in MODALITIES},
            }
            for m in data.mentions
        ],
        "segments": [
            {
                "id": s.id, "source": s.target.source, "path": r.source.path,
                "place": selectors_key(s.target.selectors),
                "modality": s.modality, "language": s.language, "text": s.text, "picture": s.blob,
            }
            for r in data.readings for s in r.segments
        ],
    }  # fmt: skip


def write_parquet(data: GraphData, path: Path) -> None:
    """Write each table as ``<name>.parquet`` into the folder ``path``."""
    import pyarrow as pa
    from pyarrow import parquet

    text, number, many = pa.string(), pa.float64(), pa.list_(pa.string())
    lists, floats, whole = (
        {"alt_labels", "modalities", "same_as", "sources", "evidence", "premises"},
        {"confidence", "score", *(f"by_{name}" for name in MODALITIES)},
        {("entities", "mentions")},
    )
    for name, rows in tables(data).items():
        made = {}
        for c in _columns(name):
            kind = many if c in lists else number if c in floats else pa.int64() if (name, c) in whole else text
            values = [row[c] for row in rows]
            made[c] = pa.array(_storable(values) if kind in (text, many) else values, kind)
        parquet.write_table(pa.table(made), path / f"{name}.parquet", compression="zstd")


def _columns(name: str) -> tuple[str, ...]:
    return {
        "entities": ("id", "label", "language", "alt_labels", "type", "mentions", "modalities", "same_as", "sources"),
        "statements": (
            "id", "subject", "predicate", "relation", "object", "datatype", "confidence", "status", "reason",
            "rule", "premises", "evidence", "sources",
        ),
        "evidence": ("statement", "id", "subject", "object", "source", "place", "surface", "confidence", "agent",
                     "modality", "status"),
        "mentions": ("id", "source", "place", "surface", "language", "label", "score", "agent", "modality", "entity",
                     *(f"by_{name}" for name in MODALITIES)),
        "segments": ("id", "source", "path", "place", "modality", "language", "text", "picture"),
    }[name]  # fmt: skip


def _storable(values: list[Any]) -> list[Any]:
    """Strings, or lists of them. Arrow's are UTF-8: lone surrogates, which hardly any holds, become U+FFFD."""
    try:
        "".join(chain.from_iterable(values) if values and isinstance(values[0], list) else values).encode()
    except UnicodeEncodeError:
        return [_whole(v) for v in values]
    return values


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return [_whole(v) for v in value]
