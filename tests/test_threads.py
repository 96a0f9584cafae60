"""Work on several threads comes back in order, few results ahead of who takes them, errors where they belong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from kgbuild.threads import THREADS, ahead, in_order


@pytest.mark.skipif(THREADS < 2, reason="one processor")
def test_items_are_worked_on_at_once_and_come_back_in_order() -> None:
    both = threading.Barrier(2, timeout=60)

    def work(n: int) -> int:
        if n in (0, 1):
            both.wait()  # the one does not end before the other has begun
        return n * n

    assert list(in_order(work, range(50))) == [n * n for n in range(50)]


def test_items_are_taken_as_results_are() -> None:
    taken = list[int]()

    def items() -> Iterator[int]:
        for n in range(1000):
            taken.append(n)
            yield n

    results = in_order(str, items())
    assert next(results) == "0" and len(taken) <= 2 * THREADS + 1
    results.close()
    assert len(taken) <= 2 * THREADS + 1


def test_an_error_is_raised_where_its_result_would_come() -> None:
    results = in_order(lambda n: 6 // n, [3, 2, 0, 1])
    assert [next(results), next(results)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_items_are_gathered_while_the_block_runs() -> None:
    begun = threading.Event()

    def items() -> Iterator[int]:
        begun.set()
        yield from range(3)

    with ahead(items()) as gathered:
        assert begun.wait(60)
        assert gathered() == [0, 1, 2]


def test_an_error_while_gathering_is_raised_by_who_asks() -> None:
    with pytest.raises(ZeroDivisionError), ahead(6 // n for n in (1, 0)) as gathered:
        gathered()


def test_what_nobody_waits_for_is_left() -> None:
    taken = list[int]()

    def items() -> Iterator[int]:
        for n in range(3000):
            taken.append(n)
            time.sleep(0.01)
            yield n

    with pytest.raises(KeyError), ahead(items()):
        raise KeyError
    assert len(taken) < 3000
