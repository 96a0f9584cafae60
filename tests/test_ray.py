"""The flow on a Ray cluster of this machine: the bytes of one process. Needs the extra ``ray``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import rig

pytestmark = [
    pytest.mark.slow,  # each of Ray's workers imports Prefect anew
    pytest.mark.flow,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore"),  # Prefect and Ray warn of their own parts
]
FILES = dict(rig.document(n) for n in range(6))


def test_the_bytes_are_those_of_one_process(
    prefect_server: None, corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    pytest.importorskip("ray", reason="the extra ray is not installed")
    pytest.importorskip("prefect_ray", reason="the extra ray is not installed")
    from kgbuild_flows.build import build

    monkeypatch.setenv("PYTHONPATH", str(Path(rig.__file__).parent))  # where the workers find the encoder
    folder, config = corpus(FILES), tmp_path / "lean.toml"
    config.write_text(rig.CONFIG, "utf-8")
    shared = {"run.cache": str(tmp_path / "cache"), "run.workers": 2}
    report = build(str(folder), str(tmp_path / "many"), str(config), shared, runner="ray")
    assert report.status == "success" and report.counts["sources processed"] == len(FILES)
    alone = build(str(folder), str(tmp_path / "alone"), str(config), {"run.workers": 1})
    assert not alone.unchanged and rig.digest(tmp_path / "many") == rig.digest(tmp_path / "alone")
