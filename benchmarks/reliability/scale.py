"""What each stage costs at growing sizes of a synthetic corpus, the power law that fits, and what it says of more.

    python benchmarks/reliability/scale.py --sizes 1000 10000 [--models] [--keep FILE.jsonl]

Documents of about 150 words and one drawing each, three things in each, chosen with Zipf's frequencies from a stock
that grows with the corpus, so that names repeat as they do in real folders. What a build of one file costs (imports,
models) is taken off before the power law is fitted, and added again; the last column is what follows for 100 million,
linearly from the largest size where the exponent is below 1.
Without ``--models`` the words are not read, only the drawings: the cost of everything around the models. Processor
seconds are of this process and its children; memory is the most that this process had up to the end of the stage.
Sizes that ``--keep`` holds are not measured again.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from rig import CONFIG

GOAL = 100_000_000
_SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
_KINDS = ("Gateway", "Service", "Archive", "Ledger", "Catalogue", "Scheduler", "Station", "Institute")
_SENTENCES = (
    "{a} was founded in {year} and sends its reports to {b}.",
    "Since {year} {b} has kept the records that {a} and {c} exchange every night.",
    "The engineers of {c} asked {a} for a second line after the outage of {year}.",
    "In {year} {c} moved from {b} to a hall of its own near the river.",
)


def name(number: int) -> str:
    """The name of the n-th thing: two words, the second one of few."""
    word, rest = "", number + 70
    while rest:
        rest, n = divmod(rest, len(_SYLLABLES))
        word += _SYLLABLES[n]
    return f"{word.capitalize()} {_KINDS[number % len(_KINDS)]}"


def document(n: int, of: int) -> str:
    """Text of the n-th of so many documents."""
    pick = random.Random(f"{of}:{n}")
    stock = max(10, of)
    a, b, c = (name(int(math.exp(pick.random() * math.log(stock)))) for _ in range(3))
    lines = [pick.choice(_SENTENCES).format(a=a, b=b, c=c, year=pick.randint(1950, 2024)) for _ in range(10)]
    chart = f"flowchart LR\n X[{a}] --> Y[{b}]\n Y --> Z[{c}]"
    return f"# {a}\n\n{' '.join(lines)}\n\n```mermaid\n{chart}\n```\n"


def write(folder: Path, count: int) -> Path:
    """The corpus, a thousand files to a folder."""
    for n in range(count):
        path = folder / f"{n // 1000:05d}" / f"{n:08d}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document(n, count), "utf-8")
    return folder


class Meter:
    """A ``Progress`` that notes processor seconds and memory at the borders of stages."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float]] = []
        self._last = _cpu()

    def note(self, stage: str) -> None:
        now = _cpu()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.rows.append((stage, round(now - self._last, 3), round(peak, 1)))
        print(*self.rows[-1], file=sys.stderr, flush=True)
        self._last = now

    def start(self, stage: str, total: int) -> None:
        if stage == "read":
            self.note("list")

    def advance(self, stage: str, count: int = 1, *, note: str = "") -> None:
        if stage == "assemble":
            self.note({"sources loaded": "load", "entities aligned": "align"}.get(note, "assemble"))

    def finish(self, stage: str) -> None:
        self.note(stage)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def measure(count: int, config: str, workers: int) -> dict[str, Any]:
    """Build once in this process; what it cost by stage, and the bytes it left."""
    from kgbuild.config import Config
    from kgbuild.pipeline import build

    home = Path(tempfile.mkdtemp(prefix="kgbuild-scale-"))
    try:
        (home / "scale.toml").write_text(config, "utf-8")
        settings = Config.load(home / "scale.toml", overrides={"run.workers": workers})
        corpus, out = write(home / "corpus", count), home / "out"
        meter = Meter()
        report = build(corpus, out=out, config=settings, progress=meter)
        meter.note("publish")
        seconds: dict[str, float] = {}
        for stage, took, _ in meter.rows:
            seconds[stage] = round(seconds.get(stage, 0.0) + took, 3)
        cache, published = (
            [p for p in d.rglob("*") if p.is_file()] for d in (out / "cache", (out / "current").resolve())
        )
        return {
            "sources": count,
            "seconds": seconds,
            "memory_mb": {stage: peak for stage, _, peak in meter.rows},
            "child_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
            "cache_bytes": sum(p.stat().st_size for p in cache),
            "cache_objects": len(cache),
            "output_bytes": sum(p.stat().st_size for p in published),
            "counts": report.counts,
        }
    finally:
        shutil.rmtree(home, ignore_errors=True)


def law(sizes: list[int], values: list[float]) -> tuple[str, float]:
    """Exponent over the size, and the value at the goal; the first size is 1, and what it costs every size costs.

    Nothing is held to grow less than linearly from the largest size on: exponents below 1 come from what small sizes
    pay more for, batches that are not full above all. Sizes that cost hardly more than one file say nothing.
    """
    fixed, least = values[0], max(0.2, 0.1 * values[0])
    more = [(size, value - fixed) for size, value in zip(sizes[1:], values[1:], strict=True) if value - fixed > least]
    exponent = float(np.polyfit(*np.log(np.array(more)).T, 1)[0]) if len(more) > 1 else math.nan
    steps = GOAL / sizes[-1]
    told = "" if math.isnan(exponent) else f"{exponent:.2f}"
    return told, fixed + (values[-1] - fixed) * steps ** (exponent if exponent > 1 else 1.0)


def table(rows: list[dict[str, Any]]) -> None:
    """Print the costs, the exponent, and the value at the goal."""
    sizes = [row["sources"] for row in rows]
    lines: list[tuple[str, list[float]]] = [
        (f"{stage}, s", [row["seconds"].get(stage, 0.0) for row in rows]) for stage in rows[0]["seconds"]
    ]
    lines.append(("whole, s", [sum(row["seconds"].values()) for row in rows]))
    lines.append(("memory of the parent, MiB", [max(row["memory_mb"].values()) for row in rows]))
    for key in ("cache", "output"):
        lines.append((f"{key}, MiB", [row[f"{key}_bytes"] / 2**20 for row in rows]))
    lines.append(("objects of the cache", [row["cache_objects"] for row in rows]))
    lines += [(key, [row["counts"][key] for row in rows]) for key in ("mentions", "entities", "relation statements")]
    print("| what | " + " | ".join(f"{size:,}" for size in sizes) + f" | exponent | {GOAL:,} |")
    print("|---|" + "---|" * (len(sizes) + 2))
    for what, values in lines:
        exponent, goal = law(sizes, values)
        cells = " | ".join(f"{value:,.1f}" if value < 100 else f"{value:,.0f}" for value in values)
        print(f"| {what} | {cells} | {exponent} | {goal:.1e} |")


def main() -> None:
    """Measure each size in a process of its own; print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000], help="two or more")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--models", action="store_true", help="the default configuration: words are read")
    parser.add_argument("--keep", type=Path, help="file of lines measured before and now")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one, "" if chosen.models else CONFIG, chosen.workers)))
        return
    kept = chosen.keep.read_text("utf-8").splitlines() if chosen.keep and chosen.keep.exists() else []
    rows = {row["sources"]: row for row in map(json.loads, kept)}
    for size in (1, *chosen.sizes):
        if size not in rows:
            command = [sys.executable, __file__, "--one", str(size), "--workers", str(chosen.workers)]
            command += ["--models"] if chosen.models else []
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            rows[size] = json.loads(done.stdout.splitlines()[-1])
            if chosen.keep:
                with chosen.keep.open("a", encoding="utf-8") as file:
                    file.write(done.stdout.splitlines()[-1] + "\n")
    table([rows[size] for size in sorted(rows)])


if __name__ == "__main__":
    main()
