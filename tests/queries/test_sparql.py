"""SPARQL: what is answered, what is refused, and that nothing outside is read."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

import kgbuild
from kgbuild.config import Config
from kgbuild.errors import QueryError, WorkspaceError
from kgbuild.queries.answer import Answer, Term
from kgbuild.queries.graph import Graph
from kgbuild.queries.tokens import check
from kgbuild.vocab import XSD


def test_select_ask_construct(graph: Graph) -> None:
    rows = graph.sparql('SELECT ?e { ?e rdfs:label "Deep Space Network"@en }')
    assert len(rows) == 1 and rows.variables == ("e",)
    assert graph.sparql('ASK { ?e rdfs:label "Deep Space Network"@en }').boolean
    assert not graph.sparql('ASK { ?e rdfs:label "No such thing" }')
    made = graph.sparql("CONSTRUCT { ?s core:connectsTo ?o } WHERE { ?s core:connectsTo ?o }")
    assert made.kind == "graph" and "core:connectsTo" in made.turtle and len(made) > 3


def test_the_default_graph_is_the_union_each_triple_once(graph: Graph) -> None:
    union = graph.sparql("SELECT ?s ?p ?o { ?s ?p ?o }").rows
    named = graph.sparql("SELECT DISTINCT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }").rows
    assert len(union) == len(set(union)) and set(union) == set(named)


def test_numbers_are_python_numbers(graph: Graph) -> None:
    (row,) = graph.sparql("SELECT (COUNT(*) AS ?n) (1.5 AS ?x) (true AS ?b) { ?s a core:Source } ")
    assert isinstance(row["n"], int) and row["x"] == 1.5 and row["b"] is True


def test_bindings(graph: Graph) -> None:
    (row,) = graph.sparql('SELECT ?e { ?e rdfs:label "Deep Space Network"@en }')
    (label,) = graph.sparql("SELECT ?e ?l { ?e rdfs:label ?l }", bindings={"e": row["e"]})
    assert label["l"] == "Deep Space Network"
    with pytest.raises(QueryError, match=r"\?e"):
        graph.sparql("SELECT ?l { ?e rdfs:label ?l }", bindings={"e": row["e"]})
    assert graph.sparql("ASK { ?s ?p ?o }")  # the child has outlived it


REFUSED = [
    "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
    "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "SELECT * from named <http://x.org/> { ?s ?p ?o }",
    "SELECT * FROM/* no comment in SPARQL */<http://x.org/> { ?s ?p ?o }",
    "SELECT * \\u0046ROM <http://x.org/> { ?s ?p ?o }",
    "SELECT * { \\u0053ERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p '\\u0027 . SERVICE <http://127.0.0.1/> { ?s ?p ?o } #' }",
    "# a comment\nSELECT * # <\nFROM <http://x.org/> { ?s ?p ?o }",
    'SELECT * { ?s ?p "a\\"b" . SERVICE <http://127.0.0.1/> { ?s ?p ?o } }',
    "PREFIX a: <http://x.org/> SELECT * { SERVICE a:b { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o . SERVICE SILENT ?s { ?s ?p ?o } }",
    "INSERT DATA { <http://x.org/> <http://x.org/> 1 }",
    "PREFIX a: <http://x.org/> DELETE WHERE { ?s ?p ?o }",
    "LOAD <file:///etc/passwd>",
    "CLEAR ALL",
    "SELECT * " + "{" * 3000,
    "SELECT * { ?s ?p " + "(" * 3000,
    "SELECT * { ?s ?p ?o } #" + "x" * 100_001,
]


@pytest.mark.parametrize("query", REFUSED)
def test_what_would_reach_out_or_change_is_refused(graph: Graph, query: str) -> None:
    with pytest.raises(QueryError):
        graph.sparql(query)


@pytest.mark.parametrize(
    "query",
    [
        'SELECT * { ?s ?p "FROM here; SERVICE there" }',
        "SELECT * { ?s ?p 'it\\'s from' }",
        "SELECT * { ?from ?service ?o }",
        "SELECT * { ?s <http://x.org/service> ?o } # from a comment",
        "PREFIX from: <http://x.org/> SELECT * { ?s from:service ?o }",
        'SELECT * { ?s ?p """many\nFROM "lines" """@en }',
    ],
)
def test_words_that_mean_nothing_are_let_through(query: str) -> None:
    check(query)


def test_mistakes_name_their_line(graph: Graph) -> None:
    with pytest.raises(QueryError, match="line 2") as caught:
        graph.sparql("SELECT * {\n ?s ?p }")
    assert caught.value.line == 2 and caught.value.exit_code == 2


def test_what_is_no_query_is_told_how_one_begins() -> None:
    for text in ('(?e ?score) kgf:nearest ("an antenna" 5)', "PREFIX a: <http://x.org/> SELEC * {}", "{ ?s ?p ?o }"):
        with pytest.raises(QueryError, match="begins with SELECT"):
            check(text)
    check("# first a comment\nBASE <http://x.org/> PREFIX a: <b> ask { ?s ?p ?o }")


def test_a_heavy_query_is_stopped_and_the_next_one_answered(example: tuple[Path, object]) -> None:
    config = Config.load(overrides={"queries.timeout_s": 1})
    with kgbuild.open(example[0], config=config) as graph:
        with pytest.raises(QueryError, match="stopped"):
            graph.sparql("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
        assert graph.sparql("ASK { ?s ?p ?o }")


def test_a_small_graph_is_held_in_memory_and_a_large_one_read_from_disk(
    example: tuple[Path, object], tmp_path: Path
) -> None:
    shutil.copytree(example[0], tmp_path / "out", symlinks=True, ignore=shutil.ignore_patterns("store", "cache"))
    query = "SELECT ?s ?p ?o { ?s ?p ?o . ?s a core:Picture }"
    found = []
    for most in (1 << 30, 0):
        with kgbuild.open(tmp_path / "out", config=Config.load(overrides={"queries.in_memory": most})) as graph:
            found.append(set(graph.sparql(query).rows))
        assert (tmp_path / "out" / "store").is_dir() == (most == 0)
    assert found[0] == found[1] and len(found[0]) > 20


def test_many_rows_are_cut_off_and_said_so(example: tuple[Path, object]) -> None:
    with kgbuild.open(example[0], config=Config.load(overrides={"queries.max_rows": 7})) as graph:
        answer = graph.sparql("SELECT * { ?s ?p ?o }")
        assert len(answer) == 7 and answer.truncated
        assert not graph.sparql("SELECT * { ?s ?p ?o } LIMIT 3").truncated


def test_forms() -> None:
    terms = (Term("uri", "http://x.org/"), Term("literal", "=1+1"), Term("literal", "-2", XSD + "integer"), None)
    answer = Answer("select", ("a", "b", "c", "d"), (terms,))
    assert list(csv.reader(io.StringIO(answer.to_csv()))) == [
        ["a", "b", "c", "d"],
        ["http://x.org/", "'=1+1", "-2", ""],
    ]
    found = json.loads(answer.to_json())
    assert found["head"]["vars"] == ["a", "b", "c", "d"]
    assert found["results"]["bindings"] == [
        {
            "a": {"type": "uri", "value": "http://x.org/"},
            "b": {"type": "literal", "value": "=1+1"},
            "c": {"type": "literal", "value": "-2", "datatype": XSD + "integer"},
        }
    ]


def test_no_graph_there(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="kgbuild build"):
        kgbuild.open(tmp_path)


def test_a_workspace_of_another_format_is_not_read(example: tuple[Path, object], tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(example[0], out, symlinks=True, ignore=shutil.ignore_patterns("store", "cache"))
    (out / "workspace.json").write_text('{"format": 99}', "utf-8")
    with pytest.raises(WorkspaceError, match="workspace format 99, this kgbuild knows 1"):
        kgbuild.open(out)
    (out / "workspace.json").unlink()  # a copy made by hand need not have it
    with kgbuild.open(out) as graph:
        assert graph.sparql("ASK { ?s ?p ?o }")


def test_to_rdflib(graph: Graph) -> None:
    found = graph.to_rdflib()
    (row,) = found.query('SELECT ?e { ?e <http://www.w3.org/2000/01/rdf-schema#label> "Deep Space Network"@en }')
    assert "deep-space-network" in str(row[0])
