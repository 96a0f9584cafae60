"""A pool of killable processes for asyncio, with two lanes: what is not done at once makes room for what is quick.

A query begins in one of few quick places. Is it not done after ``_AT_ONCE`` seconds, it moves to one of the slow places
at low priority, so that many long ones do not keep the quick ones waiting; at its limit its process is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections import deque
from typing import Any

from kgbuild.queries.serve.zygote import FORK, READY
from kgbuild.workers import Frames, framed

_AT_ONCE = 0.25  # seconds in a quick place
_SPARES = 2  # processes that wait for a query
_PATIENCE = 5.0  # seconds that a query waits for a place
_STACK = 1 << 29  # bytes: the parser recurses over chains, and 8 MiB hold fewer than a query may have
_NICE = 10
_START = 120.0  # seconds within which a process is to be there


class Stopped(Exception):
    """A query that was not finished. ``code``: ``timeout`` | ``busy`` | ``crashed`` | ``gone``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Child:
    """One worker process: asked over its socket, killed by its descriptor."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid, self._reader, self._writer = pid, reader, writer
        self._handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1  # a number may be another's by then

    async def ask(self, request: bytes) -> Frames:
        self._writer.writelines(framed([request]))
        await self._writer.drain()
        count = int.from_bytes(await self._reader.readexactly(4), "big")
        return [
            await self._reader.readexactly(int.from_bytes(await self._reader.readexactly(8), "big"))
            for _ in range(count)
        ]

    def slow_down(self) -> None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, _NICE)

    @property
    def alive(self) -> bool:
        return not self._reader.at_eof()

    def kill(self) -> None:
        if self._handle >= 0:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            os.close(self._handle)
            self._handle = -1
        elif self.alive:
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)
        self._writer.close()


class Pool:
    """Workers that are forked from one zygote (``kgbuild.queries.serve.zygote``)."""

    def __init__(
        self, factory: str, setup: bytes, *, quick: int, slow: int, queue: int, timeout_s: float, memory_mb: int
    ) -> None:
        self._factory, self._setup, self._timeout, self._memory = factory, setup, timeout_s, memory_mb
        self._quick, self._slow = asyncio.Semaphore(quick), asyncio.Semaphore(slow)
        self._queue, self._waiting, self._busy = queue, 0, 0
        self._idle: deque[Child] = deque()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._forking = asyncio.Lock()
        self._refilling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the zygote and the first workers. Raises ``Stopped`` if it does not come up."""
        ours, theirs = socket.socketpair()
        code = (
            f"import sys; sys.path[:] = {json.dumps(sys.path)}; from kgbuild.queries.serve.zygote import main; "
            f"main({theirs.fileno()}, {self._factory!r}, {self._timeout}, {self._memory})"
        )
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
        stack = _STACK if hard == resource.RLIM_INFINITY else min(_STACK, hard)
        resource.setrlimit(resource.RLIMIT_STACK, (stack, hard))  # what is started now has it
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code], stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
                env={**os.environ, **threads}, start_new_session=True,
            )  # fmt: skip
        finally:
            resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))
        theirs.close()
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        self._control = ours
        await loop.sock_sendall(ours, b"".join(framed([self._setup])))
        if await asyncio.wait_for(loop.sock_recv(ours, 1), _START) != READY:
            raise Stopped("crashed", "the process that answers queries did not start.")
        await self._refill()

    async def ask(self, request: bytes, gone: asyncio.Future[None]) -> Frames:
        """The answer. Raises ``Stopped``; if ``gone`` is done first (the client left) the process is killed."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._timeout
        lane, child = await self._place(), None
        self._busy += 1
        try:
            child = await self._take()
            reply = asyncio.ensure_future(child.ask(request))
            slow = not await _first(reply, gone, min(_AT_ONCE, self._timeout))
            if slow:
                if self._slow.locked():
                    raise Stopped("busy", "too many long queries run at once. Try again, or ask for less.")
                await self._slow.acquire()
                lane.release()
                lane = self._slow
                child.slow_down()
                await _first(reply, gone, deadline - clock())
            if reply.done():
                frames = reply.result()
                if not slow:
                    self._idle.append(child)
                    child = None
                return frames
            if gone.done():
                raise Stopped("gone", "the client left.")
            raise Stopped("timeout", f"not done after {self._timeout:g} s. Add a LIMIT or make it more selective.")
        except (asyncio.IncompleteReadError, ConnectionError) as err:
            raise Stopped("crashed", "its process ended: the query needs too much memory, or crashed it.") from err
        finally:
            lane.release()
            self._busy -= 1
            if child is not None:
                child.kill()
                with contextlib.suppress(BaseException):
                    reply.cancel()
            self._keep_spares()

    async def _place(self) -> asyncio.Semaphore:
        if self._waiting >= self._queue:
            raise Stopped("busy", f"{self._waiting} queries are waiting already. Try again.")
        self._waiting += 1
        try:
            await asyncio.wait_for(self._quick.acquire(), _PATIENCE)
        except TimeoutError as err:
            raise Stopped("busy", "no process was free in time. Try again.") from err
        finally:
            self._waiting -= 1
        return self._quick

    async def _take(self) -> Child:
        while self._idle:
            child = self._idle.popleft()
            if child.alive:
                return child
            child.kill()
        return await self._fork()

    async def _fork(self) -> Child:
        if self._control is None or self._process is None or self._process.poll() is not None:
            raise Stopped("crashed", "the process that answers queries has ended.")
        ours, theirs = socket.socketpair()
        async with self._forking:
            socket.send_fds(self._control, [FORK], [theirs.fileno()])
        theirs.close()
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        pid = await asyncio.wait_for(reader.readexactly(8), _START)
        return Child(int.from_bytes(pid, "big"), reader, writer)

    def _keep_spares(self) -> None:
        if self._control is not None and len(self._idle) < _SPARES and (not self._refilling or self._refilling.done()):
            self._refilling = asyncio.ensure_future(self._refill())

    async def _refill(self) -> None:
        with contextlib.suppress(Stopped, asyncio.IncompleteReadError, OSError):
            while len(self._idle) < _SPARES and self._control is not None:
                self._idle.append(await self._fork())

    async def close(self) -> None:
        """Let what runs come to its end or its limit, then end all processes."""
        while self._busy:
            await asyncio.sleep(0.05)
        self.kill()

    def kill(self) -> None:
        """End all processes now."""
        if self._control is not None:
            self._control.close()
            self._control = None
        for child in self._idle:
            child.kill()
        self._idle.clear()
        if self._process is not None:
            self._process.kill()
            self._process.wait()


async def _first(reply: asyncio.Future[Frames], gone: asyncio.Future[None], seconds: float) -> bool:
    """Whether one of the two is done in that time."""
    either: set[asyncio.Future[Any]] = {reply, gone}
    done, _ = await asyncio.wait(either, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
    return bool(done)
