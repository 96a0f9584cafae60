"""Shared parts of the tests: the example graph, built once, and small corpora."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from kgbuild.config import Config
from kgbuild.queries.graph import Graph
from kgbuild.report import Report

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
CORPUS = ROOT / "examples" / "corpus"


@dataclass(frozen=True)
class Served:
    """A running ``kgbuild serve``: where it listens, and its process."""

    host: str
    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@contextlib.contextmanager
def serving(out: Path, *options: str) -> Iterator[Served]:
    """``kgbuild serve OUT`` on a free port of this machine, ended by Ctrl-C afterwards."""
    command = [sys.executable, "-c", "from kgbuild.cli import main; main()", "serve", str(out), "--port", "0", *options]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        found = re.search(r"http://([\d.]+):(\d+)", process.stdout.readline())
        assert found, process.stderr and process.stderr.read()
        try:
            yield Served(found[1], int(found[2]), process)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with long tests first: of several processes none is left alone with them at the end."""
    long = {i.path for i in items if any(i.get_closest_marker(m) for m in ("notebook", "flow", "slow", "browser"))}
    items.sort(key=lambda i: i.path not in long)


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of development data; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared is absent")
    return SHARED


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """The example corpus as a published graph: (workspace, report). Built once; do not write into it."""
    from kgbuild.pipeline import build

    out = tmp_path_factory.mktemp("example") / "out"
    return out, build(CORPUS, out=out)


@pytest.fixture(scope="session")
def graph(example: tuple[Path, Report]) -> Iterator[Graph]:
    """The example graph, open."""
    import kgbuild

    with kgbuild.open(example[0]) as opened:
        yield opened


@pytest.fixture(scope="session")
def endpoint(example: tuple[Path, Report], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``kgbuild serve`` over the example graph, with low limits."""
    settings = tmp_path_factory.mktemp("serve") / "serve.toml"
    settings.write_text(
        "[queries]\ntimeout_s = 2\nmax_rows = 500\nmemory_mb = 512\n"
        "[serve]\nslow = 4\nmax_bytes = 100000\nmax_request = 120000\nclient_s = 2\n"
    )
    with serving(example[0], "--config", str(settings), "--cors", "https://friend.example") as served:
        yield served


@dataclass(frozen=True)
class ObjectStore:
    """A running S3 server: the URL of a bucket, its address, and what the environment of a process needs for it."""

    url: str
    address: str
    env: Mapping[str, str]


@pytest.fixture(scope="session")
def s3() -> Iterator[ObjectStore]:
    """A real S3 server of this machine (moto's), known to fsspec in this process. Each test takes a prefix of its own."""
    import boto3
    import fsspec
    from moto.server import ThreadedMotoServer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the server's own libraries
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        address, secret = f"http://{host}:{port}", {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **secret)
        client.create_bucket(Bucket="graphs")
    fsspec.config.conf["s3"] = {"endpoint_url": address, "key": "test", "secret": "test"}
    names = {"ENDPOINT_URL": address, "KEY": "test", "SECRET": "test"}
    try:
        yield ObjectStore("s3://graphs", address, {f"FSSPEC_S3_{name}": value for name, value in names.items()})
    finally:
        fsspec.config.conf.pop("s3")
        server.stop()


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A real Prefect server for the flows of all tests."""
    from prefect.settings import PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with temporary_settings({PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: 240}), prefect_test_harness(240):
        yield


@pytest.fixture(scope="session")
def config() -> Config:
    """The default configuration."""
    return Config.load()


@pytest.fixture
def corpus(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Writes files into a fresh corpus folder."""

    def write(files: Mapping[str, str | bytes]) -> Path:
        folder = tmp_path / "corpus"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write
