"""What commands print: progress bars, tables, the summary of a build."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from kgbuild.report import Report
from kgbuild.vocab import shorten

if TYPE_CHECKING:
    from kgbuild.queries.answer import Answer

console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
NOTE = 38
TENTHS = 10


class Bars:
    """A progress bar per stage with counts and time left; a line at each tenth of a stage when not a terminal."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._screen = Console(stderr=True, quiet=quiet)
        self._live = self._screen.is_terminal
        self._progress = Progress(
            TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TimeRemainingColumn(elapsed_when_finished=False), TextColumn("[dim]{task.fields[note]}[/]"),
            console=self._screen,
        )  # fmt: skip
        self._tasks: dict[str, TaskID] = {}
        self._totals: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._found: dict[str, int] = {}
        self._begun: dict[str, float] = {}

    def __enter__(self) -> Bars:
        if self._live:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._progress.stop()

    def start(self, stage: str, total: int) -> None:
        self._totals[stage], self._begun[stage] = total, time.monotonic()
        self._done[stage] = self._found[stage] = 0
        if self._live:
            self._tasks[stage] = self._progress.add_task(stage, total=total, note="")
        else:
            self._screen.print(f"{stage}: {total} to do")

    def advance(self, stage: str, by: int = 1, note: str = "") -> None:
        if self._live:
            short = note if len(note) <= NOTE else "…" + note[-NOTE + 1 :]
            self._progress.update(self._tasks[stage], advance=by, note=escape(short))
            return
        before, total = self._done[stage], self._totals[stage]
        now = self._done[stage] = before + by
        if by > 1:  # what an earlier build has done says nothing of the time left
            self._found[stage] = now
        elif total > TENTHS and now < total and now * TENTHS // total > before * TENTHS // total:
            each = (time.monotonic() - self._begun[stage]) / (now - self._found[stage])
            self._screen.print(f"{stage}: {now} of {total}, about {each * (total - now):.0f} s left")

    def finish(self, stage: str) -> None:
        if self._live:
            self._progress.update(self._tasks[stage], completed=self._totals[stage], note="")
        else:
            self._screen.print(f"{stage}: done")


def duration(seconds: float) -> str:
    """Seconds in words: "8 s", "3 min", "2.5 h"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def print_report(report: Report) -> None:
    """The summary of a build: counts, what failed, and the next commands."""
    from kgbuild.queries.report import grouped

    table = Table(title=f"{report.status}{', nothing had changed' if report.unchanged else ''}", title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    for name, value in report.counts.items():
        table.add_row(name, f"{value:,}")
    table.add_row("seconds", f"{sum(report.seconds.values()):.1f}")
    console.print(table)
    failed = [row for row in report.sources if row["outcome"] == "rejected"]
    broken = [i for i in grouped(report.issues) if i["stage"] != "read" and i["severity"] == "error"]
    for row in failed:
        console.print(f"[red]failed[/] {escape(row['path'])}: {escape(row['reason'])}")
    for issue in broken:
        console.print(f"[red]failed[/] {escape(issue['source'])}: {escape(issue['message'])}")
    for line in report.advice:
        console.print(f"[dim]More:   {escape(line)} See `kgbuild models`.[/]")
    console.print(f"Report: {report.out}/report.html")
    console.print(f'Next:   kgbuild similar {report.out} "a few words", or kgbuild query {report.out} "SELECT ..."')


def print_answer(answer: Answer, form: str) -> None:
    """An answer as ``table`` | ``csv`` | ``json`` | ``turtle``, on standard output."""
    if form == "json":
        print(answer.to_json())
    elif form == "csv":
        sys.stdout.write(answer.to_csv())
    elif form == "turtle" or answer.kind == "graph":
        sys.stdout.write(answer.turtle)
    elif answer.kind == "ask":
        print("yes" if answer.boolean else "no")
    else:
        rows = [
            [_short(t.value) if t and t.kind == "uri" else t.value if t else "" for t in row] for row in answer.rows
        ]
        print_table(answer.variables, rows)
        print(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")


def print_table(columns: Iterable[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows of text as a table."""
    table = Table()
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)


def print_json(value: Any) -> None:
    """A value as indented JSON."""
    print(json.dumps(value, indent=2))  # names of files may hold bytes that are no text: escaped


def _short(iri: str) -> str:
    """IRIs of the graph itself by their last parts, others by prefix."""
    for kind in ("/source/", "/entity/", "/statement/", "/graph/"):
        if kind in iri:
            return kind[1:] + iri.split(kind, 1)[1]
    return shorten(iri)
