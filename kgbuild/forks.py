"""Work beside this process, by a forked copy of it: what is in memory need not be sent, only what comes of it.

For pure Python, which one interpreter runs on one processor. The copy opens no region of OpenMP, calls no BLAS and asks
no GPU: what these keep is not copied. Whatever becomes of it (killed, no memory, an error) the work is done here then,
so that errors are raised where they belong.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kgbuild.threads import processors
from kgbuild.workers import end_with, first_to_go, read_frames, write_frames

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SILENT_S = 600.0  # seconds in which a copy has to answer, once it is waited for


def room() -> bool:
    """Whether a second process of this size fits into memory: of what a copy looks at it gets pages of its own."""
    try:
        held = int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return False
    return held < free


@contextmanager
def beside(work: Callable[[], bytes]) -> Iterator[Callable[[], bytes]]:
    """Begin ``work`` in a copy of this process, and give a function that waits for what it returns.

    Without a second processor or room for a second process, and where forking is not safe (macOS, Windows), that
    function does the work. It may be done twice, which must be no matter. Leaving the block ends the copy.
    """
    copy = _copy(work) if sys.platform == "linux" and processors() > 1 and room() else None
    if copy is None:
        yield work
        return
    pid, answer, life = copy

    def wait() -> bytes:
        if (found := _answer(answer)) is not None:
            return found
        os.kill(pid, signal.SIGKILL)
        return work()

    try:
        yield wait
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(life)
        os.close(answer)


def _copy(work: Callable[[], bytes]) -> tuple[int, int, int] | None:
    """A copy that works: its id, where its answer comes from, and the pipe whose end is its own; None if there can be
    none.
    """
    answer, told = os.pipe()
    held, life = os.pipe()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # its handlers are not those of this process
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads: the copy uses none
            pid = os.fork()
    except OSError:  # no memory, or no processes left
        pid = -1
    if pid == 0:
        os.close(life)
        _work(work, told, held, blocked)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    os.close(told)
    os.close(held)
    if pid > 0:
        return pid, answer, life
    os.close(answer)
    os.close(life)
    return None


def _work(work: Callable[[], bytes], told: int, life: int, blocked: Iterable[int]) -> None:
    """The copy's life: it returns to nobody."""
    try:
        end_with(life)
        first_to_go()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        with os.fdopen(told, "wb") as file:
            write_frames(file, [work()])
        os._exit(0)
    finally:  # whatever it was: the work is done by the parent, which tells of it
        os._exit(1)


def _answer(pipe: int) -> bytes | None:
    """What a copy has sent, None if it broke off or is silent."""
    with os.fdopen(os.dup(pipe), "rb") as file:
        if select.select([file], [], [], _SILENT_S)[0]:
            with suppress(EOFError):
                return read_frames(file)[0]
    return None
