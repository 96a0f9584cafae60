"""Work on several threads, for libraries that let go of the interpreter: products, searches, distances."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


THREADS = min(4, processors())  # more would have more blocks in memory


def in_order(work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """``work`` of each item, in their order; of what is made at most a few wait. Raises what ``work`` raises."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = deque[Future[Made]]()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:  # nobody wants what has not begun
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def ahead(items: Iterable[Item]) -> Iterator[Callable[[], list[Item]]]:
    """Gather items on another thread while the block runs; the function given waits until all are there, and raises
    what raised there. Leaving the block without it leaves those that have not begun.
    """
    stop = Event()

    def gathered() -> list[Item]:
        found = []
        for item in items:
            if stop.is_set():
                break
            found.append(item)
        return found

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(gathered)
        try:
            yield waiting.result
        finally:
            stop.set()
