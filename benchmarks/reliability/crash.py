"""Kill a build at each named point and at random times: the old graph is served, the next build gives the same bytes.

    python benchmarks/reliability/crash.py [--timed 200] [--signals 20] [--files 12] [--points 0] [--seed 0]

After each kill: what is published is the old graph or the new one, whole; no process is left; the same build again
publishes exactly what a build from scratch publishes, and no half file lies about. The null control, in which files
are written in place, must fail this check. ``--points N`` takes N of the points only (-1: none). ``--signals``: the
same at random times with SIGTERM and Ctrl-C in turn, which must also end it within seconds.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rig import Rig, digest, document, ended, finish, kill, leftovers, members, options, write_corpus

from kgbuild.crash import POINTS, VARIABLE
from kgbuild.workspace import Workspace, write_manifest


@contextmanager
def in_place(workspace: Workspace) -> Iterator[Path]:
    """The null control: a generation that is written over the published one."""
    folder = workspace.current
    assert folder is not None
    for name in ("texts", "pictures"):
        shutil.rmtree(folder / name)
    yield folder
    write_manifest(folder)


def write_over() -> None:
    """In the build's process: publish by writing in place."""
    Workspace.generation = in_place  # type: ignore[method-assign]


class Sweep:
    """One corpus before and after an edit, a workspace of the first, and what must come out."""

    def __init__(self, rig: Rig, files: int) -> None:
        self.rig, self.base = rig, rig.home / "base"
        self.before = write_corpus(rig.home / "before", files)
        self.after = write_corpus(rig.home / "after", files + 2)
        (self.after / document(0)[0]).unlink()
        (self.after / document(1)[0]).write_text('digraph { a [label="New Thing"]; b [label="Hill Cache"]; a -> b }')
        rig.build(self.before, self.base)
        self.old, self.new = digest(self.base), rig.hash_of(self.after)
        begun = time.monotonic()
        self.run(lambda pid: None, fresh=False)
        self.seconds = time.monotonic() - begun
        assert self.old != self.new

    def run(
        self, stop: Callable[[int], None], *, fresh: bool, at: str = "", before: Callable[[], None] | None = None
    ) -> tuple[int, bool, bool]:
        """Build, stopped somewhere: how it ended, whether a whole graph was served then, whether the next is right."""
        out = self.rig.home / "out"
        shutil.rmtree(out, ignore_errors=True)
        if not fresh:
            shutil.copytree(self.base, out, symlinks=True)
        pid = self.rig.start(self.after, out, env={VARIABLE: at} if at else {}, before=before, workers=2)
        stop(pid)
        code = ended(pid)
        deadline = time.monotonic() + 2
        while (left := members(pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        served = "torn"
        with suppress(OSError):
            served = digest(out)
        whole = served in ({"none", self.new} if fresh else {self.old, self.new}) and not left
        again = self.rig.build(self.after, out)
        return code, whole, again.code == 0 and digest(out) == self.new and not leftovers(out)


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, timed=200, signals=20, files=12, points=0, seed=0)
    pick = random.Random(chosen.seed)
    names = pick.sample(POINTS, max(0, chosen.points)) if chosen.points else POINTS
    reached = served = recovered = 0
    with Rig() as rig:
        sweep = Sweep(rig, chosen.files)
        for name in names:
            for fresh in (False, True):  # some points lie only on the way of a first build
                code, whole, right = sweep.run(lambda pid: None, fresh=fresh, at=f"{name}:1")
                if code == -signal.SIGKILL:
                    break
            reached, served, recovered = reached + (code == -signal.SIGKILL), served + whole, recovered + right
            if not (whole and right):
                print(f"{name}: ended {code}, served whole: {whole}, recovered: {right}")
        timed = [0, 0]
        for n in range(chosen.timed):
            delay = pick.uniform(0, sweep.seconds)

            def stop(pid: int, delay: float = delay) -> None:
                time.sleep(delay)
                kill(pid)

            code, whole, right = sweep.run(stop, fresh=n % 4 == 3)
            timed = [timed[0] + whole, timed[1] + right]
            if not (whole and right):
                print(f"after {delay:.2f} s: ended {code}, served whole: {whole}, recovered: {right}")
        signals = [0, 0, 0]
        for n in range(chosen.signals):
            delay, number, took = pick.uniform(0, sweep.seconds), (signal.SIGTERM, signal.SIGINT)[n % 2], [0.0]

            def tell(pid: int, delay: float = delay, number: int = number, took: list[float] = took) -> None:
                time.sleep(delay)
                begun = time.monotonic()
                os.kill(pid, number)
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
                took[0] = time.monotonic() - begun

            code, whole, right = sweep.run(tell, fresh=n % 4 == 3)
            # It may have come to its end before, or been told while it began: before it listens, the signal ends it.
            ended_well = code in (0, 128 + number, -number) and took[0] < 5
            signals = [signals[0] + ended_well, signals[1] + whole, signals[2] + right]
            if not (ended_well and whole and right):
                print(f"{number} after {delay:.2f} s: ended {code} in {took[0]:.1f} s, whole: {whole}, right: {right}")
        control = [
            sweep.run(lambda pid: None, fresh=False, at=name, before=write_over)[1]
            for name in ("write.export:1", "write.export:2")
        ]
    finish(
        f"Kills: {len(names)} points, {chosen.timed} random times over {sweep.seconds:.1f} s; {chosen.signals} signals",
        [
            ("named points reached", reached, len(names)),
            ("a whole graph served after a kill at a point", served, len(names)),
            ("the same bytes from the next build, nothing left over", recovered, len(names)),
            ("a whole graph served after a kill at a random time", timed[0], chosen.timed),
            ("the same bytes from the next build, nothing left over", timed[1], chosen.timed),
            ("ended by SIGTERM or Ctrl-C within 5 s", signals[0], chosen.signals),
            ("a whole graph served then, no process left", signals[1], chosen.signals),
            ("the same bytes from the next build, nothing left over", signals[2], chosen.signals),
            ("null control, written in place: found torn", control.count(False), len(control)),
        ],
    )


if __name__ == "__main__":
    os.umask(0o022)
    main()
