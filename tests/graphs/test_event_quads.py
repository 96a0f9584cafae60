"""Events of videos in the graph: things of their own with class, seconds, what they show and where it is seen."""

from __future__ import annotations

from pyarrow import parquet

from kgbuild.queries.graph import Graph


def test_scenes_follow_each_other_over_the_whole_video(graph: Graph) -> None:
    rows = [dict(r) for r in graph.sparql(
        "SELECT ?a ?b ?name { ?s a core:Scene ; core:startOffset ?a ; core:endOffset ?b ; dcterms:title ?name } ORDER BY ?a"
    )]  # fmt: skip
    assert [(float(r["a"]), float(r["b"])) for r in rows] == [(n, n + 7) for n in (0, 7, 14, 21, 28)]
    assert rows[1]["name"] == "Four instruments"
    (length,) = graph.sparql("SELECT ?d { ?v a core:Video ; core:duration ?d }")
    assert float(length["d"]) == 35


def test_an_appearance_says_what_where_and_who_saw_it(graph: Graph) -> None:
    rows = list(graph.sparql(
        'SELECT ?from ?to ?place ?g { GRAPH ?g { ?e a core:Appearance ; core:shows ?thing ; dcterms:isPartOf ?scene } '
        '?thing rdfs:label "NIRISS"@en . ?scene a core:Scene . ?e oa:hasTarget ?place ; core:confidence ?sure ; '
        "prov:wasGeneratedBy/prov:wasAssociatedWith ?who . BIND(kgf:start(?place) AS ?from) BIND(kgf:end(?place) AS ?to) }"
    ))  # fmt: skip
    assert [(r["from"], r["to"]) for r in rows] == [(7, 14)]
    assert str(rows[0]["g"]).endswith("source/tour.mp4"), "it goes with the source that shows it"


def test_the_table_says_the_same(graph: Graph) -> None:
    rows = parquet.read_table(graph.out / "events.parquet").to_pylist()
    (counted,) = graph.sparql("SELECT (COUNT(DISTINCT ?e) AS ?n) { ?e core:startOffset ?a }")
    assert len(rows) == counted["n"] > 20
    ids = {r["id"] for r in rows}
    assert all(r["part_of"] in ids for r in rows if r["kind"] == "Appearance")
    assert all(r["things"] for r in rows if r["kind"] == "Appearance")
