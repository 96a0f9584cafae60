"""The file of the user's decisions: as editors write it, and what in it nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.entities.decisions import Decisions, read_decisions, unknown
from kgbuild.errors import ConfigError
from kgbuild.types import Mention, Statement, Target


@pytest.mark.parametrize(
    "written",
    [
        b"same A | B\naccept https://e/statement/x-1\n",
        b"\xef\xbb\xbfsame A | B\r\n\r\n# a comment\r\naccept https://e/statement/x-1\r\n",
        b"same\tA|B\naccept  x-1",
    ],
)
def test_byte_order_marks_line_ends_and_tabs_mean_nothing(written: bytes, tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_bytes(written)
    assert read_decisions(str(tmp_path / "d.txt")) == Decisions(same=(("A", "B"),), accept=frozenset({"x-1"}))


def test_a_line_that_says_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text("# fine\nsame A\n", "utf-8")
    with pytest.raises(ConfigError, match=r"d\.txt, line 2: 'same A'"):
        read_decisions(str(tmp_path / "d.txt"))


def test_a_statement_that_is_not_there_is_told() -> None:
    known = Statement("https://e/statement/x-1", "s", "p", "o", (), 0.5)
    told = unknown(Decisions(accept=frozenset({"x-1", "x-2"}), reject=frozenset({"x-3"})), [known])
    assert [i.message.split(":")[0] for i in told] == ["`accept x-2`", "`reject x-3`"]
    assert {i.severity for i in told} == {"warning"}


@pytest.mark.parametrize("lines", ["accept x-1\nreject https://e/statement/x-1", "same A | B\n\ndifferent b | a"])
def test_lines_that_contradict_each_other_are_named(lines: str, tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text(lines, "utf-8")
    with pytest.raises(ConfigError, match=r"d\.txt, line \d: .* in line 1"):
        read_decisions(str(tmp_path / "d.txt"))


def test_a_name_that_nothing_bears_is_told() -> None:
    told = Mention("s#m", Target("s"), "The Acme  Works", "Organisation", 0.9, "text/1")
    made = unknown(Decisions(same=(("the acme works", "Acmee"), ("https://e/item", "Acme Works"))), [], [told])
    assert [i.message for i in made] == ["`same the acme works | Acmee`: there is no such thing called 'Acmee'."]
