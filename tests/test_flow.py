"""The Prefect flow on a real temporary server: the same graph as the plain pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import kgbuild
from kgbuild.types import Source

pytestmark = [
    pytest.mark.flow,
    pytest.mark.filterwarnings("ignore"),  # Prefect and its server warn of their own parts
]
FILES: dict[str, str | bytes] = {
    "a.md": "The **Toll Station** is in Copenhagen.\n\n```mermaid\nflowchart LR\n A[Toll Station] --> B[Data Centre]\n```\n",
    "b.dot": 'digraph { x [label="Data Centre"]; y [label="Archive"]; x -> y }',
    "bad.pdf": b"%PDF-1.7",
}


@pytest.mark.timeout(600)
def test_the_flow_gives_the_same_graph(
    prefect_server: None, corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path
) -> None:
    from kgbuild_flows.build import build

    folder = corpus(FILES)
    report = build(str(folder), str(tmp_path / "flow"))
    assert report.status == "partial" and {r["path"] for r in report.sources if r["reason"]} == {"bad.pdf"}
    kgbuild.build(folder, out=tmp_path / "plain")
    one, other = (hashlib.sha256((tmp_path / n / "graph.nq").read_bytes()).hexdigest() for n in ("flow", "plain"))
    assert one == other
    assert build(str(folder), str(tmp_path / "flow")).unchanged


@pytest.mark.timeout(600)
def test_the_flow_knows_the_former_versions(
    prefect_server: None, corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path
) -> None:
    from kgbuild_flows.build import build
    from test_extracting import know_former_versions

    know_former_versions(lambda folder, out: build(str(folder), str(out)), corpus, tmp_path / "out")


@pytest.mark.timeout(600)
def test_the_flight_check_knows_its_answers(prefect_server: None) -> None:
    from kgbuild_flows.flight_check import ANSWERS, flight_check

    assert flight_check() == sorted(ANSWERS)


def test_batches_hold_every_source_once_and_are_of_like_size() -> None:
    from kgbuild_flows.build import batches

    sources = [Source(f"s{n}", f"{n:03d}.txt", "text/plain", "0" * 64, n * 1000) for n in range(50)]
    made = batches(sources, 4)
    assert sorted(s.path for b in made for s in b) == [s.path for s in sources]
    sizes = [sum(s.size for s in b) for b in made]
    assert max(sizes) < 1.2 * min(sizes)
    assert batches([], 4) == [] and len(batches(sources[:2], 4)) == 2
