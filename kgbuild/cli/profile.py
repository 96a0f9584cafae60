"""``build --profile``: where the time of a build goes, by stage and by function of this process."""

from __future__ import annotations

import contextlib
import cProfile
import io
import pstats
from collections.abc import Iterator
from pathlib import Path

from kgbuild.errors import UsageError
from kgbuild.publish import Report

FUNCTIONS = 15


@contextlib.contextmanager
def profiled(path: Path | None) -> Iterator[None]:
    """Profile the block into a file that ``python -m pstats`` and its viewers read; no path, no profile.

    Children that read and extract are other processes: their seconds stand in the table of stages.
    """
    if path is None:
        yield
        return
    profiler = cProfile.Profile()
    with profiler:
        yield
    try:
        profiler.dump_stats(path)
    except OSError as err:
        raise UsageError(f"{path} cannot be written: {err.strerror}. The graph itself is published.") from err


def print_profile(path: Path, report: Report) -> None:
    """The costs of the stages, and the functions of this process that took longest."""
    from kgbuild.cli.console import print_table
    from kgbuild.history import read_runs

    work = read_runs(Path(report.out, "current"))[-1].work
    rows = []
    for stage, seconds in report.seconds.items():
        done = work.get(stage, {}).values()
        own, children = report.memory_mb.get(stage, [0.0, 0.0])
        files, busy = sum(int(row[0]) for row in done), sum(row[2] for row in done)
        rows.append([stage, f"{seconds:.2f}", str(files), f"{busy:.2f}", f"{own:.0f}", f"{children:.0f}"])
    print_table(["stage", "seconds", "files anew", "seconds in children", "MiB", "MiB of a child"], rows)
    text = io.StringIO()
    pstats.Stats(str(path), stream=text).sort_stats("cumulative").print_stats(r"kgbuild", FUNCTIONS)
    print("\n".join(line for line in text.getvalue().splitlines()[6:] if line.strip()))
    print(f"Profile: {path}")
