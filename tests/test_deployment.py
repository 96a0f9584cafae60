"""The deployment of prefect.yaml on a real server, run by a real worker, and its artifacts read back."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
import rig

ROOT = Path(__file__).parents[1]


class Server:
    """A Prefect server of the test's own: its address and the environment of its clients."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.api = f"http://127.0.0.1:{port}/api"
        self.env = {
            **os.environ, "PREFECT_HOME": str(home), "PREFECT_API_URL": self.api, "PREFECT_LOGGING_LEVEL": "WARNING",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(Path(rig.__file__).parent),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [*prefect(), "server", "start", "--port", str(port)], env=self.env, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.api + path, data, {"Content-Type": "application/json"}), timeout=60) as answer:
            return json.load(answer)

    def run(self, *arguments: str) -> None:
        done = subprocess.run(
            [*prefect(), *arguments], env=self.env, cwd=ROOT, check=False, capture_output=True, text=True, timeout=400
        )
        assert done.returncode == 0, done.stdout + done.stderr


def prefect() -> list[str]:
    return [sys.executable, "-m", "prefect"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "prefect")
    try:
        while made.process.poll() is None:
            try:
                made.ask("/health")
                break
            except (URLError, OSError):
                time.sleep(0.3)
        yield made
    finally:
        made.process.terminate()
        made.process.wait(30)
        rig.kill(made.process.pid)


@pytest.mark.flow
@pytest.mark.timeout(900)
def test_a_scheduled_build(server: Server, corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path) -> None:
    folder, out = corpus({**dict(rig.document(n) for n in range(3)), "bad.pdf": b"%PDF-1.7"}), tmp_path / "out"
    (tmp_path / "lean.toml").write_text(rig.CONFIG, "utf-8")
    server.run("work-pool", "create", "default", "--type", "process")
    server.run("--no-prompt", "deploy", "--all")
    found = {d["name"]: d for d in server.ask("/deployments/filter", {})}
    assert set(found) == {"nightly", "flight-check", "evaluation"}
    nightly = found["nightly"]
    assert nightly["concurrency_options"]["collision_strategy"] == "ENQUEUE"
    assert nightly["global_concurrency_limit"]["limit"] == 1 and nightly["schedules"][0]["active"]
    run = server.ask(
        f"/deployments/{nightly['id']}/create_flow_run",
        {"parameters": {"corpus": str(folder), "out": str(out), "config": str(tmp_path / "lean.toml")},
         "state": {"type": "SCHEDULED"}},
    )  # fmt: skip
    server.run("worker", "start", "--pool", "default", "--run-once")
    while (state := server.ask(f"/flow_runs/{run['id']}")["state"])["type"] in ("SCHEDULED", "PENDING", "RUNNING"):
        time.sleep(0.5)
    assert state["type"] == "COMPLETED", state["message"]
    wanted = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}
    artifacts = {a["key"]: a["data"] for a in server.ask("/artifacts/filter", wanted)}
    assert set(artifacts) == {"kgbuild-build", "kgbuild-files", "kgbuild-report"}
    assert "# partial" in artifacts["kgbuild-build"] and "`bad.pdf`" in artifacts["kgbuild-build"]
    outcomes = {row["path"]: row["outcome"] for row in json.loads(artifacts["kgbuild-files"])}
    assert outcomes.pop("bad.pdf") == "rejected" and set(outcomes.values()) == {"processed"} and len(outcomes) == 3
    assert (out / "report.html").resolve().as_uri() in artifacts["kgbuild-report"]
