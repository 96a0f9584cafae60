"""Files that change while they are read: what is in the graph is what stood in the file at one time, or it is said.

    python benchmarks/reliability/changing.py [--rounds 200] [--files 4] [--seed 0]

In each round one file is grown, cut, replaced, removed and put back at random times during a build. It is processed
with the digest of bytes that it held, or left out with the reason; the others are processed; and when it has come to
rest the next build gives what a build from scratch gives.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from rig import Rig, digest, document, finish, options, write_corpus


def restless(path: Path, pick: random.Random, stop: threading.Event, seen: set[str]) -> None:
    """Change a file until told to stop; keep the digests of all that it held."""
    n = 0

    def put(data: bytes, write: Callable[[bytes], object]) -> None:
        seen.add(hashlib.sha256(data).hexdigest())
        write(data)

    while not stop.wait(pick.uniform(0, 0.6)):
        n += 1
        text = document(pick.randrange(1000) * 4)[1].encode()
        way = pick.choice(("grow", "cut", "replace", "remove", "write"))
        if way == "remove":
            path.unlink(missing_ok=True)
        elif way == "replace" or not path.exists():
            aside = path.with_name("aside.bin")
            put(text, aside.write_bytes)
            aside.replace(path)
        elif way == "grow":
            put(path.read_bytes() + b"\nMore **of it** stands here.\n", path.write_bytes)
        elif way == "cut":
            put(path.read_bytes()[: pick.randrange(1, 60)], path.write_bytes)
        else:
            put(text, path.write_bytes)


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, rounds=200, files=4, seed=0)
    pick, sound, others, settled, told = random.Random(chosen.seed), 0, 0, 0, 0
    with Rig() as rig:
        for n in range(chosen.rounds):
            corpus, out = write_corpus(rig.home / "corpus", chosen.files, seed=n), rig.home / "out"
            victim, stop = corpus / document(0)[0], threading.Event()
            seen = {hashlib.sha256(victim.read_bytes()).hexdigest()}
            writer = threading.Thread(target=restless, args=(victim, random.Random(pick.random()), stop, seen))
            writer.start()
            done = rig.build(corpus, out)
            stop.set()
            writer.join()
            rows = {r["path"]: r for r in json.loads((out / "report.json").read_text("utf-8"))["sources"]}
            row = rows.pop(document(0)[0], {"outcome": "absent", "reason": "it was away when the files were listed"})
            processed = row["outcome"] == "processed"
            right = row["sha256"] in seen if processed else bool(row["reason"])
            told += not processed
            rest = [r for path, r in rows.items() if "aside" not in path]
            whole = done.code in (0, 1) and len(rest) == chosen.files - 1
            whole = whole and all(r["outcome"] == "processed" for r in rest)
            (corpus / "notes" / "aside.bin").unlink(missing_ok=True)
            rig.build(corpus, out)
            same = digest(out) == rig.hash_of(corpus)
            sound, others, settled = sound + right, others + whole, settled + same
            if not (right and whole and same):
                print(
                    f"round {n}: ended {done.code}, {row}, others whole: {whole}, right at rest: {same}\n{done.output}"
                )
            for folder in (corpus, out):
                shutil.rmtree(folder)
    finish(
        f"{chosen.rounds} builds while a file changes ({told} times it was left out)",
        [
            ("the file as it was at one time, or left out with the reason", sound, chosen.rounds),
            ("all other files processed", others, chosen.rounds),
            ("at rest, what a build from scratch gives", settled, chosen.rounds),
        ],
    )


if __name__ == "__main__":
    main()
