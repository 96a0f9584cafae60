"""What differs between two published graphs: sources, entities and statements, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgbuild.errors import WorkspaceError
from kgbuild.identity import source_path
from kgbuild.queries.store import generation
from kgbuild.vocab import words
from kgbuild.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``kind``: ``source`` | ``entity`` | ``statement``; ``sign``: ``+`` only in the second graph,
    ``-`` only in the first, ``~`` in both and unlike; ``what``: what changed of it.
    """

    kind: str
    sign: str
    id: str
    text: str
    what: str = ""


def diff(before: str | Path, after: str | Path) -> list[Change]:
    """Changes from one workspace to another: sources, entities, statements, each in the order of their texts.

    Graphs of different base IRIs have nothing in common. Raises ``WorkspaceError`` if one has no published graph.
    """
    return _compare(generation(before), generation(after))


def since_last(out: str | Path) -> list[Change]:
    """Changes of the published graph since the one before it in the same workspace.

    Raises ``WorkspaceError`` if there is no graph, or none before it.
    """
    now, before = generation(out), Workspace(out).previous
    if before is None:
        raise WorkspaceError(f"{out} holds one graph only: nothing was built before it. Name a second workspace.")
    return _compare(before, now)


def _compare(before: Path, after: Path) -> list[Change]:
    sides = [_read(folder) for folder in (before, after)]
    found: list[Change] = []
    for kind in ("source", "entity", "statement"):
        old, new = (side[kind] for side in sides)
        made = [Change(kind, "-", id, old[id]["text"]) for id in old.keys() - new.keys()]
        made += [Change(kind, "+", id, new[id]["text"]) for id in new.keys() - old.keys()]
        for id in old.keys() & new.keys():
            unlike = [k for k in new[id] if k != "text" and old[id].get(k) != new[id][k]]
            if unlike:
                what = ", ".join(f"{k}: {_short(old[id].get(k))} -> {_short(new[id][k])}" for k in unlike)
                made.append(Change(kind, "~", id, new[id]["text"], what))
        found += sorted(made, key=lambda c: (c.text, c.id, c.sign))
    return found


def _read(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    import json

    from pyarrow import parquet

    report = json.loads((folder / "report.json").read_text("utf-8"))
    entities = parquet.read_table(folder / "entities.parquet").to_pylist()
    statements = parquet.read_table(folder / "statements.parquet").to_pylist()
    label = {e["id"]: e["label"] for e in entities}
    return {
        "source": {
            r["path"]: {"text": r["path"], "outcome": r["outcome"], "content": r.get("sha256")}
            for r in report["sources"]
        },
        "entity": {
            e["id"]: {
                "text": f"{e['label']} ({e['type']})", "other names": tuple(e["alt_labels"]), "mentions": e["mentions"],
            }
            for e in entities
        },
        "statement": {
            s["id"]: {
                "text": _sentence(s, label), "status": s["status"], "confidence": s["confidence"],
                "sources": tuple(map(source_path, s["sources"])),
            }
            for s in statements
        },
    }  # fmt: skip


def _sentence(s: Mapping[str, Any], label: Mapping[str, str]) -> str:
    object = s["object"] if s["datatype"] else label.get(s["object"], s["object"])
    return f"{label.get(s['subject'], s['subject'])} {s['relation']} {words(object) if '://' in object else object}"


def _short(value: Any) -> str:
    text = " | ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."
