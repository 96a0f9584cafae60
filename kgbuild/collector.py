"""The cyclic garbage collector, for a while."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Without the cyclic garbage collector: it would walk millions of mentions and quads again and again, a fifth of
    the time, and find nothing, since they hold no cycles.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
