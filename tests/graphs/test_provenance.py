"""Evidence in RDF: places as IRIs and back, as few triples as docs/evidence.md says, its queries answered."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgbuild.graphs.data import GraphData
from kgbuild.graphs.provenance import provenance_per_fact, stated
from kgbuild.graphs.terms import iri
from kgbuild.identity import place_iri
from kgbuild.queries.graph import Graph
from kgbuild.queries.places import read_place
from kgbuild.report import Report
from kgbuild.types import Box, Evidence, Page, Part, Statement, Target, TextPosition, TextQuote, TimeSpan

ROOT = Path(__file__).parents[2]
SOURCE = "https://x.org/source/a.mp4"
QUERIES = re.findall(r"```sparql\n(.*?)```", (ROOT / "docs" / "evidence.md").read_text("utf-8"), re.DOTALL)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(0, 10**6)
selectors = st.lists(
    st.one_of(
        st.builds(TextPosition, numbers, numbers), st.builds(Page, numbers), st.builds(Part, texts),
        st.builds(Box, numbers, numbers, numbers, numbers), st.builds(TextQuote, texts, texts, texts),
        st.builds(TimeSpan, numbers.map(lambda n: n / 1000), numbers.map(lambda n: n / 8)),
    )
)  # fmt: skip


@given(selectors)
def test_a_place_comes_back_from_its_iri(place: list[TextPosition]) -> None:
    target = Target(SOURCE, tuple(place))
    found = place_iri(target)
    assert read_place(found) == target
    assert iri(found) == f"<{found}>"  # legal as it is


def test_places_as_the_specifications_write_them() -> None:
    time, box = TimeSpan(3, 5.25), Box(10, 20, 90, 18)
    assert place_iri(Target(SOURCE, (time, box))) == f"{SOURCE}#t=npt:3,5.25&xywh=pixel:10,20,90,18"
    assert place_iri(Target(SOURCE, (Page(3), TextPosition(4, 9)))) == f"{SOURCE}#page=3&char=4,9"
    assert place_iri(Target(SOURCE, (TextQuote("on-line", "a", "b c"),))) == f"{SOURCE}#text=a-,on%2Dline,-b%20c"
    assert place_iri(Target(SOURCE)) == SOURCE
    assert "\ufffd" in str(read_place(place_iri(Target(SOURCE, (TextQuote("\ud800"),)))))
    with pytest.raises(ValueError, match="unknown fragment"):
        read_place(f"{SOURCE}#mention-12")


@pytest.mark.parametrize("query", QUERIES, ids=["evidence", "fragments", "source"])
def test_the_patterns_of_the_page(graph: Graph, query: str) -> None:
    rows = list(graph.sparql(query))
    assert rows
    if "?seconds" in query:
        assert {"seconds", "box"} <= rows[0].keys()
        (text,) = graph.sparql(query.partition("ORDER BY")[0] + " ORDER BY ?box LIMIT 1")
        assert int(text["end"]) - int(text["start"]) == len(text["name"]) or text["end"] > text["start"]


def test_the_benchmark_counts_what_the_report_says(example: tuple[Path, Report]) -> None:
    out, report = example
    benchmark = runpy.run_path(str(ROOT / "benchmarks" / "provenance.py"))
    triples, facts = benchmark["relation_cost"](*benchmark["read"](out / "current" / "graph.nq"))
    assert 0 < triples / facts < 9
    assert (
        abs(triples / facts - report.counts["provenance triples per fact"]) < 0.5
    )  # extractions are not in the report


def test_refused_statements_keep_their_evidence_in_their_own_graph(graph: Graph) -> None:
    both = (
        """ASK { GRAPH ?g { ?s a core:QuarantinedStatement } GRAPH ?h { ?s oa:hasTarget ?place } FILTER(?g != ?h) }"""
    )
    assert not graph.sparql(both).boolean
    assert graph.sparql("ASK { ?s a core:QuarantinedStatement ; oa:hasTarget/oa:hasSource/core:path ?file }").boolean


def test_triples_per_fact_are_those_that_are_written() -> None:
    sentence, row = Target(SOURCE, (TextPosition(0, 9),)), Target("https://x.org/source/b.csv", (TextPosition(3, 5),))
    said = [Evidence(f"{SOURCE}#relation-{n}", sentence, "A is in B", 0.9, "text/1", "text") for n in (1, 2)]
    cell = Evidence("https://x.org/source/b.csv#relation-3", row, "", 0.9, "records/1", "text")
    a, b, p = "https://x.org/entity/a", "https://x.org/entity/b", "https://x.org/p"
    statements = (
        Statement("https://x.org/statement/1", a, p, b, (said[0], cell), 0.9, rule="turned", premises=(b, b)),
        Statement("https://x.org/statement/2", b, p, a, (*said,), 0.9, note="0.80 as read"),
    )
    data = GraphData("https://x.org/", (), (), (), (), statements, ())
    written = {(node, line) for s in statements for node, lines in stated(data, s, "Statement") for line in lines}
    assert provenance_per_fact(data) == round(len(written) / 3, 2) > 5
