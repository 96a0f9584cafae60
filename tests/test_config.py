"""Configuration: complete defaults, refused mistakes, hashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.config import Config, defaults, parse_overrides
from kgbuild.errors import ConfigError

DEFAULT = Path(__file__).parents[1] / "kgbuild" / "default.toml"


def test_every_key_is_commented() -> None:
    for line in DEFAULT.read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            assert "#" in line, line


def test_file_overrides_defaults(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[align]\nmin_score = 1\n", "utf-8")
    config = Config.load(tmp_path / "my.toml", overrides={"run.workers": 3})
    assert config["align"]["min_score"] == 1.0
    assert config["run"]["workers"] == 3
    assert config["ocr"] == defaults()["ocr"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[align]\nmin_scor = 0.5", ["align.min_scor", "min_score"]),
        ("[algin]\nmin_score = 0.5", ["algin", "align"]),
        ("[align]\nmin_score = 'high'", ["align.min_score", "float", "str"]),
        ("[align\n", ["TOML"]),
        ("[graph]\nbase = 'https://x.org/kg'", ["graph.base", "end with"]),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "my.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        Config.load(path)
    assert all(w in str(caught.value) for w in words)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        Config.load(tmp_path / "none.toml")


def test_hash_is_over_what_changes_the_graph() -> None:
    plain = Config.load().sha256()
    assert Config.load(overrides={"run.workers": 7, "queries.timeout_s": 5}).sha256() == plain
    assert Config.load(overrides={"align.min_score": 0.6}).sha256() != plain


def test_overrides_from_the_command_line() -> None:
    assert parse_overrides(["align.min_score=0.8", "ocr.enabled=false", "graph.base=https://x.org/"]) == {
        "align.min_score": 0.8,
        "ocr.enabled": False,
        "graph.base": "https://x.org/",
    }
    with pytest.raises(ConfigError, match=r"section\.key=value"):
        parse_overrides(["workers=3"])
