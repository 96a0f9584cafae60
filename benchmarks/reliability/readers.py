"""Readers while builds publish and are killed: every read is one whole graph.

python benchmarks/reliability/readers.py [--rebuilds 20] [--kills 20] [--readers 2] [--files 8]
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import time
from pathlib import Path

from rig import Rig, document, ended, finish, kill, options, write_corpus


def read_on(out: Path, valid: set[str], stop: Path, result: Path) -> None:
    """Read through the links as fast as one may, until told to stop: reads, torn, missing, generations seen mixed."""
    counts = {"reads": 0, "torn": 0, "missing": 0}
    while not stop.exists():
        try:
            text = (out / "graph.nq").read_bytes()  # one way through the links
            folder = (out / "current").resolve()  # or resolve once, then read several files of one generation
            whole = [(folder / name).read_bytes() for name in ("graph.nq", "report.json", "entities.parquet")]
        except OSError:
            counts["missing"] += 1
            continue
        counts["reads"] += 2
        for found in (text, whole[0]):
            counts["torn"] += hashlib.sha256(found).hexdigest() not in valid
        try:
            json.loads(whole[1])
        except ValueError:
            counts["torn"] += 1
        counts["torn"] += whole[2][-4:] != b"PAR1"
        time.sleep(0.004)
    result.write_text(json.dumps(counts), "utf-8")


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, rebuilds=20, kills=20, readers=2, files=8, seed=0)
    pick = random.Random(chosen.seed)
    with Rig() as rig:
        corpora = [write_corpus(rig.home / "one", chosen.files), write_corpus(rig.home / "two", chosen.files)]
        (corpora[1] / document(1)[0]).write_text('digraph { a [label="New Thing"]; b [label="Hill Cache"]; a -> b }')
        out, valid = rig.home / "out", set()
        for corpus in (corpora[1], corpora[0]):
            spent = rig.build(corpus, out).seconds
            valid.add(hashlib.sha256((out / "graph.nq").read_bytes()).hexdigest())
        stop, results, readers = rig.home / "stop", [], []
        for n in range(chosen.readers):
            results.append(rig.home / f"reader-{n}.json")
            if (pid := os.fork()) == 0:
                read_on(out, valid, stop, results[-1])
                os._exit(0)
            readers.append(pid)
        rebuilt = killed = 0
        for n in range(max(chosen.rebuilds, chosen.kills)):
            if n < chosen.rebuilds:
                rebuilt += rig.build(corpora[(n + 1) % 2], out).code == 0
            if n < chosen.kills:
                pid = rig.start(corpora[n % 2], out)
                time.sleep(pick.uniform(0, spent))
                kill(pid)
                killed += ended(pid) in (-signal.SIGKILL, 0)
        stop.touch()
        for pid in readers:
            os.waitpid(pid, 0)
        counts = [json.loads(path.read_text("utf-8")) for path in results]
    reads = sum(c["reads"] for c in counts)
    finish(
        f"{chosen.readers} readers, {reads} reads during {rebuilt} rebuilds and {killed} kills",
        [
            ("rebuilds that published", rebuilt, chosen.rebuilds),
            ("reads that were whole", reads - sum(c["torn"] for c in counts), reads),
            ("reads that found something", reads, reads + sum(c["missing"] for c in counts)),
        ],
    )


if __name__ == "__main__":
    main()
