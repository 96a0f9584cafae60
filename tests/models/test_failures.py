"""Hubs that answer badly or not at all, and checkpoints that are broken: the build goes on, says why, and is partial."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from test_loading import broken
from test_photos import config, photo
from tiny import save_captioner, save_colour_clip, save_yolos

import kgbuild

ASK = """
import kgbuild.models.hub as hub
from kgbuild.errors import ModelUnavailable
hub._ANSWER_S = {seconds}
for id in {ids}:
    try:
        hub.download(id)
    except ModelUnavailable as err:
        print(err)
"""


class Hub(BaseHTTPRequestHandler):
    """A hub that has no model, and one that is gated."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        gated = "gated" in self.path
        self.send_response(403 if gated else 404)
        self.send_header("X-Error-Code", "GatedRepo" if gated else "RepoNotFound")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture
def hub() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Hub,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def environment(endpoint: str, home: Path) -> dict[str, str]:
    """As of a user who has set nothing: HF_HUB_OFFLINE is not there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))}
    return {**kept, "HF_ENDPOINT": endpoint, "HF_HOME": str(home), "NO_PROXY": "*"}


def ask(endpoint: str, home: Path, *ids: str, seconds: float = 10.0) -> list[str]:
    out = subprocess.run(
        [sys.executable, "-c", ASK.format(ids=list(ids), seconds=seconds)], env=environment(endpoint, home),
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return out.stdout.splitlines()


def test_a_wrong_id_and_a_gated_one_are_told_apart(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    wrong, gated, no_id = ask(hub[0], tmp_path, "nobody/wrong", "nobody/gated", "no id at all")
    assert wrong == "nobody/wrong: the hub has no such model, or it is private: check the id"
    assert gated == (
        "nobody/gated: its owner gives it to those who accepted its terms: log in to the hub and accept them"
    )
    assert "no id of the model hub" in no_id and len(hub[1]) >= 2


def test_a_hub_that_never_answers_is_left(tmp_path: Path) -> None:
    with socket.socket() as silent:  # it takes the connection, and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begun = time.monotonic()
        (told,) = ask(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path, "nobody/here", seconds=0.4)
        assert time.monotonic() - begun < 50  # not for ever: there is no answer to wait for
    assert told.startswith("nobody/here: the model hub cannot be reached")


def test_a_build_asks_no_hub_unless_it_is_told_to(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    photo(tmp_path / "corpus" / "one.png", 1, (200, 60, 60))
    yolos = save_yolos(tmp_path / "yolos", [("dog", (0.25, 0.5, 0.3, 0.4))])
    command = [
        sys.executable, "-c", "import sys; from kgbuild.cli.app import run; sys.exit(run(sys.argv[1:]))", "build", str(tmp_path / "corpus"), "--out", str(tmp_path / "out"),
        "--set", f"models.detector={yolos}", "--set", "models.captioner=nobody/of-that-name",
    ]  # fmt: skip
    ran = subprocess.run(
        command, env=environment(hub[0], tmp_path / "home"), capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 1 and "nobody/of-that-name" in ran.stdout, ran.stderr[-2000:]
    assert hub[1] == []


def test_a_build_goes_on_with_broken_checkpoints(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "note.txt").write_text("Ada Lovelace met Charles Babbage in London.", "utf-8")
    photo(tmp_path / "corpus" / "one.png", 1, (200, 60, 60))
    (tmp_path / "zoo.ttl").write_text("", "utf-8")
    yolos = save_yolos(tmp_path / "yolos", [("dog", (0.25, 0.5, 0.3, 0.4))])
    captioner = save_captioner(tmp_path / "captioner", ["a", "dog"])
    clip = save_colour_clip(tmp_path / "clip", {"dog": 0, "nothing": 1})
    for folder, way in ((yolos, "truncated"), (captioner, "pickled"), (clip, "huge")):
        broken(folder, way)
    settings = config(tmp_path, detector=yolos, captioner=captioner, zero_shot=clip)
    report = kgbuild.build(tmp_path / "corpus", out=tmp_path / "out", config=settings)
    assert report.status == "partial" and report.counts["sources processed"] == 2 and report.counts["entities"] >= 3
    told = {i["code"]: i["message"] for i in report.issues if i["code"].startswith("model-")}
    both = [i["message"] for i in report.issues if i["code"] == "model-unusable"]
    assert "too little memory" in told["model-unavailable"]  # there may be more, next time
    assert len(both) == 2 and "damaged or cut off" in " ".join(both) and "only pickled weights" in " ".join(both)


def test_a_build_counts_nonsense(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    photo(tmp_path / "corpus" / "one.png", 1, (200, 60, 60))
    photo(tmp_path / "corpus" / "two.png", 2, (60, 200, 60))
    (tmp_path / "zoo.ttl").write_text("", "utf-8")
    (tmp_path / "corpus" / "note.txt").write_text("Ada Lovelace met Charles Babbage in London.", "utf-8")
    nan = save_yolos(tmp_path / "yolos", [("dog", (0.25, 0.5, 0.3, 0.4)), ("cat", (0.7, 0.6, 0.5, 0.5))], nan=True)
    report = kgbuild.build(tmp_path / "corpus", out=tmp_path / "out", config=config(tmp_path, detector=nan))
    found = [i for i in report.issues if i["code"] == "model-nonsense"]
    assert [i["severity"] for i in found] == ["warning"] * 2 and "models.detector: " in found[0]["message"]
