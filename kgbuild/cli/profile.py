"""``build --profile``: where the time of a build goes, by stage and by function of this process."""

from __future__ import annotations

import contextlib
import cProfile
import io
import os
import pstats
from collections.abc import Iterator, Sequence
from pathlib import Path

from kgbuild.errors import UsageError
from kgbuild.report import Report

FUNCTIONS = 15


@contextlib.contextmanager
def profiled(path: Path | None) -> Iterator[list[float]]:
    """Profile the block into a file that ``python -m pstats`` and its viewers read; no path, no profile.

    Children that read and extract are other processes: their seconds stand in the table of stages, and the list given
    holds afterwards the processor time that they took.
    """
    used: list[float] = []
    if path is None:
        yield used
        return
    profiler, before = cProfile.Profile(), _of_children()
    with profiler:
        yield used
    used.append(_of_children() - before)
    try:
        profiler.dump_stats(path)
    except OSError as err:
        raise UsageError(f"{path} cannot be written: {err.strerror}. The graph itself is published.") from err


def _of_children() -> float:
    """Processor seconds of the children that have ended."""
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def print_profile(path: Path, report: Report, used: Sequence[float]) -> None:
    """The costs of the stages, how busy children kept the processor, and the functions of this process that took
    longest. ``used``: as ``profiled`` gave it.
    """
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
    seconds, cores = sum(report.seconds.get(stage, 0.0) for stage in ("read", "extract")), os.cpu_count() or 1
    if used and seconds:
        share = 100 * used[0] / seconds / cores
        print(f"Children: {used[0]:.1f} s of processor time in {seconds:.1f} s, {share:.0f} % of {cores} cores")
    text = io.StringIO()
    pstats.Stats(str(path), stream=text).sort_stats("cumulative").print_stats(r"kgbuild", FUNCTIONS)
    print("\n".join(line for line in text.getvalue().splitlines()[6:] if line.strip()))
    print(f"Profile: {path}")
