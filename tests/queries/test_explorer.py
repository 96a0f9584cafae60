"""The explorer over HTTP: what its pages say, that they are safe, and that it serves nothing else; and in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import CORPUS, Served, serving
from test_serve_protocol import ask

from kgbuild.queries.explorer.drawing import bars, neighbourhood, timeline
from kgbuild.queries.graph import Graph


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


def test_inferred_statements_show_their_premises(explorer: Served, graph: Graph) -> None:
    (row,) = graph.sparql("SELECT ?s { ?s a core:InferredStatement } ORDER BY ?s LIMIT 1")
    found = page(explorer, f"/evidence?id={quote(row['s'], safe='')}")
    assert "follows by" in found.text and "From: " in found.text


def test_quarantine(explorer: Served) -> None:
    every = page(explorer, "/quarantine")
    assert "confidence" in every.text and any(link.startswith("/evidence?id=") for link in every.links)
    assert "0 statements" in page(explorer, "/quarantine?q=no+such+words+at+all").text


def test_statistics(explorer: Served) -> None:
    found = page(explorer, "/statistics")
    assert "Things by class" in found.text and len([t for t, _ in found.tags if t == "svg"]) >= 5


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
    assert len(drawn["nodes"]) == 16 and drawn["more"] == 24 and drawn["nodes"][1]["said"] == "← part of"
    assert all(0 < n["x"] < drawn["width"] and 0 < n["y"] < drawn["height"] for n in drawn["nodes"])
    assert bars([("a", 1), ("b", 4)])[0] == {"label": "b", "count": 4, "length": 1000} and bars([]) == []
    assert sum(c["count"] for c in timeline([1, 1, 2, 50])["columns"]) == 4 and timeline([])["columns"] == []


@pytest.mark.browser
def test_in_a_browser(explorer: Served, graph: Graph) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
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
        shown.keyboard.press("Enter")
        shown.wait_for_url("**/entity?iri=*")
        shown.goto(explorer.url + "/query")
        shown.locator("button[data-query]").first.click()
        assert "SELECT" in shown.locator("#query").input_value()
        shown.locator("form button", has_text="Run").click()
        shown.wait_for_selector("table")
        browser.close()
    assert not wrong
