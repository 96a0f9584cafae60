"""Refused statements are listed with their reasons, and a decision by the id listed lets one in."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

import kgbuild
from kgbuild.cli.app import run
from kgbuild.config import Config
from kgbuild.queries.quarantine import Quarantine, kinds, quarantine

STRICT = {"statements.min_confidence": 0.9999}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refused")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "plan.dot").write_text('digraph { "Alpha" -> "Beta" }', "utf-8")
    kgbuild.build(folder / "corpus", out=folder / "out", config=Config.load(overrides=STRICT))
    return folder


def test_what_is_refused_is_listed(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (refused,) = quarantine(corpus / "out")
    assert refused.text == "Alpha connects to Beta" and "0.9999" in refused.reason
    assert refused.sources == ("plan.dot",) and kinds([refused]) == [(refused.kind, 1)]
    assert quarantine(corpus / "out", text="gamma") == [] == quarantine(corpus / "out", kind="domain")
    assert run(["quarantine", str(corpus / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == refused.id
    assert run(["quarantine", str(corpus / "out")]) == 0
    assert refused.id in capsys.readouterr().out


def test_a_file_is_called_by_its_path(corpus: Path, tmp_path: Path) -> None:
    for name in ("entities", "statements"):
        table = parquet.read_table(corpus / "out" / "current" / f"{name}.parquet")
        if name == "statements":  # as of a photo: who it depicts, refused
            at = table.schema.get_field_index("subject")
            table = table.set_column(at, "subject", pa.array(["https://x.org/source/my%20photo.jpg"] * len(table)))
        parquet.write_table(table, tmp_path / f"{name}.parquet")
    (refused,), count = Quarantine(tmp_path).find()
    assert refused.text == "my photo.jpg connects to Beta" and count == 1


def test_a_decision_by_its_id_lets_it_in(corpus: Path, tmp_path: Path) -> None:
    (refused,) = quarantine(corpus / "out")
    (tmp_path / "decisions.txt").write_text(f"accept {refused.id}\n", "utf-8")
    config = Config.load(overrides=STRICT | {"statements.decisions": str(tmp_path / "decisions.txt")})
    kgbuild.build(corpus / "corpus", out=tmp_path / "out", config=config)
    assert quarantine(tmp_path / "out") == []
