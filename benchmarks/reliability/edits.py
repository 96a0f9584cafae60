"""Random scripts of edits: after each step the incremental build equals a build from scratch, byte for byte.

    python benchmarks/reliability/edits.py [--scripts 100] [--steps 5] [--files 8] [--seed 0]

Steps: add, edit, rename, delete, restore what was deleted, edit without a change of size or time.
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

from rig import THINGS, Rig, digest, document, finish, options, write_corpus

STEPS = ("add", "edit", "rename", "delete", "restore", "edit unseen")


class Script:
    """A corpus that is edited step by step."""

    def __init__(self, corpus: Path, pick: random.Random) -> None:
        self.corpus, self.pick = corpus, pick
        self.gone: list[tuple[Path, bytes]] = []
        self.next = 1000

    def step(self) -> str:
        """Do one step that is possible; returns what was done."""
        files = sorted(p for p in self.corpus.rglob("*") if p.is_file())
        name = self.pick.choice(
            [s for s in STEPS if (s != "restore" or self.gone) and (s != "delete" or len(files) > 3)]
        )
        path = self.pick.choice(files)
        if name in ("add", "edit"):
            self.next += 1
            made, text = document(self.next, self.pick.randrange(99))
            target = self.corpus / made if name == "add" else path
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, "utf-8")
        elif name == "rename":
            self.next += 1
            path.rename(path.with_name(f"moved-{self.next}{path.suffix}"))
        elif name == "delete":
            self.gone.append((path, path.read_bytes()))
            path.unlink()
        elif name == "restore":
            back, content = self.gone.pop()
            back.write_bytes(content)
        else:
            info, text = path.stat(), path.read_text("utf-8")
            old = next((t for t in THINGS if t in text), "")
            new = "".join(reversed(old.lower())).capitalize()
            path.write_text(text.replace(old, new) if old else text, "utf-8")
            os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
        return f"{name} {path.name}"


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, scripts=100, steps=5, files=8, seed=0)
    equal = whole = 0
    with Rig() as rig:
        for n in range(chosen.scripts):
            corpus, out = rig.home / "corpus", rig.home / "out"
            for folder in (corpus, out):
                shutil.rmtree(folder, ignore_errors=True)
            script = Script(write_corpus(corpus, chosen.files, seed=n), random.Random(f"{chosen.seed}:{n}"))
            rig.build(corpus, out)
            done, right = [], 0
            for _ in range(chosen.steps):
                done.append(script.step())
                rig.build(corpus, out)
                right += digest(out) == rig.hash_of(corpus)
            equal, whole = equal + right, whole + (right == chosen.steps)
            if right != chosen.steps:
                print(f"script {n}: {'; '.join(done)}: {right} of {chosen.steps} steps equal")
    finish(
        f"{chosen.scripts} random scripts of {chosen.steps} steps",
        [
            ("steps equal to a build from scratch", equal, chosen.scripts * chosen.steps),
            ("scripts", whole, chosen.scripts),
        ],
    )


if __name__ == "__main__":
    main()
