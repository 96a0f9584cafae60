"""Drawings and texts are compared where both know both things, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from kgbuild.graphs.data import GraphData
from kgbuild.queries.consistency import compare
from kgbuild.types import Entity, Evidence, Mention, Statement, Target
from kgbuild.vocab import CORE

BASE = "https://example.org/kg/"
NAMES = ("Cache", "Queue", "Server", "Worker", "Ghost")


def statement(s: str, p: str, o: str, modality: str, *, denied: bool = False) -> Statement:
    place = Target(f"{BASE}source/{modality}.x")
    evidence = Evidence(f"r-{s}-{o}-{modality}", place, f"{s} {p} {o}", 0.9, "t/1", modality)
    made = Statement(f"{BASE}statement/{s}{p}{o}{modality}", s, p, o, (evidence,), 0.9)
    return replace(made, status="quarantined", reason="negated: not") if denied else made


def graph(*statements: Statement, silent: str = "Ghost") -> GraphData:
    """Every thing stands in one drawing, all but one in a text too."""
    mentions = [
        Mention(f"m-{n}-{modality}", Target(f"{BASE}source/{modality}.x"), n, "Product", 0.9, "t/1", modality)
        for n in NAMES for modality in ("picture", "text") if not (n == silent and modality == "text")
    ]  # fmt: skip
    entities = [Entity(n, n, (), ("Product",), tuple(m.id for m in mentions if m.surface == n)) for n in NAMES]
    return GraphData(BASE, (), tuple(mentions), (), tuple(entities), tuple(statements), ())


def test_drawn_and_not_written_where_the_text_knows_both() -> None:
    found = compare(graph(
        statement("Server", CORE + "connectsTo", "Cache", "picture"), statement("Server", CORE + "connectsTo", "Ghost", "picture"),
        statement("Server", CORE + "connectsTo", "Queue", "picture"), statement("Queue", f"{BASE}relation/feed", "Server", "text"),
    ))  # fmt: skip
    assert [(p.left, p.right) for p in found.drawn] == [("Cache", "Server")]
    assert found.drawn[0].drawn[0][0] == "Server connects to Cache" and found.drawn[0].where == ("picture.x",)
    assert not found.written and not found.contradicted


def test_written_and_not_drawn_where_the_drawing_shows_both() -> None:
    found = compare(graph(statement("Worker", f"{BASE}relation/read", "Queue", "text")))
    assert [(p.left, p.right, p.written[0][0]) for p in found.written] == [("Queue", "Worker", "Worker read Queue")]


def test_denied_or_turned_is_contradicted() -> None:
    denied = compare(graph(
        statement("Server", CORE + "connectsTo", "Cache", "picture"),
        statement("Server", f"{BASE}relation/use", "Cache", "text", denied=True),
    ))  # fmt: skip
    assert [p.written[0][0] for p in denied.contradicted] == ["Server use Cache (negated)"]
    turned = compare(graph(
        statement("Server", f"{BASE}relation/read", "Cache", "picture"), statement("Cache", f"{BASE}relation/read", "Server", "text"),
    ))  # fmt: skip
    assert len(turned.contradicted) == 1
    agreed = compare(graph(
        statement("Server", f"{BASE}relation/read", "Cache", "picture"), statement("Server", f"{BASE}relation/read", "Cache", "text"),
    ))  # fmt: skip
    assert not agreed.contradicted and not agreed.drawn and not agreed.written
