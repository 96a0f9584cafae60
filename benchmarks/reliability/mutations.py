"""Damaged copies of good files: each ends in a reading or a reason, none in an exception.

    python benchmarks/reliability/mutations.py [--mutants 10000] [--built 200] [--seed 0] [--largest 300000]

Cuts, flipped bytes, spliced pieces, doubled and zeroed ones of the files of ``examples/corpus`` go through the readers;
``--built`` further ones through a whole build, whose extractors meet what the readers make of them.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rig import finish, options

from kgbuild.config import Config
from kgbuild.pipeline import build
from kgbuild.sources import ReaderPool, discover
from kgbuild.types import Reading, Source
from kgbuild.workers import side_by_side

CORPUS = Path(__file__).parents[2] / "examples" / "corpus"
UNHANDLED = ("reader-failed", "extractor-failed", "crashed")


def mutant(content: bytes, pick: random.Random) -> bytes:
    """A damaged copy."""
    data = bytearray(content)
    for _ in range(pick.choice((1, 1, 2, 5))):
        at, size = pick.randrange(len(data) + 1), pick.choice((1, 4, 64, 1000))
        way = pick.choice(("cut", "flip", "splice", "double", "zero"))
        if way == "cut":
            del data[at:]
        elif way == "flip" and data:
            for _ in range(size):
                data[pick.randrange(len(data))] ^= 1 << pick.randrange(8)
        elif way == "splice":
            other = pick.randrange(len(content))
            data[at : at + size] = content[other : other + size]
        elif way == "double":
            data[at:at] = data[at : at + size]
        elif way == "zero":
            data[at : at + size] = bytes(min(size, len(data) - at))
    return bytes(data)


def build_whole(good: Sequence[Path], count: int, pick: random.Random) -> int:
    """Build damaged copies with the default configuration; how many met an unhandled exception."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "corpus"
        root.mkdir()
        for n in range(count):
            path = good[n % len(good)]
            (root / f"{n:06d}{path.suffix}").write_bytes(mutant(path.read_bytes(), pick))
        report = build(root, out=Path(folder) / "out", config=Config.load())
        found = {i["source"]: i["message"] for i in report.issues if i["code"] in UNHANDLED}
        print(*(f"{source}: {message}\n" for source, message in found.items()), sep="", end="")
        for source in found:
            shutil.copy(root / source, Path(tempfile.gettempdir(), f"mutant-{source}"))
        return len(found) + count - len(report.sources)


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, mutants=10_000, built=200, seed=0, workers=2, largest=300_000)
    pick, outcomes, broken = random.Random(chosen.seed), Counter[str](), 0
    good = sorted(p for p in CORPUS.rglob("*") if p.is_file() and p.stat().st_size <= chosen.largest)
    config = Config.load(overrides={"sources.timeout_s": 60})
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with ReaderPool(root, config, chosen.workers) as pool:

            def read(source: Source) -> Reading:
                return pool.read(source)

            for first in range(0, chosen.mutants, 500):
                for n in range(first, min(first + 500, chosen.mutants)):
                    path = good[n % len(good)]
                    (root / f"{n:06d}{path.suffix}").write_bytes(mutant(path.read_bytes(), pick))
                sources, left_out = discover(root, config)
                outcomes["left out"] += len(left_out)
                for source, reading in side_by_side(read, sources, chosen.workers, stop=pool.kill):
                    outcomes[reading.outcome] += 1
                    codes = [(i.code, i.message) for i in reading.issues if i.code in UNHANDLED]
                    broken += bool(codes)
                    if codes:
                        print(f"{source.path}: {codes[0][0]}: {codes[0][1]}")
                        shutil.copy(root / source.path, Path(tempfile.gettempdir(), f"mutant-{source.path}"))
                for path in root.iterdir():
                    path.unlink()
    failed = build_whole(good, chosen.built, pick) if chosen.built else 0
    finish(
        f"{chosen.mutants} damaged copies of {len(good)} files: {dict(outcomes)}; {chosen.built} more built",
        [
            ("each with one outcome", sum(outcomes.values()), chosen.mutants),
            ("without an unhandled exception", chosen.mutants - broken, chosen.mutants),
            ("built without an unhandled exception", chosen.built - failed, chosen.built),
        ],
    )


if __name__ == "__main__":
    main()
