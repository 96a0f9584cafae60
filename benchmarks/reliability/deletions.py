"""Deleting a source takes away exactly the statements that only it supports; putting it back gives the old bytes.

python benchmarks/reliability/deletions.py [--files 50]
"""

from __future__ import annotations

from pathlib import Path

from pyarrow import parquet
from rig import Rig, digest, finish, options, write_corpus


def support(out: Path) -> dict[tuple[str, str, str, str], frozenset[str]]:
    """The sources of each statement, by subject, relation, object and status."""
    columns = ["subject", "predicate", "object", "status", "sources"]
    rows = parquet.read_table(out / "statements.parquet", columns=columns).to_pylist()
    return {(r["subject"], r["predicate"], r["object"], r["status"]): frozenset(r["sources"]) for r in rows}


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, files=50)
    exact = shared = restored = 0
    with Rig() as rig:
        corpus, out = write_corpus(rig.home / "corpus", chosen.files), rig.home / "out"
        rig.build(corpus, out)
        first, before = digest(out), support(out)
        files = sorted(p for p in corpus.rglob("*") if p.is_file())
        for path in files:
            content = path.read_bytes()
            path.unlink()
            rig.build(corpus, out)
            after = support(out)
            name = str(path.relative_to(corpus))
            own = {
                s for s, sources in before.items() if all(x.endswith(f"/source/{name}") for x in sources) and sources
            }
            exact += before.keys() - after.keys() == own and not after.keys() - before.keys()
            kept = {
                s: frozenset(x for x in before[s] if not x.endswith(f"/source/{name}")) for s in before.keys() - own
            }
            shared += kept == after
            path.write_bytes(content)
            rig.build(corpus, out)
            restored += digest(out) == first
    finish(
        f"{len(files)} sources deleted and put back, {len(before)} statements",
        [
            ("exactly what only it said is gone", exact, len(files)),
            ("the rest keeps the support of the others", shared, len(files)),
            ("put back: the old bytes", restored, len(files)),
        ],
    )


if __name__ == "__main__":
    main()
