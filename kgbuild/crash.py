"""Named points at which a test can kill a build: ``KGBUILD_CRASH_AT=<point>:<n>``.

When a process of the build comes to the point for the n-th time, SIGKILL goes to its whole process group, as
when the machine dies: start the build in a session of its own. Without the variable a point is one look-up.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

VARIABLE = "KGBUILD_CRASH_AT"
POINTS = (
    "lock.taken", "lock.named", "durable.written", "durable.renamed",
    "cache.opened", "cache.written", "cache.synced", "cache.renamed",
    "stage.read", "stage.extract", "stage.assemble",
    "generation.made", "write.export", "index.written", "index.named", "write.texts", "history.written",
    "report.written", "manifest.written", "generation.synced", "generation.renamed", "links.made", "pointer.made",
    "pointer.renamed", "old.removed",
)  # fmt: skip

_passed: Counter[str] = Counter()


def point(name: str) -> None:
    """Die here if the variable says so."""
    wanted = os.environ.get(VARIABLE)
    if wanted:
        _passed[name] += 1
        if wanted == f"{name}:{_passed[name]}":
            os.kill(0, signal.SIGKILL)
