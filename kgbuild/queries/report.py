"""``report.html`` (one file, opens offline, loads nothing) and ``report.json``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from kgbuild.entities.identify import Merge
from kgbuild.graphs.data import GraphData
from kgbuild.history import PastRun
from kgbuild.queries.consistency import Consistency, Pair, compare
from kgbuild.queries.quarantine import kind_of
from kgbuild.queries.samples import Samples
from kgbuild.types import Value
from kgbuild.vocab import words

TOP = 25
QUARANTINE = 15
_OF_MODELS = ("model-unavailable", "model-unusable")


def write_report(
    report: dict[str, Any], data: GraphData, merges: Sequence[Merge], folder: Path, *, runs: Sequence[PastRun] = ()
) -> None:
    """Write both reports into ``folder``, where the texts and pictures already lie. ``runs``: oldest first.

    The page is rendered by Jinja2 with escaping on; its policy lets it load nothing.
    """
    from jinja2 import Environment, StrictUndefined

    samples = Samples(data, folder).choose()
    refused = Counter(kind_of(s.reason) for s in data.quarantined)
    examples = [
        {
            "text": f"{data.label[s.subject]} · {words(s.predicate)} · "
            f"{s.object.lexical if isinstance(s.object, Value) else data.label.get(s.object) or words(s.object)}",
            "reason": s.reason,
            "path": s.evidence[0].target.source.removeprefix(f"{data.base}source/") if s.evidence else s.rule,
        }
        for s in data.quarantined[:QUARANTINE]
    ]
    top = sorted(data.entities, key=lambda e: (-len(e.mentions), e.id))[:TOP]
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        files("kgbuild.queries").joinpath("report_page.html").read_text("utf-8")
    )
    html = page.render(
        report=report,
        failed=[r for r in report["sources"] if r["outcome"] == "rejected"],
        issues=grouped(report["issues"]),
        skipped=[r for r in report["sources"] if r["outcome"] == "skipped"],
        samples=samples,
        top=[
            {
                "label": e.pref_label, "type": e.types[0], "mentions": len(e.mentions),
                "sources": len({data.mention[m].target.source for m in e.mentions}),
                "modalities": ", ".join(data.modalities[e.id]), "others": ", ".join(e.alt_labels[:6]),
            }
            for e in top
        ],
        merges=_across(merges),
        agreement=_agreement(compare(data)),
        refused=refused.most_common(),
        refused_examples=examples,
        runs=[_run(run) for run in reversed(runs[-TOP:])],
    )  # fmt: skip
    (folder / "report.html").write_text(html, "utf-8", errors="replace")
    (folder / "report.json").write_text(json.dumps(report, indent=1), "utf-8")


def grouped(issues: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The issues in their order, those of one model that cannot be used as one: its ``source`` says of how many files.

    A model that is not there is missing for every file: a line each would hide all other lines.
    """
    lacking = Counter(i["message"] for i in issues if i["code"] in _OF_MODELS)
    once = {i["message"]: i for i in issues if i["code"] in _OF_MODELS and lacking[i["message"]] > 1}
    alone = [i for i in issues if i["message"] not in once]
    return [{**i, "source": f"{lacking[m]} files"} for m, i in once.items()] + alone


def _run(run: PastRun) -> dict[str, Any]:
    """A past run as a row of the page."""
    moved = [f"{n} {kind}" for kind, n in sorted(run.changes.items()) if kind != "unchanged"]
    return {
        "started": run.started, "status": run.status, "changes": ", ".join(moved), "memory": round(run.memory_mb),
        "seconds": round(sum(run.seconds.values()), 1), "entities": run.counts.get("entities", 0),
        "statements": run.counts.get("relation statements", 0),
    }  # fmt: skip


def _agreement(found: Consistency) -> list[tuple[str, int, tuple[Pair, ...]]]:
    """Title, number and first pairs of each way in which drawings and texts differ."""
    return [
        (title, len(pairs), pairs[:QUARANTINE])
        for title, pairs in (
            ("contradicted", found.contradicted), ("drawn, not written", found.drawn),
            ("written, not drawn", found.written),
        )
        if pairs
    ]  # fmt: skip


def _across(merges: Sequence[Merge]) -> list[dict[str, Any]]:
    """Merges of unlike names between sources, the least sure first: those are worth a look."""
    unlike = [m for m in merges if m.left.casefold() != m.right.casefold()]
    return [
        {
            "left": m.left, "right": m.right, "score": m.score, "reason": m.reason,
            "left_source": m.left_source.split("/source/")[-1], "right_source": m.right_source.split("/source/")[-1],
        }
        for m in sorted(unlike, key=lambda m: (m.score, m.left, m.right))[:TOP]
    ]  # fmt: skip
