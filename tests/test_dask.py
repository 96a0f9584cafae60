"""The flow on two Dask workers with working folders of their own and a cache on S3; one of them is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import rig
from conftest import ObjectStore

from kgbuild.config import Config
from kgbuild.errors import ConfigError
from kgbuild.stages import Job
from kgbuild.workspace import Workspace

pytestmark = [
    pytest.mark.flow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),  # Prefect, Dask and the server warn of their own parts
]
FILES = dict(rig.document(n) for n in range(8))
# The encoder of the rig; where HELD names a folder, an extraction says whose child it is and waits to be let go.
HELD = """
import os, time
from pathlib import Path
import rig
class Held(rig.Trigrams):
    def mentions(self, mentions):
        if folder := os.environ.get("HELD"):
            Path(folder, str(os.getppid())).touch()
            while not Path(folder, "go").exists():
                time.sleep(0.05)
        return super().mentions(mentions)
def encoder(config):
    return Held()
"""


@dataclass(frozen=True)
class Cluster:
    """A Dask scheduler and two workers, each a process with a folder of its own."""

    address: str
    workers: tuple[subprocess.Popen[bytes], ...]
    folders: tuple[Path, ...]
    held: Path


@pytest.fixture
def cluster(tmp_path: Path, s3: ObjectStore) -> Iterator[Cluster]:
    (tmp_path / "held").mkdir()
    (tmp_path / "plug").mkdir()
    (tmp_path / "plug" / "held.py").write_text(HELD, "utf-8")
    path = os.pathsep.join((str(Path(rig.__file__).parent), str(tmp_path / "plug")))
    env = {**os.environ, **s3.env, "PYTHONPATH": path, "HELD": str(tmp_path / "held"), "OMP_NUM_THREADS": "1"}
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard", "--scheduler-file", str(file)]
        started.append(
            subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.DEVNULL, start_new_session=True)
        )
        return folder

    file = tmp_path / "scheduler.json"
    try:
        start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0")
        folders = [start(f"w{n}", "worker", "--no-nanny", "--nworkers", "1", "--nthreads", "1") for n in range(2)]
        while not file.exists():
            assert started[0].poll() is None
            time.sleep(0.1)
        address = json.loads(file.read_text("utf-8"))["address"]
        yield Cluster(address, tuple(started[1:]), tuple(folders), tmp_path / "held")
    finally:
        for process in started:
            rig.kill(process.pid)
            process.wait(30)


def test_a_worker_dies_and_the_bytes_are_the_same(
    prefect_server: None, s3: ObjectStore, cluster: Cluster, corpus: Callable[[Mapping[str, str | bytes]], Path],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from kgbuild_flows.build import build

    monkeypatch.syspath_prepend(str(tmp_path / "plug"))
    folder, config = corpus(FILES), tmp_path / "lean.toml"
    config.write_text(rig.CONFIG.replace("rig:encoder", "held:encoder"), "utf-8")
    shared = {"run.cache": f"{s3.url}/cluster", "run.workers": 2}
    killed: list[int] = []

    def kill_one() -> None:
        while not (names := [int(path.name) for path in cluster.held.iterdir()]):
            time.sleep(0.05)
        killed.extend(n for n, worker in enumerate(cluster.workers) if worker.pid == names[0])
        os.kill(names[0], signal.SIGKILL)
        (cluster.held / "go").touch()

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    report = build(str(folder), str(tmp_path / "many"), str(config), shared, runner=cluster.address)
    killer.join(10)
    assert report.status == "success" and report.counts["sources processed"] == len(FILES)
    assert len(killed) == 1 and cluster.workers[killed[0]].wait(10) == -signal.SIGKILL
    assert cluster.workers[1 - killed[0]].poll() is None
    assert not (tmp_path / "many" / "cache").exists()
    alone = build(str(folder), str(tmp_path / "alone"), str(config), {"run.workers": 1})
    assert not alone.unchanged and rig.digest(tmp_path / "many") == rig.digest(tmp_path / "alone")


def test_a_worker_that_could_not_share_is_refused(
    corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path
) -> None:
    from kgbuild_flows.runners import Shared, WorkerUnfit, task_runner

    job = Job.of(corpus(FILES), Workspace(tmp_path / "out"), Config.load(overrides={"run.cache": str(tmp_path / "c")}))
    shared = Shared.offer(job)
    shared.check(job)
    with pytest.raises(WorkerUnfit, match=r"sees? the cache .*other"):
        shared.check(replace(job, cache=str(tmp_path / "other")))
    with pytest.raises(WorkerUnfit, match="Mount it under the same path"):
        shared.check(replace(job, root=str(tmp_path / "absent")))
    with pytest.raises(WorkerUnfit, match=r"mentions differ"):
        replace(shared, versions={**shared.versions, "mentions": "older"}).check(job)
    shared.withdraw(job)
    with pytest.raises(WorkerUnfit):
        shared.check(job)
    with pytest.raises(ConfigError, match="give the absolute path"):
        Shared.offer(replace(job, config=Config.load(overrides={"text.weights": "mine"})))
    with pytest.raises(ConfigError, match="none of threads, dask"):
        task_runner("spark", 2)
