"""Child processes that can be killed: one request at a time, frames of bytes over pipes, never pickle.

A child runs ``serve("package.module:factory")``: the factory gets the first message and
returns the function that answers each request. Threads or the limits of a library cannot
stop native code that hangs or eats memory; a process can be killed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, TypeVar

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Made = TypeVar("Made")
Frames = list[bytes]
Answer = Callable[[bytes], Frames]


class WorkerDied(Exception):
    """The child ended in the middle of a request. ``code``: ``timeout`` | ``memory`` | ``crashed``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may take; 0: however much.

    ``timeout_s``: seconds for one request. ``memory_mb``: MiB of address space that it may add; the kernel refuses
    more. ``held_mb``: MiB that it may hold for itself, looked at from outside ten times a second where there is
    ``/proc``: for models, which map more than they hold. ``again``: a request whose child died of memory or crashed is
    asked once more of a fresh child, if others were asked of that one before.
    """

    timeout_s: float = 0
    memory_mb: int = 0
    held_mb: int = 0
    again: bool = False


_NONE = Bounds()


class Worker:
    """One child process; started at its first request, again after a death."""

    def __init__(self, factory: str, setup: bytes, bounds: Bounds = _NONE) -> None:
        self._factory, self._setup, self._bounds = factory, setup, bounds
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False  # the child has said that it is set up
        self._early = False  # it was asked something whose answer nobody has read
        self._life = -1  # nothing is ever written to this end of a pipe: the child dies when it closes
        self._stopped = False
        self.peak_mb = 0.0  # the most memory that a child had after an answer

    def ask(self, request: bytes, timeout_s: float | None = None) -> Frames:
        """The child's answer, in so many seconds if it is said (0: however long), else in those of every request.

        Raises ``WorkerDied`` if it was killed or crashed; the next call starts afresh.
        """
        used = self._process is not None
        try:
            return self._ask(request, self._bounds.timeout_s if timeout_s is None else timeout_s)
        except WorkerDied as death:
            if not (used and self._bounds.again and death.code in ("memory", "crashed")):
                raise
        return self.ask(request, timeout_s)  # what others left behind in the child may have been the cause

    def _ask(self, request: bytes, limit: float) -> Frames:
        if self._stopped:
            raise WorkerDied("stopped", "the work was stopped")
        process = self._process or self._start()
        if self._stopped:  # while it started
            process.kill()
        guard = _Guard(process)
        try:
            if not self._ready:
                with guard.within(_START_S):
                    read_frames(process.stdout)  # it is ready: its limit counts from here
                self._ready = True
            with guard.within(limit, self._bounds.held_mb):
                if self._early:
                    read_frames(process.stdout)
                    self._early = False
                write_frames(process.stdin, [request])
                *frames, peak = read_frames(process.stdout)
            if peak.startswith(_FAILED):
                self.close()
                raise WorkerDied("crashed", peak.removeprefix(_FAILED).decode("utf-8", "replace"))
            self.peak_mb = max(self.peak_mb, float(peak))
            return frames
        except (EOFError, BrokenPipeError, ConnectionResetError) as err:
            status = _end(process)
            self.close()
            if guard.found == "timeout":
                raise WorkerDied("timeout", f"not done after {limit:g} s; its process was killed") from err
            if guard.found == "memory" or status == _OUT_OF_MEMORY:
                allowed = self._bounds.memory_mb or self._bounds.held_mb
                raise WorkerDied("memory", f"needs more than the {allowed} MiB of memory allowed") from err
            raise WorkerDied("crashed", f"its process {_ended(status)}") from err

    def _start(self) -> subprocess.Popen[bytes]:
        code = (
            "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "  # Ctrl-C is the parent's affair
            f"import sys; sys.path[:] = {json.dumps(sys.path)}; from kgbuild.workers import serve; "
            f"serve({self._factory!r}, {int(self._bounds.timeout_s)}, {self._bounds.memory_mb}, "
        )
        life, self._life = os.pipe()
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        env = {**os.environ, **threads, "TOKENIZERS_PARALLELISM": "false"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"{code}{life})"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env,
            pass_fds=[life],
        )  # fmt: skip
        os.close(life)
        write_frames(self._process.stdin, [self._setup])
        return self._process

    def warm(self, request: bytes) -> None:
        """Start the child with a request whose answer is thrown away: what it needs is loaded meanwhile."""
        if self._process is None and not self._stopped:
            process, self._early = self._start(), True
            with contextlib.suppress(OSError):  # if it died, the next request tells
                write_frames(process.stdin, [request])

    def kill(self) -> None:
        """End the child now, and every later one: for a pool that is left in the middle of its work."""
        self._stopped = True
        if (process := self._process) is not None:
            process.kill()

    def close(self) -> None:
        """End the child if there is one."""
        if self._process is not None:
            process, self._process = self._process, None
            if self._early:  # nobody waits for what it does
                process.kill()
            self._ready = self._early = False
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            life, self._life = self._life, -1
            if life >= 0:
                os.close(life)


class WorkerPool:
    """Several workers of one kind. Use as a context manager: leaving it ends the children."""

    def __init__(self, factory: str, setup: bytes, size: int, bounds: Bounds = _NONE) -> None:
        self._workers = [Worker(factory, setup, bounds) for _ in range(size)]
        self._free: queue.LifoQueue[Worker] = queue.LifoQueue()  # one that has started before one that has not
        for worker in reversed(self._workers):
            self._free.put(worker)

    def warm(self, request: bytes) -> None:
        """Start one worker, if none was, with a request whose answer is thrown away."""
        self._workers[0].warm(request)

    def ask(self, request: bytes, timeout_s: float | None = None) -> Frames:
        """Answer of the next free worker; safe to call from several threads."""
        worker = self._free.get()
        try:
            return worker.ask(request, timeout_s)
        finally:
            self._free.put(worker)

    def map(
        self, items: Sequence[Item], request: Callable[[Item], bytes], within: Callable[[Item], float] | None = None,
        *, count: int = 0,
    ) -> Iterator[tuple[Item, Frames | WorkerDied]]:  # fmt: skip
        """Each item with its answer or the death that it caused, in the order of completion. ``within``: the seconds
        that one may take, 0 for however long; ``count``: of how many workers anything is asked, 0 for all.
        """

        def one(item: Item) -> Frames | WorkerDied:
            try:
                return self.ask(request(item), within(item) if within else None)
            except WorkerDied as death:
                return death

        yield from side_by_side(one, items, count or len(self._workers), stop=self.kill)

    @property
    def peak_mb(self) -> float:
        """The most memory in MiB that any of the children had."""
        return max(worker.peak_mb for worker in self._workers)

    def kill(self) -> None:
        """End all children now; what was asked of them fails, what is asked later as well."""
        for worker in self._workers:
            worker.kill()

    def close(self) -> None:
        for worker in self._workers:
            worker.close()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:  # threads may still wait for answers
            self.kill()
        self.close()


def side_by_side(
    function: Callable[[Item], Made], items: Sequence[Item], count: int, *, stop: Callable[[], None]
) -> Iterator[tuple[Item, Made]]:
    """Each item with what the function makes of it, by ``count`` threads, in the order of completion.

    If the loop over it is left early, ``stop`` is called, which must let the running calls end.
    """
    with ThreadPoolExecutor(max(1, count)) as threads:
        futures = {threads.submit(function, item): item for item in items}
        try:
            for future in as_completed(list(futures)):
                yield futures.pop(future), future.result()
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            stop()
            raise


_OUT_OF_MEMORY = 87
_FAILED = b"failed: "  # begins the answer of a child whose work raised an exception
_START_S = 120.0  # seconds in which a child is to be ready


class _Guard:
    """Kills a process that is not done in time or holds too much; ``found``: ``timeout`` or ``memory``, "" before."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process, self._lock, self.found = process, threading.Lock(), ""

    @contextlib.contextmanager
    def within(self, seconds: float, held_mb: int = 0) -> Iterator[None]:
        """Watch while the block runs; 0: no limit."""
        done = threading.Event()
        if seconds or held_mb:
            threading.Thread(target=self._watch, args=(done, seconds, held_mb), daemon=True).start()
        try:
            yield
        finally:
            with self._lock:  # a process that has answered is not killed any more
                done.set()

    def _watch(self, done: threading.Event, seconds: float, held_mb: int) -> None:
        until = time.monotonic() + (seconds or float("inf"))
        while not done.wait(min(until - time.monotonic(), _LOOK_S if held_mb else seconds)):
            late = time.monotonic() >= until
            if late or (held_mb and _held_mb(self._process.pid) > held_mb):
                with self._lock:
                    if not done.is_set():
                        self.found = "timeout" if late else "memory"
                        self._process.kill()
                return


_LOOK_S = 0.1


def _held_mb(pid: int) -> float:
    """MiB of memory that a process has for itself: not the files that it maps. 0 where the system does not say."""
    try:
        text = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return 0.0
    sizes = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return sum(int(sizes[name].split()[0]) for name in ("RssAnon", "RssShmem", "VmSwap") if name in sizes) / 1024


def _ended(status: int) -> str:
    """How a child ended that nobody here killed, in words."""
    if status == -signal.SIGKILL:
        return "was killed from outside, as the system does when the machine has no memory left"
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"crashed ({signal.Signals(-status).name})"
    return f"ended with status {status}" if status else "broke off"


def _end(process: subprocess.Popen[bytes]) -> int:
    """Exit status of a child that has closed its pipe: its own, if it comes to its end by itself, else 0."""
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return 0


def serve(factory: str, timeout_s: int, memory_mb: int, life: int) -> None:
    """The child's life: set up, then answer until the pipe closes. Prints of libraries go to stderr."""
    end_with(life)
    first_to_go()
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb")
    module, _, name = factory.partition(":")
    try:
        answer: Answer = getattr(import_module(module), name)(read_frames(requests)[0])
        if memory_mb:
            limit_memory(memory_mb)
        write_frames(channel, [])
        while True:
            try:
                frames = read_frames(requests)
            except EOFError:
                os._exit(0)  # there is nothing left to do: taking large libraries down takes half a second
            if timeout_s:
                limit_cpu(timeout_s)
            try:
                made = answer(frames[0])
            except (MemoryError, OSError):
                raise
            except Exception as err:  # a fault of the work, not of this process: the parent says which
                write_frames(channel, [_FAILED + f"{type(err).__name__}: {err}"[:300].encode("utf-8", "replace")])
                continue
            try:
                write_frames(channel, [*made, str(peak_mb()).encode()])
            except BrokenPipeError:  # the parent is gone
                os._exit(0)
    except (MemoryError, OSError) as err:
        if isinstance(err, MemoryError) or err.errno == 12:
            os._exit(_OUT_OF_MEMORY)
        raise


def first_to_go() -> None:
    """When the machine's memory ends, this process is to go, not the user's others."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("500")


def end_with(life: int) -> None:
    """Let the kernel end this process when the parent's end of the pipe closes, however the parent dies.

    A thread that watches would wait for native code that holds the interpreter.
    """
    import fcntl
    import select

    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)  # SIGIO, which ends a process
    if select.select([life], [], [], 0)[0]:  # the parent died before
        os._exit(0)


def peak_mb() -> float:
    """The most memory in MiB that this process has had resident."""
    with contextlib.suppress(OSError), open("/proc/self/status") as file:  # noqa: PTH123
        # getrusage would count what the parent had when it forked
        return round(next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024, 1)
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20), 1)  # bytes on macOS


def limit_memory(memory_mb: int) -> None:
    """Let this process add so much address space at most."""
    import resource

    with open("/proc/self/statm") as file:  # noqa: PTH123
        used = int(file.read().split()[0]) * resource.getpagesize()
    limit = used + memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


def limit_cpu(timeout_s: int) -> None:
    """Ends a child that spins in native code even if its parent is gone."""
    import resource

    used = time.process_time()
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + timeout_s + 10, hard))


def write_frames(pipe: IO[bytes] | None, frames: Frames) -> None:
    """Send frames, so that ``read_frames`` at the other end gives them."""
    assert pipe is not None
    for part in framed(frames):
        pipe.write(part)
    pipe.flush()


def framed(frames: Frames) -> Iterator[bytes]:
    """Frames as they go over a pipe: their number, then each with its length."""
    yield len(frames).to_bytes(4, "big")
    for frame in frames:
        yield len(frame).to_bytes(8, "big")
        yield frame


def read_frames(pipe: IO[bytes] | None) -> Frames:
    """The next frames. Raises ``EOFError`` if the other end is gone."""
    assert pipe is not None
    count = int.from_bytes(_exactly(pipe, 4), "big")
    return [_exactly(pipe, int.from_bytes(_exactly(pipe, 8), "big")) for _ in range(count)]


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    parts = []
    while size:
        part = pipe.read(min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
