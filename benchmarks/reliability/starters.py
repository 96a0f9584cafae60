"""Several builds of one workspace start at once: one works, the others say who holds it, nothing is damaged.

python benchmarks/reliability/starters.py [--rounds 20] [--starters 4] [--files 8]
"""

from __future__ import annotations

from rig import Rig, digest, ended, finish, options, write_corpus


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, rounds=20, starters=4, files=8)
    one = told = right = 0
    with Rig() as rig:
        for n in range(chosen.rounds):
            corpus, out = write_corpus(rig.home / f"corpus-{n}", chosen.files, seed=n), rig.home / "out"
            logs = [rig.home / f"log-{k}" for k in range(chosen.starters)]
            started = [rig.start(corpus, out, log=log) for log in logs]
            codes = [ended(pid) for pid in started]
            one += codes.count(0) == 1
            refused = [log.read_text("utf-8") for log, code in zip(logs, codes, strict=True) if code == 2]
            told += sum("is locked by pid" in text or "is locked by another build" in text for text in refused)
            right += digest(out) == rig.hash_of(corpus)
    finish(
        f"{chosen.rounds} rounds of {chosen.starters} starters",
        [
            ("rounds with one winner", one, chosen.rounds),
            ("others that name the owner", told, chosen.rounds * (chosen.starters - 1)),
            ("graphs as from a build alone", right, chosen.rounds),
        ],
    )


if __name__ == "__main__":
    main()
