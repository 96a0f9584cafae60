"""The command line: one file per command, loaded when it is called."""

from __future__ import annotations

import gc
import sys

COMMANDS = (
    "build", "plan", "watch", "query", "ask", "describe", "why", "similar", "serve", "export", "publish", "diff",
    "quarantine", "ontology", "evaluate", "train", "models", "doctor",
)  # fmt: skip


def main() -> None:
    """Entry point ``kgbuild``: turns a ``KgbuildError`` into a message and its exit code."""
    from kgbuild.cli.app import run

    code = run(sys.argv[1:])
    gc.freeze()  # or Python's last collections would walk a million objects that the system takes back at once
    sys.exit(code)
