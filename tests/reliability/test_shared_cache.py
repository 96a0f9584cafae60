"""Stages of one build in processes with working folders of their own, over one cache (a shared folder, S3): the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import rig

from kgbuild.storage import open_storage

STAGES = """
import json, sys
from kgbuild.config import Config
from kgbuild.stages import Job, extract_sources, list_sources, read_sources
root, config, cache, part = sys.argv[1:]
job = Job(root, cache, Config.load(config, overrides={"run.workers": 1}))
own = list_sources(job)[0][int(part)::2]
print(json.dumps([sorted(stage(job, own).worked) for stage in (read_sources, extract_sources)]))
"""
FILES = dict(rig.document(n) for n in range(5))


@pytest.fixture(params=["folder", "s3"])
def shared_cache(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Mapping[str, str]]:
    """An fsspec URL that all processes see, and what their environment needs for it."""
    if request.param == "folder":
        return (tmp_path / "share").as_uri(), {}
    store = request.getfixturevalue("s3")
    return f"{store.url}/cache", store.env


def flip(url: str, stage: str) -> None:
    """Flip a bit of the first object of a stage."""
    fs, root, _ = open_storage(url, "test")
    fs.invalidate_cache()
    path = sorted(fs.find(f"{root}/{stage}"))[0]
    raw = bytearray(fs.cat_file(path))
    raw[-1] ^= 1
    fs.pipe_file(path, bytes(raw))


@pytest.mark.filterwarnings("ignore")  # of the S3 server and of its client's libraries
def test_two_workers_and_one_that_publishes(
    shared_cache: tuple[str, Mapping[str, str]], corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path
) -> None:
    url, more = shared_cache
    env = {**os.environ, **more, "PYTHONPATH": str(Path(rig.__file__).parent)}
    folder = corpus(FILES)
    (tmp_path / "lean.toml").write_text(rig.CONFIG, "utf-8")
    config, worked = str(tmp_path / "lean.toml"), []
    for part in "01":
        place = tmp_path / f"worker-{part}"
        place.mkdir()
        command = [sys.executable, "-c", STAGES, str(folder), config, url, part]
        done = subprocess.run(command, env=env, cwd=place, check=True, capture_output=True, text=True)
        worked.append(json.loads(done.stdout.splitlines()[-1]))
        assert list(place.iterdir()) == []
    assert sorted(worked[0][1] + worked[1][1]) == sorted(FILES) and worked[0] != worked[1]
    flip(url, "readings")
    flip(url, "vectors")
    arguments = ["build", str(folder), "--config", config, "--workers", "1", "--json", "--out"]
    command = [sys.executable, "-c", "from kgbuild.cli import main; main()", *arguments]
    shared = [*command, str(tmp_path / "shared"), "--set", f"run.cache={url}"]
    report = json.loads(subprocess.run(shared, env=env, check=True, capture_output=True, text=True).stdout)
    subprocess.run([*command, str(tmp_path / "alone")], env=env, check=True, capture_output=True)
    last = json.loads((tmp_path / "shared" / "runs.jsonl").read_text("utf-8"))
    done = {stage: sum(row[0] for row in kinds.values()) for stage, kinds in last["work"].items()}
    assert done == {"read": 1, "extract": 1} and report["status"] == "success"  # what was damaged, nothing else
    assert not (tmp_path / "shared" / "cache").exists()
    assert rig.digest(tmp_path / "shared") == rig.digest(tmp_path / "alone")
