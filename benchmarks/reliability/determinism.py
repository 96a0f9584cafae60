"""One corpus, many ways: hash seed, workers, order of files, folder, locale, time zone, times of files.

    python benchmarks/reliability/determinism.py [--runs 20] [--files 16] [--models 0]

``--models 1`` uses the default configuration and the text models instead of the small one.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

from rig import Rig, digest, document, finish, options

PATHS = os.pathsep.join(p for p in (str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")) if p)


def main() -> None:
    """Run the sweep and print its table."""
    chosen = options(__doc__, runs=20, files=16, seed=0, models=0)
    pick, found, sound = random.Random(chosen.seed), set(), 0
    with Rig() as rig:
        for n in range(chosen.runs):
            corpus, out = rig.home / f"a folder {n}" / "corpus", rig.home / f"out-{n}"
            order = pick.sample(range(chosen.files), chosen.files)
            for number in order:
                path, text = document(number)
                (corpus / path).parent.mkdir(parents=True, exist_ok=True)
                (corpus / path).write_text(text, "utf-8")
                os.utime(corpus / path, (pick.uniform(0, 2**32), pick.uniform(0, 2**32)))
            arguments = rig.arguments(corpus, out, pick.choice((1, 2, 4)))
            if chosen.models:
                del arguments[arguments.index("--config") : arguments.index("--config") + 2]
            env = {
                **os.environ, "PYTHONHASHSEED": str(n % 10), "LC_ALL": pick.choice(("C", "C.UTF-8", "POSIX")),
                "TZ": pick.choice(("UTC", "Asia/Kolkata", "America/St_Johns")), "PYTHONPATH": PATHS,
            }  # fmt: skip
            command = [sys.executable, "-c", "from kgbuild.cli import main; main()", *arguments]
            done = subprocess.run(command, env=env, check=False, capture_output=True, cwd=rig.home)
            sound += done.returncode == 0
            found.add(digest(out))
    finish(
        f"{chosen.runs} builds of {chosen.files} files",
        [("builds that succeeded", sound, chosen.runs), ("distinct graphs", len(found), 1)],
    )


if __name__ == "__main__":
    main()
