"""One flipped bit in each file of a workspace in turn: it is found, told or mended, and never gives another graph.

    python benchmarks/reliability/flips.py [--files 6] [--every 1] [--seed 0]

After each: a reader gets the answer that it got before, or an error of kgbuild; the next build, of a corpus with one
more file, publishes what a build from scratch publishes, or says what is damaged. ``--every N``: each Nth file only.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from rig import Rig, copy, digest, finish, options, write_corpus

import kgbuild
from kgbuild.errors import KgbuildError

QUERY = "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o"


def answer(out: Path) -> str:
    """What a reader gets, or that it is told of damage."""
    try:
        with kgbuild.open(out) as graph:
            return str(list(graph.sparql(QUERY)))
    except KgbuildError as err:
        return f"told: {err}"


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, files=6, every=1, seed=0)
    pick, read, built = random.Random(chosen.seed), 0, 0
    with Rig() as rig:
        corpus, base = write_corpus(rig.home / "corpus", chosen.files), rig.home / "base"
        rig.build(corpus, base)
        good = answer(base)  # and the store of queries is there
        (corpus / "more.dot").write_text('digraph { a [label="Hill Cache"]; b [label="New Thing"]; a -> b }', "utf-8")
        wanted = rig.hash_of(corpus)
        names = [p.relative_to(base) for p in sorted(base.rglob("*")) if p.is_file() and not p.is_symlink()]
        names = [n for n in names if (base / n).stat().st_size and "current" not in n.parts][:: chosen.every]
        for name in names:
            work = copy(base, rig.home / "work")
            raw = bytearray((work / name).read_bytes())
            at = pick.randrange(len(raw))
            raw[at] ^= 1 << pick.randrange(8)
            (work / name).write_bytes(raw)
            given = answer(work)
            right = given == good or given.startswith("told: ")
            done = rig.build(corpus, work)
            mended = (done.code == 0 and digest(work) == wanted) or (done.code == 2 and "Traceback" not in done.output)
            read, built = read + right, built + mended
            if not (right and mended):
                print(f"{name}, byte {at}: read {given[:200]}; build ended {done.code}\n{done.output[-500:]}")
            shutil.rmtree(work)
    finish(
        f"One bit flipped in each of {len(names)} files",
        [
            ("readers that got the same answer or were told", read, len(names)),
            ("builds that publish the right bytes or say what is damaged", built, len(names)),
        ],
    )


if __name__ == "__main__":
    main()
