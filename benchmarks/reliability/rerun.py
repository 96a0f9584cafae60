"""What a build costs that has nothing, or one file in a hundred, to do: share of the full build's time,
by the clock and of processors.

    python benchmarks/reliability/rerun.py [--files 1000] [--models 0] [--workers 2]
        [--texts ../shared/text/redocred_train.jsonl.gz ../shared/text/docred_extra.jsonl.gz]

``--models 1`` uses the default configuration: the text models read sentences, as in a real corpus. With ``--texts``
these are the first documents of such files, else they are made. Python keeps its bytecode, as where pip has put
kgbuild.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from itertools import islice
from pathlib import Path

from rig import PLACES, THINGS, Rig, digest, finish, options, write_corpus

from kgbuild.history import read_runs


def write_texts(folder: Path, count: int) -> Path:
    """Documents of sentences for the models, about 150 words each."""
    folder.mkdir()
    for n in range(count):
        pick = random.Random(n)
        lines = [
            f"The {pick.choice(PLACES)} {pick.choice(THINGS)} in {pick.choice(('Oslo', 'Lyon', 'Graz'))} sends its "
            f" reports to the {pick.choice(PLACES)} {pick.choice(THINGS)} since {pick.randint(1990, 2024)}."
            for _ in range(10)
        ]
        (folder / f"{n:05d}.txt").write_text(" ".join(lines) + "\n", "utf-8")
    return folder


def write_documents(folder: Path, count: int, files: list[Path]) -> Path:
    """As many documents as there are of each file alike, as plain texts."""
    folder.mkdir()
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for n, document in enumerate(map(json.loads, islice(lines, count // len(files)))):
                text = " ".join(" ".join(sentence) for sentence in document["sents"])
                name = f"{n:05d}-{file.name.partition('.')[0]}.txt"
                (folder / name).write_text(f"{document['title']}\n\n{text}\n", "utf-8")
    return folder


def change(path: Path) -> None:
    """Another name in a made file, another sentence in a real one."""
    text = path.read_text("utf-8")
    place = next((p for p in PLACES if p in text), "")
    made = text.replace(place, "Upper") if place else f"{text.rstrip()} It lies near Upper Lake.\n"
    path.write_text(made, "utf-8")


def main() -> None:
    """Run the three builds and print their table."""
    chosen = options(__doc__, paths="texts", files=1000, models=0, workers=2)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with Rig() as rig:
        corpus, out = rig.home / "corpus", rig.home / "out"
        if chosen.texts:
            write_documents(corpus, chosen.files, chosen.texts)
        else:
            (write_texts if chosen.models else write_corpus)(corpus, chosen.files)
        if chosen.models or chosen.texts:
            (rig.home / "lean.toml").write_text("", "utf-8")
        full = rig.build(corpus, out, workers=chosen.workers)
        known = digest(out)
        still = rig.build(corpus, out, workers=chosen.workers)
        same = digest(out) == known and len(read_runs(out / "current")) == 1
        files = sorted(p for p in corpus.rglob("*") if p.is_file())
        for path in files[:: max(1, chosen.files // max(1, chosen.files // 100))]:
            change(path)
        few = rig.build(corpus, out, workers=chosen.workers)
        last = read_runs(out / "current")[-1]
        right = digest(out) == rig.hash_of(corpus, workers=chosen.workers)
    extracted = sum(int(row[0]) for row in last.work["extract"].values())
    print(f"full {full.seconds:.1f} s; without a change {still.seconds:.1f} s; {extracted} changed {few.seconds:.1f} s")
    print(f"shares {still.seconds / full.seconds:.1%} and {few.seconds / full.seconds:.1%}; stages {last.seconds}")
    print(
        f"processors {full.processor:.1f} s; {still.processor:.1f} s; {few.processor:.1f} s: "
        f"shares {still.processor / full.processor:.1%} and {few.processor / full.processor:.1%}"
    )
    finish(
        f"{chosen.files} documents",
        [
            ("without a change: nothing read, nothing written", int(same), 1),
            ("changed files extracted, no others", extracted, last.changes["changed"]),
            ("the same bytes as from scratch", int(right), 1),
        ],
    )


if __name__ == "__main__":
    main()
