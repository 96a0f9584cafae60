"""Memory of the parent process from N to 2N and 4N files.

python benchmarks/reliability/memory.py [--files 50]
"""

from __future__ import annotations

import json

from rig import Rig, finish, options, write_corpus


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, files=50)
    peaks = {}
    with Rig() as rig:
        for times in (1, 2, 4):
            out = rig.home / f"out-{times}"
            rig.build(write_corpus(rig.home / f"corpus-{times}", chosen.files * times), out)
            report = json.loads((out / "report.json").read_text("utf-8"))
            peaks[chosen.files * times] = max(own for own, _ in report["memory_mb"].values())
    for count, peak in peaks.items():
        print(f"{count} files: the parent had {peak:.0f} MiB at most")
    first, last = min(peaks), max(peaks)
    growth = peaks[last] / peaks[first] - 1
    print(f"growth {growth:.1%}, {(peaks[last] - peaks[first]) / (last - first) * 1024:.0f} KiB a file")
    finish(f"{first} to {last} files", [("growth below 10 %", int(growth < 0.1), 1)])


if __name__ == "__main__":
    main()
