"""The explorer over HTTP: what its pages say, that they are safe, and that it serves nothing else; and in a browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pyarrow
import pytest
from conftest import CORPUS, Served, serving
from hypothesis import given
from hypothesis import strategies as st
from test_serve_protocol import ask

from kgbuild.queries.explorer import pages
from kgbuild.queries.explorer.drawing import bars, neighbourhood, timeline
from kgbuild.queries.explorer.known import Known
from kgbuild.queries.explorer.merges import merges
from kgbuild.queries.graph import Graph
from kgbuild.queries.quarantine import kinds, quarantine
from kgbuild.queries.rows import Rows
from kgbuild.queries.store import generation
from kgbuild.queries.why import explain
from kgbuild.report import Report


@pytest.fixture(scope="module")
def explorer(example: tuple[Path, object]) -> Iterator[Served]:
    with serving(example[0], "--corpus", str(CORPUS)) as served:
        yield served


class Page(HTMLParser):
    """Text, links and elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links, self.tags = "", [], []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {k: v or "" for k, v in attrs}
        self.tags.append((tag, found))
        self.links += [found["href"]] if tag == "a" and "href" in found else []

    def handle_data(self, data: str) -> None:
        self.text += data


def page(served: Served, path: str, status: int = 200) -> Page:
    found, headers, body = ask(served, "GET", path)
    assert found == status and headers["content-type"] == "text/html; charset=utf-8", body
    assert "script-src 'self'" in headers["content-security-policy"]
    made = Page(body.decode())
    assert not [t for t in made.tags if any(k.startswith("on") or k == "style" for k in t[1])]
    outside = [v for _, a in made.tags for k, v in a.items() if k in ("src", "href") and "://" in v.partition("?")[0]]
    assert not outside and ("a", {"class": "skip", "href": "#main"}) in made.tags
    return made


def entity(graph: Graph, label: str) -> str:
    (row,) = graph.sparql(f'SELECT ?e {{ ?e rdfs:label "{label}"@en . FILTER EXISTS {{ ?m oa:hasBody ?e }} }}')
    return f"/entity?iri={quote(row['e'], safe='')}"


def test_every_link_of_the_first_page_leads_somewhere(explorer: Served) -> None:
    first = page(explorer, "/")
    assert len(first.links) > 20 and "James Webb Space Telescope" in first.text
    for link in sorted(set(first.links) - {"#main"}):
        page(explorer, link)


def test_search_by_name_and_meaning(explorer: Served) -> None:
    for _ in range(20):  # the models may still be on their way
        found = page(explorer, "/search?q=antennas+that+talk+to+spacecraft")
        if "still being loaded" not in found.text:
            break
    assert "Nothing is named so" in found.text and "High Gain Antenna" in found.text
    named = page(explorer, "/search?q=GOLDSTONE")
    assert any(link.startswith("/entity?iri=") and "goldstone" in link for link in named.links)


def test_a_thing(explorer: Served, graph: Graph) -> None:
    found = page(explorer, entity(graph, "Goldstone"))
    for said in ("Neighbours", "Jet Propulsion Laboratory", "connects to", "the same name", "glossary.txt", "Why its"):
        assert said in found.text
    tags = [t for t, _ in found.tags]
    assert "mark" in tags and "video" in tags
    pictures = [a["href"] for t, a in found.tags if t == "image"]
    assert pictures and all(ask(explorer, "GET", p)[1]["content-type"] == "image/png" for p in pictures)
    films = [a for t, a in found.tags if t == "video"]
    assert films and float(films[0]["data-start"]) > 0 and "#t=" in films[0]["src"]
    status, headers, body = ask(explorer, "GET", films[0]["src"].partition("#")[0], Range="bytes=0-99")
    assert (status, headers["content-type"], len(body)) == (206, "video/mp4", 100)
    evidence = [link for link in found.links if link.startswith("/evidence")]
    assert evidence and all("confidence" in page(explorer, link).text for link in evidence)


def test_files_and_what_happens_in_them(explorer: Served, graph: Graph) -> None:
    files = page(explorer, "/files")
    assert all(path in files.text for path in ("tour.mp4", "pictures/on-board.png", "overview.md"))
    shown = {link for link in page(explorer, "/files?q=PICTURES").links if link.startswith("/source?iri=")}
    assert len(shown) == 4 and "No file that was read" in page(explorer, "/files?q=none+such").text
    for link in sorted(shown):
        assert "What it names or shows" in page(explorer, link).text
    source = "/source?iri=" + quote("https://example.org/kg/source/", safe="")
    assert "How it begins" in page(explorer, source + "overview.md").text
    film = page(explorer, source + "tour.mp4")
    assert "What happens in it" in film.text and "pictures/ground-segment.png" in film.text  # the same picture there
    (scene,) = graph.sparql('SELECT ?e { ?e a core:Scene ; dcterms:title "Four instruments" }')
    assert f"/event?iri={quote(scene['e'], safe='')}" in film.links
    happens = page(explorer, f"/event?iri={quote(scene['e'], safe='')}")
    assert "NIRSpec appears" in happens.text and ("image" in [t for t, _ in happens.tags])
    thing = page(explorer, entity(graph, "NIRSpec"))
    (seen,) = [link for link in thing.links if link.startswith("/event")]
    assert "part of the scene “Four instruments”" in page(explorer, seen).text
    for unknown in ("/source?iri=x", source + "none.md", "/event?iri=x", seen + "0"):
        page(explorer, unknown, 404)


def test_merges_are_found_without_parsing_the_file(example: tuple[Path, object]) -> None:
    path = example[0] / "merges.json"
    every = json.loads(path.read_text("utf-8"))
    for entity in {m["entity"] for m in every}:
        assert merges(path, entity, 1000) == [m for m in every if m["entity"] == entity]
    assert len(merges(path, every[0]["entity"], 1)) == 1 and merges(path, "none", 9) == []
    assert merges(path.with_name("none"), "none", 9) == []


@given(st.lists(st.sampled_from(["", "a", "b", "é", "ß", "名", "a b"])), st.sampled_from(["a", "b", "名", "none"]))
def test_rows_are_found_by_a_column(values: list[str], wanted: str) -> None:
    found = Rows(pyarrow.table({"v": pyarrow.array(values, pyarrow.string()), "n": range(len(values))}), "v")
    assert [r["n"] for r in found.of(wanted)] == [n for n, v in enumerate(values) if v == wanted]


def test_inferred_statements_show_their_premises(explorer: Served, graph: Graph) -> None:
    (row,) = graph.sparql("SELECT ?s { ?s a core:InferredStatement } ORDER BY ?s LIMIT 1")
    found = page(explorer, f"/evidence?id={quote(row['s'], safe='')}")
    assert "follows by" in found.text and "From: " in found.text


def test_a_relation_and_its_inverse_are_shown_once(explorer: Served, graph: Graph) -> None:
    found = graph.sparql(
        "SELECT ?a ?b ?said ?follows { ?said a core:Statement ; rdf:subject ?a ; rdf:object ?b . "
        "?follows a core:InferredStatement ; rdf:subject ?b ; rdf:object ?a ; core:premise ?said } ORDER BY ?said LIMIT 3"
    )
    assert found
    for row in found:
        for end in "ab":
            links = page(explorer, f"/entity?iri={quote(str(row[end]), safe='')}").links
            said, follows = (any(quote(str(row[n]), safe="") in link for link in links) for n in ("said", "follows"))
            assert said and not follows


def test_quarantine(explorer: Served) -> None:
    every = page(explorer, "/quarantine")
    assert "confidence" in every.text and any(link.startswith("/evidence?id=") for link in every.links)
    assert "0 statements" in page(explorer, "/quarantine?q=no+such+words+at+all").text


def test_quarantine_is_shown_a_page_at_a_time(example: tuple[Path, object], monkeypatch: pytest.MonkeyPatch) -> None:
    every = quarantine(example[0])
    known = Known(generation(example[0]))
    monkeypatch.setattr(pages, "_PAGE", 7)
    shown = pages.Pages(str(example[0]), known, None)  # type: ignore[arg-type]
    found, at = [], "0"
    while at != "0" or not found:
        part = shown.page("quarantine", {"at": at})
        assert part["count"] == len(every) and len(part["rows"]) <= 7
        found += [r["id"] for r in part["rows"]]
        at = str(part["next"])
    assert found == [r.id for r in every] and dict(part["kinds"]) == dict(kinds(every))
    kind, count = kinds(every)[-1]
    assert shown.page("quarantine", {"kind": kind})["count"] == count
    word = every[0].text.split()[0]
    assert shown.page("quarantine", {"q": word.upper()})["count"] == len(quarantine(example[0], text=word)) > 0
    assert shown.page("quarantine", {"at": "100000"})["rows"] == []


def test_statistics(explorer: Served) -> None:
    found = page(explorer, "/statistics")
    assert "Things by class" in found.text and len([t for t, _ in found.tags if t == "svg"]) >= 5


def test_statistics_count_what_is_there(example: tuple[Path, Report], graph: Graph) -> None:
    found = Known(generation(example[0])).statistics
    bars = {title: {b["label"]: b["count"] for b in rows} for title, rows in found["bars"]}
    assert bars["Statements by status"]["asserted"] == example[1].counts["relation statements"]
    assert bars["Statements by status"]["quarantined"] == len(quarantine(example[0]))
    assert sum(bars["Mentions by where they stand"].values()) == example[1].counts["mentions"]
    (row,) = graph.sparql("SELECT (COUNT(?s) AS ?n) { ?s a core:Statement ; rdf:predicate core:connectsTo }")
    assert bars["Facts by relation"]["connects to"] == int(row["n"])
    assert sum(c["count"] for c in found["years"]["columns"]) > 0 < found["seconds"]["last"]


def test_the_surest_evidence_comes_first(example: tuple[Path, object], graph: Graph) -> None:
    (row,) = graph.sparql('SELECT ?e { ?e rdfs:label "Goldstone"@en . FILTER EXISTS { ?m oa:hasBody ?e } }')
    every = explain(example[0], row["e"])
    some = explain(example[0], row["e"], most=2)
    assert len(every.evidence) > 3 and every.more == 0
    assert some.evidence == every.evidence[:2] and some.more == len(every.evidence) - 2


def test_sparql(explorer: Served) -> None:
    assert "Examples" in page(explorer, "/query").text
    found = page(
        explorer, "/query?query=" + quote("SELECT ('<script>alert(1)</script>' AS ?x) (<javascript:alert(1)> AS ?y) {}")
    )
    assert "<script>alert(1)</script>" in found.text and "javascript:alert(1)" not in found.links
    assert [a.get("src") for t, a in found.tags if t == "script"] == ["/static/player.js"]
    assert "Line 1" in page(explorer, "/query?query=" + quote("SELECT * {")).text
    assert "yes" in page(explorer, "/query?query=" + quote("ASK {}")).text
    assert "rdfs:label" in page(explorer, "/query?query=" + quote("CONSTRUCT WHERE { ?s rdfs:label ?l } LIMIT 2")).text


@pytest.mark.parametrize(
    "path",
    [
        "/entity", "/entity?iri=x", "/entity?iri=%3E%20.%20%3Fs%20%3Fp%20%3Fo", "/evidence?id=none", "/file/graph.nq",
        "/file/pictures/..%2Fgraph.nq", "/static/web.py", "/source/overview.md", "/source/..%2Fcorpus%2Ftour.mp4", "/source/none.mp4",
    ],
)  # fmt: skip
def test_nothing_else_is_served(explorer: Served, path: str) -> None:
    page(explorer, path, 404)


def test_other_hosts_see_no_page(explorer: Served) -> None:
    assert ask(explorer, "GET", "/", Host="evil.example")[0] == 421
    assert ask(explorer, "POST", "/query", "query=ASK")[0] == 405


def test_drawings() -> None:
    facts = [{"other": f"e{n}", "label": f"thing {n}", "relation": "part of", "out": n % 2 == 0} for n in range(40)]
    drawn = neighbourhood(facts)
    sides = {n["x"] < drawn["width"] / 2: n["said"] for n in drawn["nodes"]}
    assert len(drawn["nodes"]) == 16 and drawn["more"] == 24 and sides == {True: "← part of", False: "part of"}
    for some in (facts, [f for f in facts if f["out"]], facts[:3], [f for f in facts if not f["out"]] + facts[:4]):
        drawn = neighbourhood(some)
        boxes = sorted((n["x"] < drawn["width"] / 2, n["y"]) for n in drawn["nodes"])
        assert len(boxes) == min(16, len({f["other"] for f in some})) == len({n["id"] for n in drawn["nodes"]})
        assert all(a != c or d - b >= 32 for (a, b), (c, d) in pairwise(boxes))  # none on another
        assert all(n["width"] / 2 <= n["x"] <= drawn["width"] - n["width"] / 2 for n in drawn["nodes"])
        assert all(14 <= n["y"] <= drawn["height"] - 14 for n in drawn["nodes"])
    assert bars([("a", 1), ("b", 4)])[0] == {"label": "b", "count": 4, "length": 1000} and bars([]) == []
    assert sum(c["count"] for c in timeline([1, 1, 2, 50])["columns"]) == 4 and timeline([])["columns"] == []


FLAGS = (
    "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
    "disable-component-update", "disable-sync",
)  # fmt: skip


@pytest.mark.browser
def test_in_a_browser(explorer: Served, graph: Graph) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=[f"--{flag}" for flag in FLAGS])
        shown = browser.new_page()
        wrong: list[str] = []
        shown.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        shown.on("pageerror", lambda e: wrong.append(str(e)))
        shown.goto(explorer.url + entity(graph, "Goldstone"))
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.activeElement.className") == "skip"
        film = shown.locator("video").first
        film.scroll_into_view_if_needed()
        shown.wait_for_function("document.querySelector('video').currentTime > 1")
        assert shown.locator("svg.drawing a").count() >= 3
        shown.locator("svg.drawing a").first.focus()
        with shown.expect_navigation():  # the address before had this form too
            shown.keyboard.press("Enter")
        shown.goto(explorer.url + "/query")
        shown.locator("button[data-query]").first.click()
        assert "SELECT" in shown.locator("#query").input_value()
        shown.locator("form button", has_text="Run").click()
        shown.wait_for_selector("table")
        shown.locator("#q").focus()  # by keyboard alone from here on
        shown.keyboard.type("goldstone")
        with shown.expect_navigation(url="**/search?q=goldstone"):
            shown.keyboard.press("Enter")
        shown.evaluate("document.querySelector('main ol a').focus()")
        assert shown.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        with shown.expect_navigation(url="**/entity?iri=*"):
            shown.keyboard.press("Enter")
        shown.set_viewport_size({"width": 400, "height": 800})
        thing = shown.url.removeprefix(explorer.url)
        for path in ("/", thing, "/search?q=antenna", "/quarantine", "/statistics", "/query", "/evidence?id=none"):
            shown.goto(explorer.url + path)
            assert shown.evaluate("document.documentElement.scrollWidth") <= 400, path
        browser.close()
    assert [w for w in wrong if "404" not in w] == []
