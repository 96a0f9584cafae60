"""What a build asks of the system, told by strace: order of writes, files it opens, connections.

    python benchmarks/reliability/syscalls.py [--files 12] [--corpus FOLDER]

One build of a corpus whose files name others outside it, with links that lead out. Every file of the new generation
reaches the disk before the generation gets its name, the folders before the pointer; nothing in the corpus is opened to
be written, renamed or removed, and it is the same afterwards, times of changes too; nothing outside is opened; no
address of a network is connected to. Where this user may, the same build without any network gives the same bytes.
``strace`` is needed. ``--corpus``: build this one with the default configuration, instead of our own.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from rig import Rig, digest, finish, write_corpus

CALLS = "openat,open,creat,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,truncate,connect"
CODE = "from kgbuild.cli import main; main()"
SECRET = "A canary that nobody may read."
_OPENED = re.compile(r'open(?:at)?\((?:[^,"]*, )?"((?:[^"\\]|\\.)*)", ([A-Z_|0-9]+)')
_SYNCING = re.compile(r"^(\d+) +f(?:data)?sync\(\d+<([^>]*)>(\)\s+= 0)?")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. f(?:data)?sync resumed>\)\s+= 0")
_NAMED = re.compile(r'rename(?:at2?)?\((?:[^,"]*, )?"([^"]*)", (?:[^,"]*, )?"([^"]*)"')
_CHANGED = re.compile(r'(?:unlink(?:at)?|truncate|creat)\((?:[^,"]*, )?"([^"]*)"')
_JOINED = re.compile(r"connect\(.*sa_family=AF_INET6?,.*")


def hostile_corpus(home: Path, files: int) -> Path:
    """Our own files, and some that lead out of the corpus by name and by link."""
    corpus, outside = write_corpus(home / "corpus", files), home / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text(f"# {SECRET}", "utf-8")
    secret = (outside / "secret.md").as_posix()
    (corpus / "names.md").write_text(
        f"# Names\n\n![a]({secret}) ![b](../outside/secret.md) [c](file://{secret}) ![d](http://127.0.0.1:9/x.png)\n"
    )
    (corpus / "include.puml").write_text(f"@startuml\n!include {secret}\n[North Gate] --> [South Gate]\n@enduml\n")
    (corpus / "picture.dot").write_text(
        f'digraph {{ a [label="East Mailer", image="{secret}"]; b [label="Hill"]; a -> b }}'
    )
    (corpus / "page.html").write_text(f'<html><iframe src="file://{secret}"></iframe><p>The Hill.</p></html>')
    for name, target in (("out.md", outside / "secret.md"), ("out", outside), ("self", corpus), ("gone.md", "nowhere")):
        (corpus / name).symlink_to(target)
    return corpus


def state(folder: Path) -> list[tuple[str, int, int, bytes]]:
    """Every file with its size, time of change and bytes."""
    found = []
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        found.append((str(path), info.st_size, info.st_mtime_ns, path.read_bytes() if path.is_file() else b""))
    return found


def ordered(log: list[str], out: Path) -> tuple[int, int]:
    """Names that were given when what they name was on the disk, and all: generations, cache entries, the pointer."""
    synced, waiting = set[str](), dict[str, str]()  # waiting: what a process is at while others go on
    right = total = 0
    for line in log:
        if (found := _SYNCING.search(line)) and found[3]:
            synced.add(found[2])
        elif found:
            waiting[found[1]] = found[2]
        if (found := _RESUMED.search(line)) and found[1] in waiting:
            synced.add(waiting[found[1]])
        found = _NAMED.search(line)
        if found and found[2].startswith(str(out)):
            source = found[1]
            if source.endswith("current.tmp"):  # a link: what it leads to has its name on the disk
                needed = {f"{out}/.generations"}
            elif Path(found[2]).is_dir():
                inside = [str(p).replace(found[2], source, 1) for p in Path(found[2]).rglob("*")]
                needed = {source, *inside}
            else:
                needed = {source}
            right, total = right + (needed <= synced), total + 1
            if not needed <= synced:
                print(f"named before it was on the disk: {found[2]}: {sorted(needed - synced)[:3]}")
    return right, total


def main() -> None:
    """Run the sweep and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--corpus", type=Path)
    chosen = parser.parse_args()
    with Rig() as rig:
        corpus, outside = chosen.corpus, [rig.home / "outside"]
        if corpus is None:
            corpus = hostile_corpus(rig.home, chosen.files)
        else:
            corpus, outside = corpus.resolve(), [corpus.resolve().parent / "outside"]
        before, out, log = state(corpus), rig.home / "out", rig.home / "calls.txt"
        more = () if chosen.corpus else ("--config", str(rig.home / "lean.toml"), "--workers", "1")
        build = [sys.executable, "-c", CODE, "build", str(corpus), *more, "--out"]
        paths = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        traced = ["strace", "-f", "-y", "-s", "4096", "-o", str(log), "-e", f"trace={CALLS}", *build, str(out)]
        code = subprocess.run(traced, env=env, check=False, capture_output=True).returncode
        lines = log.read_text("utf-8", "replace").splitlines()
        opened = [(path, flags) for line in lines if (f := _OPENED.search(line)) for path, flags in [f.groups()]]
        inside = [path for path, _ in opened if path.startswith(f"{corpus}/")]
        written = [p for p, how in opened if p.startswith(f"{corpus}/") and re.search("O_WRONLY|O_RDWR|O_CREAT", how)]
        changed = [f[1] for line in lines if (f := _CHANGED.search(line)) and f[1].startswith(f"{corpus}/")]
        leaked = [p for p, _ in opened if any(p.startswith(str(o)) for o in outside)]
        joined = [line for line in lines if _JOINED.search(line)]
        right, total = ordered(lines, out)
        for what in (*written, *changed, *leaked, *joined):
            print(what)
        rows = [
            ("builds that ended with a graph", int(code in (0, 1) and bool(inside)), 1),
            ("names given after what they name was on the disk", right, max(total, 1)),
            ("files of the corpus opened or changed as no reader would", 0 - len(written) - len(changed), 0),
            ("corpora the same afterwards", int(state(corpus) == before), 1),
            ("files outside of the corpus that were opened", -len(leaked), 0),
            ("connections", -len(joined), 0),
        ]
        alone = ["unshare", "-n"]
        if (
            shutil.which("unshare")
            and subprocess.run([*alone, "true"], check=False, capture_output=True).returncode == 0
        ):
            subprocess.run([*alone, *build, str(rig.home / "alone")], env=env, check=False, capture_output=True)
            rows.append(("the same bytes without any network", int(digest(rig.home / "alone") == digest(out)), 1))
    finish("One build under strace", [(what, abs(held), abs(of)) for what, held, of in rows])


if __name__ == "__main__":
    main()
