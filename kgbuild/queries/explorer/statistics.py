"""Counts of a published graph and lines of time, from the columns of its tables."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kgbuild.queries.explorer.drawing import bars, timeline
from kgbuild.queries.functions.fragments import where
from kgbuild.queries.rows import read
from kgbuild.vocab import words

_YEARS = ("gYear", "gYearMonth", "date", "dateTime")


def counts(folder: Path) -> dict[str, Any]:
    """What the build counted, by name."""
    found: dict[str, Any] = _report(folder).get("counts", {})
    return found


def statistics(folder: Path, classes: Iterable[str]) -> dict[str, Any]:
    """Counts as bars, and lines of time: seconds of films, years of facts. ``classes``: one for each entity."""
    import pyarrow.compute as pc

    statements = read(folder / "statements.parquet", ("relation", "status", "object", "datatype"))
    mentions = read(folder / "mentions.parquet", ("modality", "place"))
    stated = statements.filter(pc.not_equal(statements["status"], "quarantined"))
    timed = [kind for kind in _counted(stated["datatype"]) if _is_year(kind)]
    years: Counter[float] = Counter()
    for value, n in _counted(stated.filter(_any_of(stated["datatype"], timed))["object"]).items():
        if found := re.match(r"-?\d{4}", value):
            years[int(found[0])] += n
    seconds: Counter[float] = Counter()
    for place, n in _counted(mentions.filter(pc.match_substring(mentions["place"], "t="))["place"]).items():
        if time := where(place).time:
            seconds[time[0]] += n
    asserted = statements.filter(pc.equal(statements["status"], "asserted"))
    processed = (s for s in _report(folder).get("sources", ()) if s["outcome"] == "processed")
    return {
        "bars": [
            ("Things by class", bars(Counter(map(words, classes)).items())),
            ("Facts by relation", bars(_counted(asserted["relation"]).items())),
            ("Mentions by where they stand", bars(_counted(mentions["modality"]).items())),
            ("Files by type", bars(Counter(s["media_type"] for s in processed).items())),
            ("Statements by status", bars(_counted(statements["status"]).items())),
        ],
        "years": timeline(years), "seconds": timeline(seconds),
    }  # fmt: skip


def _is_year(datatype: str) -> bool:
    return "://" in datatype and (datatype.rsplit("#")[-1] in _YEARS or "edtf" in datatype)


def _any_of(column: Any, values: list[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(column, pa.array(values, pa.string()))


def _counted(column: Any) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in column.value_counts().to_pylist()}


def _report(folder: Path) -> dict[str, Any]:
    path = folder / "report.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found
