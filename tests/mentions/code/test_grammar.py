"""Statements are cut where the language ends them, with their places."""

from __future__ import annotations

from kgbuild.mentions.code.grammar import Span, blank, line_of, statements


def cut(code: str, **how: str) -> list[str]:
    return [code[a:b] for a, b in statements(code, **how)]


def test_quotes_and_brackets_hold_a_statement_together() -> None:
    assert cut('a\n b "x\ny" z\n\n c', ends="\n;") == ["a", 'b "x\ny" z', "c"]
    assert cut("a[x\ny]; b(;)", ends="\n;", brackets="[(") == ["a[x\ny]", "b(;)"]
    assert cut("a[x\nb\nc", brackets="[") == ["a[x", "b", "c"]  # what never closes ends with its line
    assert cut("say #quot;hi#quot;; then", ends="\n;") == ["say #quot;hi#quot;", "then"]


def test_spans_keep_their_places() -> None:
    code = 'x = " abc "'
    inner = Span(code[4:], 4, len(code)).bare()
    assert inner == Span("abc", 6, 9) and code[inner.start : inner.end] == "abc"
    assert blank("ab\ncd", 1, 4) == "a \n d" and line_of("ab\ncd", 3) == 2
