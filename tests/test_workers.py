"""Children that hang, crash or eat memory are killed and reported; the next request is served."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from kgbuild.workers import Frames, Worker, WorkerDied, WorkerPool

FACTORY = f"{__name__}:serve_tests"


def serve_tests(setup: bytes) -> Callable[[bytes], Frames]:
    """What the test's children do."""

    def answer(request: bytes) -> Frames:
        if request == b"hang":
            time.sleep(600)
        if request == b"crash":
            os._exit(9)
        if request == b"eat":
            return [bytes(4 << 30)]
        if request == b"print":
            print("a library prints")
        return [setup, request, b"x" * 100_000]

    return answer


@pytest.mark.parametrize(("request_", "code"), [(b"hang", "timeout"), (b"crash", "crashed"), (b"eat", "memory")])
def test_a_bad_request_kills_only_its_child(request_: bytes, code: str) -> None:
    worker = Worker(FACTORY, b"set", timeout_s=2, memory_mb=512)
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
    with WorkerPool(FACTORY, b"", 2, timeout_s=30) as pool:
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
