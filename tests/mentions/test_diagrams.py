"""Diagram code in files and fences becomes mentions and relations whose characters resolve."""

from __future__ import annotations

from kgbuild.config import Config
from kgbuild.identity import open_relation_iri
from kgbuild.mentions import diagrams, extract
from kgbuild.sources import discover
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits
from kgbuild.types import Extraction, Reading, TextPosition
from kgbuild.vocab import CORE, GENERAL

CONFIG = Config.load()
BASE = CONFIG["graph"]["base"]
PLANTUML = '@startuml\npackage "Back end" {\n  [Web Server] --> [Database] : asks\n}\n@enduml\n'
MARKDOWN = f"# The parts\n\nText.\n\n```plantuml\n{PLANTUML}```\n\n```mermaid\nerDiagram\n A ||--o{{ B : has\n -> }}}}\n```\n\n```dot\ndigraph {{\n```\n"


def read(folder) -> dict[str, tuple[Reading, Extraction]]:
    sources = discover(folder, CONFIG)[0]
    readings = (read_file(folder / s.path, s, Limits.of(CONFIG)) for s in sources)
    return {r.source.path: extract(r, [diagrams.extractor(CONFIG)]) for r in readings}


def said(made: Extraction) -> set[tuple[str, str, str]]:
    surfaces = {m.id: m.surface for m in made.mentions}
    return {(surfaces[r.subject], r.predicate, surfaces[r.object]) for r in made.relations}


FACTS = {
    ("Web Server", CORE + "connectsTo", "Database"), ("Web Server", GENERAL + "partOf", "Back end"),
    ("Database", GENERAL + "partOf", "Back end"), ("Web Server", open_relation_iri(BASE, "ask"), "Database"),
}  # fmt: skip


def test_files_and_fences_say_the_same(corpus) -> None:
    found = read(corpus({"a.puml": PLANTUML, "b.md": MARKDOWN}))
    assert said(found["a.puml"][1]) == FACTS
    assert said(found["b.md"][1]) == FACTS | {
        ("A", CORE + "connectsTo", "B"), ("A", open_relation_iri(BASE, "have"), "B")
    }  # fmt: skip
    for reading, made in found.values():
        for item in (*made.mentions, *made.relations):
            place = item.target.find(TextPosition)
            assert place is not None and reading.text[place.start : place.end] == item.surface


def test_what_is_not_understood_is_an_issue(corpus) -> None:
    issues = {i.code: i for i in read(corpus({"b.md": MARKDOWN}))["b.md"][1].issues}
    assert issues.keys() == {"diagram-lines", "broken-dot"}
    assert issues["diagram-lines"].severity == "warning" and "line 3" in issues["diagram-lines"].message
    assert "line 1" in issues["broken-dot"].message and issues["broken-dot"].target is not None
