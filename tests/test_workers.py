"""Children that hang, crash or eat memory are killed and reported; the next request is served."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable

import pytest

from kgbuild.workers import Bounds, Frames, Worker, WorkerDied, WorkerPool

FACTORY = f"{__name__}:serve_tests"


def serve_tests(setup: bytes) -> Callable[[bytes], Frames]:
    """What the test's children do."""
    left: list[bytes] = []

    def answer(request: bytes) -> Frames:
        if request == b"hang":
            time.sleep(600)
        if request == b"crash":
            os._exit(9)
        if request == b"eat":
            return [bytes(4 << 30)]
        if request == b"grow":
            kept = [b"x" * (8 << 20) for _ in range(60)]
            time.sleep(600)
            return kept
        if request == b"leave":
            left.append(b"x" * (150 << 20))
            time.sleep(0.3)
        if request == b"map":
            return [str(len(mmap.mmap(-1, 4 << 30))).encode()]
        if request == b"raise":
            raise ValueError("no such request")
        if request == b"die":
            os.kill(os.getpid(), 9)
        if request == b"print":
            print("a library prints")
        return [setup, request, b"x" * 100_000]

    return answer


@pytest.mark.parametrize(("request_", "code"), [(b"hang", "timeout"), (b"crash", "crashed"), (b"eat", "memory")])
def test_a_bad_request_kills_only_its_child(request_: bytes, code: str) -> None:
    worker = Worker(FACTORY, b"set", Bounds(timeout_s=2, memory_mb=512))
    try:
        with pytest.raises(WorkerDied) as caught:
            worker.ask(request_)
        assert caught.value.code == code
        assert worker.ask(b"hello")[:2] == [b"set", b"hello"]
    finally:
        worker.close()


def test_prints_do_not_break_the_channel() -> None:
    worker = Worker(FACTORY, b"set")
    assert worker.ask(b"print")[1] == b"print"
    worker.close()


def test_a_pool_answers_every_item() -> None:
    with WorkerPool(FACTORY, b"", 2, Bounds(timeout_s=30)) as pool:
        items = [f"item {n}" for n in range(9)] + ["crash"]
        found = dict(pool.map(items, str.encode))
    assert isinstance(found.pop("crash"), WorkerDied)
    assert {k: v[1].decode() for k, v in found.items() if isinstance(v, list)} == {i: i for i in items[:-1]}


def test_one_request_has_a_limit_of_its_own() -> None:
    worker = Worker(FACTORY, b"set")
    try:
        assert worker.ask(b"hello", 60)[1] == b"hello"
        with pytest.raises(WorkerDied, match=r"after 0\.2 s") as caught:
            worker.ask(b"hang", 0.2)
        assert caught.value.code == "timeout" and worker.ask(b"again")[1] == b"again"
    finally:
        worker.close()


def test_memory_that_is_held_is_bounded_and_what_is_mapped_is_not() -> None:
    worker = Worker(FACTORY, b"set", Bounds(held_mb=250, again=True))
    try:
        assert worker.ask(b"map")[0] == str(4 << 30).encode()
        with pytest.raises(WorkerDied, match="more than the 250 MiB of memory allowed") as caught:
            worker.ask(b"grow")
        assert caught.value.code == "memory"
        for _ in range(3):  # what earlier requests left behind is not held against a later one
            assert worker.ask(b"leave")[1] == b"leave"
    finally:
        worker.close()


def test_an_exception_is_told_and_the_next_child_is_fresh() -> None:
    worker = Worker(FACTORY, b"set", Bounds(again=True))
    with pytest.raises(WorkerDied, match=r"^ValueError: no such request$") as caught:
        worker.ask(b"raise")
    assert caught.value.code == "crashed" and worker.ask(b"hello")[1] == b"hello"
    worker.close()


def test_a_child_that_is_killed_from_outside_says_so() -> None:
    worker = Worker(FACTORY, b"set")
    with pytest.raises(WorkerDied, match="was killed from outside"):
        worker.ask(b"die")
    worker.close()


def test_a_worker_that_was_started_early_answers_first_and_one_that_was_not_asked_is_gone() -> None:
    with WorkerPool(FACTORY, b"set", 3) as pool:
        pool.warm(b"hello")
        started = pool._workers[0]._process
        assert started is not None and started.poll() is None
        assert pool.ask(b"hello")[1] == b"hello" and pool.ask(b"again")[1] == b"again"
        assert [w._process for w in pool._workers] == [started, None, None]
    with WorkerPool(FACTORY, b"set", 2) as pool:
        pool.warm(b"hello")
        unasked = pool._workers[0]._process
    assert unasked is not None and unasked.returncode is not None


def test_of_how_many_workers_is_asked() -> None:
    with WorkerPool(FACTORY, b"set", 3) as pool:
        found = dict(pool.map([b"a", b"b", b"c"], lambda item: item, count=1))
        assert [found[name][1] for name in (b"a", b"b", b"c")] == [b"a", b"b", b"c"]  # type: ignore[index]
        assert [w._process is None for w in pool._workers] == [False, True, True]
