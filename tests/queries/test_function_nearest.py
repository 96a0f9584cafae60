"""Likeness inside SPARQL, over the example graph; and every example of the page about functions."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import CORPUS, ROOT

import kgbuild
from kgbuild.config import Config
from kgbuild.embeddings.index import EXACT_BELOW, VectorIndex
from kgbuild.errors import QueryError
from kgbuild.models.arrays import unit
from kgbuild.queries.functions import boxes, fragments, intervals
from kgbuild.queries.functions.binding import Binding
from kgbuild.queries.functions.rewrite import BINDING
from kgbuild.queries.graph import Graph
from kgbuild.types import EmbeddingTable

PAGE = (ROOT / "docs" / "functions.md").read_text("utf-8")
EXAMPLES = re.findall(r"```sparql\n(.*?)```", PAGE, re.DOTALL)
PICTURE = CORPUS / "pictures" / "ground-segment.png"
IRI = "https://example.org/kg/source/pictures/ground-segment.png"


@pytest.mark.parametrize("query", EXAMPLES, ids=lambda q: q.splitlines()[0])
def test_examples_answer(graph: Graph, query: str) -> None:
    answer = graph.sparql(query)
    assert answer.rows and all(None not in row for row in answer.rows)
    if query.startswith("# All of them"):
        assert set(next(iter(answer)).values()) == {True}


def test_every_function_has_an_example() -> None:
    used = set(re.findall(r"kgf:(\w+)", " ".join(EXAMPLES)))
    known = {*fragments.functions(), *boxes.functions(), *intervals.functions(), *BINDING, "similarity", "extent"}
    assert used == known


def test_nearest_is_what_similar_finds(graph: Graph) -> None:
    query = 'SELECT ?e ?s ?m { (?e ?s ?m) kgf:nearest ("antennas that talk to spacecraft" 7) }'
    expected = [(n.entity, n.score, n.mention) for n in graph.similar("antennas that talk to spacecraft", k=7)]
    assert [tuple(r.values()) for r in graph.sparql(query)] == expected


def test_scores_are_those_of_similarity(graph: Graph) -> None:
    rows = graph.sparql(
        'SELECT ?s ?t { (?e ?s) kgf:nearest ("a large mirror" 9) BIND(kgf:similarity(?e, "a large mirror") AS ?t) }'
    )
    assert len(rows) == 9 and all(abs(r["s"] - r["t"]) < 2e-4 for r in rows)


def test_a_thing_is_none_of_its_own_neighbours(graph: Graph) -> None:
    (row,) = graph.sparql('SELECT ?e { ?e rdfs:label "Goldstone"@en }')
    near = graph.sparql(f"SELECT ?e ?s {{ (?e ?s) kgf:nearest (<{row['e']}> 5) }}")
    assert len(near) == 5 and row["e"] not in {r["e"] for r in near}
    mentions = graph.sparql(f"SELECT ?e {{ ?m kgf:nearestMention (<{row['e']}> 5) . ?m oa:hasBody ?e }}")
    assert len(mentions) == 5 and row["e"] not in {r["e"] for r in mentions}


def test_one_class(graph: Graph) -> None:
    rows = graph.sparql(
        'SELECT ?t { ?e kgf:nearest ("space" 3 gen:Organisation) . ?e a ?t . FILTER(?t = gen:Organisation) }'
    )
    assert len(rows) == 3
    assert not graph.sparql('ASK { ?e kgf:nearest ("space" 3 gen:NoSuchClass) }')


def test_pictures_by_file_data_and_iri(graph: Graph) -> None:
    data = "data:image/png;base64," + base64.b64encode(PICTURE.read_bytes()).decode()
    asked = {
        what: [tuple(r.values()) for r in graph.sparql(f"SELECT ?s ?x {{ (?s ?x) kgf:nearestPicture (<{what}> 4) }}")]
        for what in (PICTURE.as_uri(), data, IRI)
    }
    assert asked[PICTURE.as_uri()] == asked[data] and asked[data][0] == (IRI, 1)
    assert asked[IRI][0][0].endswith("tour.mp4") and IRI not in {s for s, _ in asked[IRI]}
    (row,) = graph.sparql(f"SELECT (kgf:similarity(<{IRI}>, <{PICTURE.as_uri()}>) AS ?s) {{}}")
    assert row["s"] == 1


def test_a_place_means_the_picture_that_it_lies_in(graph: Graph) -> None:
    rows = graph.sparql(
        f"SELECT ?place (kgf:similarity(?place, <{IRI}>) AS ?s) "
        "{ (?v ?x ?place) kgf:nearestPicture ('a slide' 50) . ?v a core:Video } ORDER BY DESC(?s)"
    )
    found = {r["place"]: r["s"] for r in rows}
    assert len(found) == 5 and next(iter(found.values())) > 0.99
    first = next(iter(found))
    (box,) = graph.sparql(
        f"SELECT (kgf:similarity(<{first.partition('&')[0]}&xywh=pixel:1,2,3,4>, <{IRI}>) AS ?s) {{}}"
    )
    assert box["s"] == found[first]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ('SELECT * { ?e kgf:nearest ("x" 0) }', "from 1 to 1000"),
        ('SELECT * { ?e kgf:nearest ("x" 5.5) }', "from 1 to 1000"),
        ('SELECT * { ?e kgf:nearest ("x" 5 gen:Person 7) }', "takes a text or IRI"),
        ('SELECT * { ?e kgf:nearest (" ") }', "empty"),
        ("SELECT * { ?e kgf:nearest (<https://example.org/kg/entity/none>) }", "no vectors of"),
        ("SELECT * { ?e kgf:nearestPicture (<file:///nowhere.png>) }", "no picture that can be read"),
        ("SELECT * { ?e kgf:nearestPicture (<data:image/png;base64,xx>) }", "base64|no picture"),
        ("SELECT (kgf:similarity(?e, ?l) AS ?s) { ?e rdfs:label ?l }", "in quotes"),
        ("SELECT (kgf:similarity(?e) AS ?s) { ?e rdfs:label ?l }", "compares two"),
        ("SELECT (kgf:nosuch(?e) AS ?s) { ?e rdfs:label ?l }", "nosuch"),
    ],
)
def test_mistakes_are_said(graph: Graph, query: str, why: str) -> None:
    with pytest.raises(QueryError, match=why):
        graph.sparql(query)


def test_files_are_read_only_where_allowed(graph: Graph) -> None:
    binding = Binding(graph.out, graph.config, files=False)
    for query in (
        f"{{ ?e kgf:nearestPicture (<{PICTURE.as_uri()}>) }}",
        f"{{ FILTER(kgf:similarity(?e, <{PICTURE.as_uri()}>) > 0) }}",
    ):
        with pytest.raises(QueryError, match="files are not read here"):
            binding.rewrite(query)


def test_mistakes_after_a_rewritten_triple_keep_their_line(graph: Graph) -> None:
    plain = "SELECT * {\n ?e ?kgfp 'some words' . ?e a ?b ?c }"
    with pytest.raises(QueryError) as expected:
        graph.sparql(plain)
    with pytest.raises(QueryError) as caught:
        graph.sparql(plain.replace("?kgfp", "kgf:nearest"))
    assert caught.value.line == expected.value.line == 2
    assert caught.value.column == expected.value.column + len("kgf:nearest") - len("?kgfp")


def test_another_encoder_is_refused(example: tuple[Path, object]) -> None:
    config, refused = (
        Config.load(overrides={"embeddings.vision": "none"}),
        "configuration that the graph was built with",
    )
    with kgbuild.open(example[0], config=config) as graph, pytest.raises(QueryError, match=refused):
        graph.sparql(f"SELECT * {{ ?e kgf:nearestPicture (<{PICTURE.as_uri()}>) }}")


def test_quick_answers_are_nearly_all_there() -> None:
    random = np.random.default_rng(0)
    centres = random.normal(size=(300, 64))
    matrix = unit(centres[random.integers(0, 300, EXACT_BELOW)] + 0.5 * random.normal(size=(EXACT_BELOW, 64)))
    index = VectorIndex.build(EmbeddingTable("t", tuple(map(str, range(len(matrix)))), matrix), device="cpu")
    queries = matrix[:50]
    exact = index.search(queries, 10)[1]
    quick = np.concatenate([index.search(q[None], 10, quick=True)[1] for q in queries])
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact.tolist(), quick.tolist(), strict=True)]) > 0.97
