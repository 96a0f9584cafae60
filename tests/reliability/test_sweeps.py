"""The sweeps of ``benchmarks/reliability`` in their short forms; each prints its table and says by its exit code if all held."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import rig

SHORT = (
    "readers.py --rebuilds 2 --kills 1 --readers 1 --files 3",
    "determinism.py --runs 3 --files 4",
    "edits.py --scripts 1 --steps 3 --files 4",
    "deletions.py --files 4",
    "starters.py --rounds 1 --starters 3 --files 4",
    "memory.py --files 4",
    "mutations.py --mutants 60 --built 4 --largest 20000 --workers 1",
    "rerun.py --files 20 --workers 1",
    "changing.py --rounds 1 --files 3",
    "syscalls.py --files 3",
)


@pytest.mark.parametrize("sweep", SHORT, ids=lambda s: s.split(".")[0])
def test_a_sweep_in_short(sweep: str) -> None:
    name, *options = sweep.split()
    if name == "syscalls.py" and not shutil.which("strace"):
        pytest.skip("needs strace")
    command = [sys.executable, str(Path(rig.__file__).with_name(name)), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| what | held | of |" in done.stdout
