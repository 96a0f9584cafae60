"""What the reliability sweeps share: a small corpus, a configuration without models, builds in forked processes.

Everything but the models is as in any build: the readers and extractors in their children, the cache, identity,
statements, exports, the publication. The encoder of mentions is a plug-in (``rig:encoder``): hashed trigrams.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CONFIG = """\
[mentions]
extractors = ["labels", "diagrams"]
[ocr]
enabled = false
diagrams = false
[embeddings]
encoder = "rig:encoder"
vision = "none"
[statements]
typing_threshold = 1.1
fine_typing_threshold = 1.1
closed_typing_threshold = 1.1
"""
PRODUCTS = ("graph.nq", "facts.ttl", "graph.graphml", "merges.json", "vectors.json")
THINGS = ("Gateway", "Orders", "Billing", "Search", "Archive", "Mailer", "Ledger", "Catalogue", "Scheduler", "Cache")
PLACES = ("North", "South", "East", "West", "Central", "Harbour", "Hill", "Lake", "River", "Forest")


class Trigrams:
    """Unit vectors (64) of hashed character trigrams."""

    name, version, space, dim = "trigrams", "1", "trigrams", 64

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        out = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(out, texts, strict=True):
            padded = f"  {text.casefold()} "
            for n in range(len(padded) - 2):
                row[zlib.crc32(padded[n : n + 3].encode("utf-8", "replace")) % self.dim] += 1
            row /= max(float(np.linalg.norm(row)), 1e-9)
        return out

    def mentions(self, mentions: Sequence[Any]) -> np.ndarray:
        return self.encode([m.surface for m in mentions])


def encoder(config: object) -> Trigrams:
    """The plug-in that ``CONFIG`` names."""
    return Trigrams()


def document(n: int, seed: int = 0) -> tuple[str, str]:
    """Relative path and text of one of the corpus's files: Markdown, DOT, PlantUML or Mermaid.

    No relation in it has a name of its own, so that no model of words is loaded.
    """
    pick = random.Random(f"{seed}:{n}")
    a, b, c = (f"{pick.choice(PLACES)} {thing}" for thing in pick.sample(THINGS, 3))
    form = n % 4
    if form == 0:
        chart = f"flowchart LR\n X[{a}] --> Y[{b}]\n Y --> Z[{c}]"
        return f"notes/{n:04d}.md", f"# {a}\n\nThe **{a}** calls the **{b}**.\n\n```mermaid\n{chart}\n```\n"
    if form == 1:
        return f"plans/{n:04d}.dot", f'digraph {{ x [label="{a}"]; y [label="{b}"]; z [label="{c}"]; x -> y -> z }}\n'
    if form == 2:
        return f"parts/{n:04d}.puml", f"@startuml\n[{a}] --> [{b}]\n[{b}] --> [{c}]\n@enduml\n"
    return f"charts/{n:04d}.mmd", f"flowchart LR\n X[{a}] --> Y[{b}]\n Z[{c}] --> Y\n"


def write_corpus(folder: Path, count: int, seed: int = 0) -> Path:
    """So many files below a folder."""
    for n in range(count):
        path, text = document(n, seed)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


@dataclass(frozen=True)
class Ended:
    """How a build ended: exit code (negative: the signal), seconds, what it printed, seconds of processors."""

    code: int
    seconds: float
    output: str
    processor: float


class Rig:
    """A folder for one sweep, and builds in forked processes that are spared the imports."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="kgbuild-rig-")
        self.home = Path(self._folder.name)
        (self.home / "lean.toml").write_text(CONFIG, "utf-8")
        os.environ["OMP_NUM_THREADS"] = "1"
        import pyarrow as pa
        from pyarrow import parquet  # noqa: F401

        from kgbuild.statements import load_ontology

        pa.array([""])  # looks for pandas once
        for names in (["core", "general"], ["general"]):
            load_ontology(names)  # kept: the text of an ontology is the key

    def arguments(self, corpus: Path, out: Path, workers: int, more: Sequence[str] = ()) -> list[str]:
        lean = str(self.home / "lean.toml")
        return ["build", str(corpus), "--out", str(out), "--config", lean, "--workers", str(workers), *more]

    def start(
        self, corpus: Path, out: Path, *, workers: int = 1, more: Sequence[str] = (),
        env: Mapping[str, str] | None = None, before: Callable[[], None] | None = None, log: Path | None = None,
    ) -> int:  # fmt: skip
        """Start a build in a session of its own; returns its process id. ``before`` runs in it first."""
        arguments = self.arguments(corpus, out, workers, more)
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        code = 99
        try:
            os.setsid()
            target = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(target, 1)
            os.dup2(target, 2)
            sys.stdout, sys.stderr = open(1, "w"), open(2, "w")  # noqa: SIM115  a test may have put others there
            os.environ.update(env or {})
            if before:
                before()
            from kgbuild.cli.app import run

            code = run(arguments)
        finally:
            with suppress(OSError):  # the disk may be full by intention
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def build(self, corpus: Path, out: Path, **options: Any) -> Ended:
        """Build to the end."""
        log, begun, spent = self.home / "log.txt", time.monotonic(), _processor()
        code = ended(self.start(corpus, out, log=log, **options))
        return Ended(code, time.monotonic() - begun, log.read_text("utf-8", "replace"), _processor() - spent)

    def hash_of(self, corpus: Path, **options: Any) -> str:
        """Digest of the products of a build from scratch; files that fail are part of it."""
        out = Path(tempfile.mkdtemp(dir=self.home)) / "out"
        done = self.build(corpus, out, **options)
        if done.code not in (0, 1):
            raise SystemExit(f"a build from scratch failed ({done.code}):\n{done.output}")
        return digest(out)

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def _processor() -> float:
    """Seconds of processors that all children took, and theirs: what others do on the machine counts little."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def kgbuild_folder() -> Path:
    """Where the package's code lies."""
    import kgbuild

    return Path(str(kgbuild.__file__)).parent


def copy(folder: Path, target: Path) -> Path:
    """A copy of a workspace or a generation, links as links."""
    shutil.copytree(folder, target, symlinks=True)
    return target


def ended(pid: int) -> int:
    """Wait for a process; its exit code, negative if a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(pid: int) -> None:
    """End a session's processes at once."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def digest(out: Path) -> str:
    """Digest over the published products of one generation; "none" if nothing is published."""
    if not (out / "current").exists():
        return "none"
    folder = (out / "current").resolve()
    total = hashlib.sha256()
    for name in PRODUCTS:
        total.update((folder / name).read_bytes())
    return total.hexdigest()[:16]


def leftovers(out: Path) -> list[str]:
    """Files of a build that was stopped: none may be there after the next one."""
    return sorted(str(p.relative_to(out)) for p in out.rglob("*.tmp*") if p.is_file() or p.is_symlink())


def members(session: int) -> list[int]:
    """Processes that still belong to a session."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z" and int(fields[3]) == session:
                found.append(int(entry.name))
    return found


def finish(title: str, rows: Sequence[tuple[str, int, int]]) -> None:
    """Print the table of a sweep (what, held, of) and exit with 1 if anything did not hold."""
    print(f"\n{title}\n\n| what | held | of |\n|---|---|---|")
    for what, held, of in rows:
        print(f"| {what} | {held} | {of} |")
    sys.exit(0 if all(held == of for _, held, of in rows) else 1)


def options(text: str | None, *, paths: str = "", **defaults: int) -> argparse.Namespace:
    """Options of a sweep: whole numbers with defaults; ``paths``: the name of one that takes files."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=value, metavar="N", help=f"default {value}")
    if paths:
        parser.add_argument(f"--{paths}", type=Path, nargs="+", default=[], metavar="FILE")
    return parser.parse_args()
