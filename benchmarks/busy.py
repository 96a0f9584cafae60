"""How busy the extraction workers of a build keep their cores, on a machine that others load as well.

    python benchmarks/busy.py kgbuild build FOLDER --out OUT --set models.detector=NAME

Waiting in the queue of a loaded machine is no idleness: the share is processor time over the time that a worker
could have a core, by ``/proc/PID/schedstat`` (Linux).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path


def main() -> None:
    build, begun = subprocess.Popen(sys.argv[1:]), time.monotonic()
    seen: dict[int, list[float]] = {}  # of each worker: first and last look, processor seconds, seconds waited
    while build.poll() is None:
        now = time.monotonic()
        for child in below(build.pid):
            try:
                if b"extracting:serve" in Path(f"/proc/{child}/cmdline").read_bytes():
                    used, waited, _ = map(int, Path(f"/proc/{child}/schedstat").read_text("ascii").split())
                    seen.setdefault(child, [now, now, 0, 0])[1:] = [now, used / 1e9, waited / 1e9]
            except OSError:  # it has just ended
                continue
        time.sleep(0.2)
    for first, last, used_s, waited_s in seen.values():
        share = 100 * used_s / max(0.1, last - first - waited_s)
        print(
            f"a worker: {last - first:.1f} s, {used_s:.1f} of a core, {waited_s:.1f} in its queue, {share:.1f} % busy"
        )
    print(f"whole build {time.monotonic() - begun:.1f} s, load {os.getloadavg()[0]:.1f}")


def below(pid: int) -> Iterator[int]:
    """The children of a process, theirs, and so on."""
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in file.read_text("ascii").split()]
        except OSError:
            continue
        for child in children:
            yield child
            yield from below(child)


if __name__ == "__main__":
    main()
