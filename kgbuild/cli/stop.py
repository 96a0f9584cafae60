"""Ctrl-C and SIGTERM end a command within seconds, whatever native code is at work."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

PATIENCE_S = 3.5
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Stopped:
    """The signal that ended the command; 0 before."""

    signal: int = 0


@contextlib.contextmanager
def stoppable() -> Iterator[Stopped]:
    """Both signals raise ``KeyboardInterrupt`` in the main thread; if that does not end the block, the process ends.

    Python runs a signal's handler only between two of its own instructions, so a thread waits for the byte that
    the C handler writes at once. Children of a process that ends die with it (see ``kgbuild.workers``).
    """
    stopped = Stopped()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        stopped.signal = number
        raise KeyboardInterrupt

    told, tell = socket.socketpair()
    done = threading.Event()

    def watch() -> None:
        while number := told.recv(1):
            if number[0] in SIGNALS and not done.wait(PATIENCE_S):
                os._exit(128 + number[0])

    tell.setblocking(False)
    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    woken = signal.set_wakeup_fd(tell.fileno(), warn_on_full_buffer=False)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield stopped
    finally:
        done.set()
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        tell.close()
        watcher.join(1)
        told.close()
