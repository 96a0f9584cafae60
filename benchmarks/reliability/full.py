"""Disks that are full: the old graph stays, the message says what is missing, and with room the same command goes on.

    python benchmarks/reliability/full.py [--sizes 20] [--files 8]

Limits on the size of a file, over all sizes that a build writes (``RLIMIT_FSIZE``: no root is needed), and file
systems in memory that are too small, where this user may mount one.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
from pathlib import Path
from tempfile import gettempdir

from rig import Ended, Rig, copy, digest, finish, leftovers, options, write_corpus


def said(done: Ended, place: Path) -> bool:
    """Whether a build that failed says which file, and what to do."""
    where = str(place) in done.output or gettempdir() in done.output  # libraries write temporary files
    named = "cannot be written" in done.output and where and "make room" in done.output
    return done.code == 2 and named and "Traceback" not in done.output


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, sizes=20, files=8)
    told = kept = gone_on = failed = 0
    disks = [0, 0, 0]
    with Rig() as rig:
        first, second = (write_corpus(rig.home / str(n), chosen.files, seed=n) for n in (1, 2))
        base, work = rig.home / "base", rig.home / "work"
        rig.build(first, base)
        old, new = digest(base), rig.hash_of(second)
        largest = max(p.stat().st_size for p in base.rglob("*") if p.is_file())
        for n in range(chosen.sizes):
            size = round(800 * (largest / 800) ** (n / chosen.sizes))  # what it says is a file too
            copy(base, work)

            def confine(size: int = size) -> None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

            done = rig.build(second, work, before=confine)
            well = said(done, work) if done.code else digest(work) == new
            failed += bool(done.code)
            whole = digest(work) == (old if done.code else new) and not leftovers(work)
            after = rig.build(second, work).code == 0 and digest(work) == new and not leftovers(work)
            told, kept, gone_on = told + well, kept + whole, gone_on + after
            if not (well and whole and after):
                print(f"files of {size} bytes: ended {done.code}, whole: {whole}, went on: {after}\n{done.output}")
            shutil.rmtree(work)
        place, tried = rig.home / "small", 0
        place.mkdir()
        room = sum(p.stat().st_blocks * 512 for p in base.rglob("*") if not p.is_symlink())
        for n in range(chosen.sizes):
            mount = ["mount", "-t", "tmpfs", "-o", f"size={64 << 20}", "tmpfs", str(place)]
            if subprocess.run(mount, check=False, capture_output=True).returncode:
                break
            try:
                out = copy(base, place / "out")
                size = round(room + room * 0.9 * (n + 0.5) / chosen.sizes)
                subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)
                done = rig.build(second, out)
                well = said(done, out) if done.code else digest(out) == new
                whole = digest(out) == (old if done.code else new)
                subprocess.run(["mount", "-o", f"remount,size={64 << 20}", str(place)], check=True)
                after = rig.build(second, out).code == 0 and digest(out) == new and not leftovers(out)
                tried, disks = tried + 1, [disks[0] + well, disks[1] + whole, disks[2] + after]
                if not (well and whole and after):
                    print(f"a disk of {size} bytes: ended {done.code}, whole: {whole}, went on: {after}\n{done.output}")
            finally:
                subprocess.run(["umount", str(place)], check=True)
    finish(
        f"Full disks: {chosen.sizes} sizes of files ({failed} too small), {tried} small file systems",
        [
            ("limits on files that were told, or enough", told, chosen.sizes),
            ("the graph that was there, whole", kept, chosen.sizes),
            ("the same command with room: the right bytes", gone_on, chosen.sizes),
            ("small disks that were told, or enough", disks[0], tried),
            ("the graph that was there, whole", disks[1], tried),
            ("the same command with room: the right bytes", disks[2], tried),
        ],
    )


if __name__ == "__main__":
    main()
