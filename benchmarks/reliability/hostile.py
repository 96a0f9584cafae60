"""The hostile corpus: classes and reasons, leaks, executed code, connections, and what good files say beside it.

    python benchmarks/reliability/hostile.py ../shared/hostile/hostile_corpus.py [--seeds 1 2 3] [--no-big]

For each seed: make the corpus, build it with the default configuration while something listens on the port that its
files name, score the report, build the good files alone and compare what the graphs of their sources hold.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import quote

from rig import finish

BUILD = (sys.executable, "-c", "from kgbuild.cli import main; main()", "build")


class Listener:
    """Counts who connects to a port of this machine."""

    def __init__(self) -> None:
        self.hits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            with self._socket.accept()[0]:
                self.hits += 1


def quads(out: Path) -> dict[str, set[str]]:
    """The quads of each source's own graph, by the source's path in its IRI."""
    found: dict[str, set[str]] = {}
    with (out / "graph.nq").open(encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            graph = line.rstrip().rsplit(" ", 2)[1].strip("<>")
            if "/source/" in graph:
                found.setdefault(graph.split("/source/", 1)[1], set()).add(line)
    return found


def main() -> None:
    """Run the seeds and print their table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script", type=Path, help="hostile_corpus.py")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--no-big", action="store_true", help="without the file of 100 MB")
    chosen = parser.parse_args()
    files = right = good = same = clean = 0
    for seed in chosen.seeds:
        home, listener = Path(tempfile.mkdtemp(prefix="kgbuild-hostile-")), Listener()
        made, out, report = home / "made", home / "out", home / "report.jsonl"
        script = [sys.executable, str(chosen.script), str(made)]
        more = ["--no-big"] if chosen.no_big else []
        subprocess.run([*script, "--seed", str(seed), "--canary-port", str(listener.port), *more], check=True)
        command = [*BUILD, str(made / "corpus"), "--out", str(out), "--report-jsonl", str(report)]
        ended = subprocess.run(command, check=False, capture_output=True, text=True, cwd=home)
        scored = subprocess.run(
            [*script, "--score", str(report), "--output", str(out), "--output", str(report)],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        print(f"seed {seed}: build ended with {ended.returncode}, {listener.hits} connections\n{scored.stdout}")
        counts, _ = json.JSONDecoder().raw_decode(scored.stdout)
        files, right = files + counts["files"], right + counts["right"]
        clean += not (counts["leaks"] or counts["code_ran"] or listener.hits or counts["reported twice"])
        listed = json.loads((made / "manifest.json").read_text("utf-8"))["files"]
        names = [os.fsdecode(bytes.fromhex(m["path_hex"])) for m in listed if m["kind"] == "good"]
        for name in names:
            (home / "good" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(made / "corpus" / name, home / "good" / name)
        subprocess.run([*BUILD, str(home / "good"), "--out", str(home / "alone")], check=True, capture_output=True)
        beside, alone = quads(out), quads(home / "alone")
        for name in names:
            with_them, by_itself = (said.get(quote(name), set()) for said in (beside, alone))
            good, same = good + 1, same + (with_them == by_itself)
            if with_them != by_itself:
                print(f"{name} says other things beside hostile files")
                print(*(f"+ {quad}" for quad in sorted(with_them - by_itself)), sep="", end="")
                print(*(f"- {quad}" for quad in sorted(by_itself - with_them)), sep="", end="")
        subprocess.run(["chmod", "-R", "u+rwX", str(home)], check=False)
        shutil.rmtree(home, ignore_errors=True)
    finish(
        f"{len(chosen.seeds)} hostile corpora",
        [
            ("files with a sound class and a reason", right, files),
            ("good files that say what they say alone", same, good),
            ("corpora without a leak, executed code, a connection", clean, len(chosen.seeds)),
        ],
    )


if __name__ == "__main__":
    main()
