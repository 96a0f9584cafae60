"""Shared parts of the tests: the example graph, built once, and small corpora."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from kgbuild.config import Config
from kgbuild.publish import Report
from kgbuild.queries.graph import Graph

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
CORPUS = ROOT / "examples" / "corpus"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


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
