"""A process that has loaded everything once and forks workers: one is ready in milliseconds, and can be killed at will.

It has one thread and opens no store on disk, so that a fork is safe. It talks to the server over one socket: a byte
with a descriptor asks for a child that answers on that descriptor. Frames of bytes, never pickle. When the server is
gone the socket closes, and the zygote and its children end.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from importlib import import_module

from kgbuild.workers import Answer, limit_cpu, limit_memory, read_frames, write_frames

READY, FORK = b"R", b"F"
Open = Callable[[], Answer]
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def main(descriptor: int, factory: str, timeout_s: float, memory_mb: int) -> None:
    """The zygote's life. ``factory`` ("module:name") takes the setup and gives what a child calls to begin."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are nobody's to wait for
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=descriptor)
    with os.fdopen(os.dup(descriptor), "rb") as file:
        setup = read_frames(file)[0]
    module, _, name = factory.partition(":")
    begin: Open = getattr(import_module(module), name)(setup)
    gc.freeze()
    control.sendall(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            try:
                _child(socket.socket(fileno=descriptors[0]), begin, timeout_s, memory_mb)
            except (EOFError, BrokenPipeError, ConnectionError):
                pass
            except MemoryError:
                os._exit(87)
            finally:
                sys.stderr.flush()
                os._exit(0)
        os.close(descriptors[0])


def _child(channel: socket.socket, begin: Open, timeout_s: float, memory_mb: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # ends with the zygote, even in the middle of native code
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    answer = begin()
    limit_memory(memory_mb)
    incoming, outgoing = channel.makefile("rb"), channel.makefile("wb")
    outgoing.write(os.getpid().to_bytes(8, "big"))
    outgoing.flush()
    while True:
        (request,) = read_frames(incoming)
        limit_cpu(int(timeout_s))
        write_frames(outgoing, answer(request))
