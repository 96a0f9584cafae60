"""The query side of the SPARQL 1.1 Protocol, case by case as its section 2.1 has them, over HTTP."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlencode

import pytest
from conftest import Served

import kgbuild.queries.serve.forms as forms
from kgbuild.queries.answer import Answer, Term
from kgbuild.vocab import XSD

SOURCE = "https://example.org/kg/source/"
ONE, TWO = f"{SOURCE}overview.md", f"{SOURCE}glossary.txt"
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"


def ask(
    served: Served, method: str, path: str = "/sparql", body: str | bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case and body of one request. Underscores of names of headers are hyphens."""
    connection = http.client.HTTPConnection(served.host, served.port, timeout=120)
    sent = body.encode() if isinstance(body, str) else body
    connection.request(method, path, sent, {k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    connection.close()
    return found


def get(served: Served, *pairs: tuple[str, str], **headers: str) -> tuple[int, dict[str, str], bytes]:
    return ask(served, "GET", "/sparql?" + urlencode(pairs), **headers)


def yes(found: tuple[int, dict[str, str], bytes]) -> bool:
    status, headers, body = found
    assert (status, headers["content-type"]) == (200, JSON), body
    return json.loads(body)["boolean"] is True


def in_both(graph: bool) -> str:
    """Whether both sources' own facts are there, in the default graph or in named ones."""
    one, two = (f"<{s}> core:mentions ?{n}" for s, n in ((ONE, "a"), (TWO, "b")))
    if graph:
        return f"ASK {{ GRAPH <{ONE}> {{ {one} }} GRAPH <{TWO}> {{ {two} }} FILTER NOT EXISTS {{ ?x ?y ?z }} }}"
    return f"ASK {{ {one} . {two} FILTER NOT EXISTS {{ GRAPH ?g {{ ?x ?y ?z }} }} }}"


def test_query_get(endpoint: Served) -> None:
    assert yes(get(endpoint, ("query", "ASK {}")))


def test_query_post_form(endpoint: Served) -> None:
    assert yes(ask(endpoint, "POST", body=urlencode({"query": "ASK {}"}), Content_Type=FORM))


def test_query_post_direct(endpoint: Served) -> None:
    assert yes(ask(endpoint, "POST", body="ASK {}", Content_Type=DIRECT))
    assert yes(ask(endpoint, "POST", body='ASK { FILTER("é" = "\\u00e9") }', Content_Type=f"{DIRECT}; charset=UTF-8"))


def test_query_dataset_default_graph(endpoint: Served) -> None:
    query = f"ASK {{ <{ONE}> core:mentions ?a FILTER NOT EXISTS {{ <{TWO}> core:mentions ?b }} }}"
    assert yes(get(endpoint, ("query", query), ("default-graph-uri", ONE)))
    assert yes(ask(endpoint, "POST", "/sparql?" + urlencode({"default-graph-uri": ONE}), query, Content_Type=DIRECT))


def test_query_dataset_default_graphs_get(endpoint: Served) -> None:
    assert yes(get(endpoint, ("query", in_both(False)), ("default-graph-uri", ONE), ("default-graph-uri", TWO)))


def test_query_dataset_default_graphs_post(endpoint: Served) -> None:
    pairs = [("query", in_both(False)), ("default-graph-uri", ONE), ("default-graph-uri", TWO)]
    assert yes(ask(endpoint, "POST", body=urlencode(pairs), Content_Type=FORM))


def test_query_dataset_named_graphs_get(endpoint: Served) -> None:
    assert yes(get(endpoint, ("query", in_both(True)), ("named-graph-uri", ONE), ("named-graph-uri", TWO)))


def test_query_dataset_named_graphs_post(endpoint: Served) -> None:
    pairs = [("query", in_both(True)), ("named-graph-uri", ONE), ("named-graph-uri", TWO)]
    assert yes(ask(endpoint, "POST", body=urlencode(pairs), Content_Type=FORM))


def test_query_dataset_full(endpoint: Served) -> None:
    query = f"ASK {{ <{ONE}> core:mentions ?a . GRAPH <{TWO}> {{ <{TWO}> core:mentions ?b }} }}"
    assert yes(get(endpoint, ("query", query), ("default-graph-uri", ONE), ("named-graph-uri", TWO)))


def test_query_multiple_dataset(endpoint: Served) -> None:
    """The protocol's dataset is taken, not the query's (2.1.4)."""
    query = f"ASK FROM <{TWO}> {{ <{ONE}> core:mentions ?a FILTER NOT EXISTS {{ <{TWO}> core:mentions ?b }} }}"
    assert yes(get(endpoint, ("query", query), ("default-graph-uri", ONE)))


def test_query_content_type_select(endpoint: Served) -> None:
    for accept, kind in ((JSON, JSON), (XML, XML), ("text/csv", "text/csv; charset=utf-8"), ("*/*", JSON)):
        status, headers, _ = get(endpoint, ("query", "SELECT (1 AS ?one) {}"), Accept=accept)
        assert (status, headers["content-type"]) == (200, kind)


def test_query_content_type_ask(endpoint: Served) -> None:
    for accept in (JSON, XML):
        status, headers, body = get(endpoint, ("query", "ASK {}"), Accept=accept)
        assert (status, headers["content-type"]) == (200, accept) and b"true" in body


@pytest.mark.parametrize("query", [f"DESCRIBE <{ONE}>", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 20"])
def test_query_content_type_describe_and_construct(endpoint: Served, query: str) -> None:
    import pyoxigraph as ox

    sizes = set()
    for form, kind in forms.GRAPHS.items():
        status, headers, body = get(endpoint, ("query", query), Accept=kind)
        assert (status, headers["content-type"]) == (200, forms.media_type(form))
        known = ox.RdfFormat.from_media_type(kind)
        assert known is not None
        sizes.add(len(set(ox.parse(body, format=known))))
    assert len(sizes) == 1 and sizes.pop() > 2


BAD = {
    "bad_query_method": ("PUT", "/sparql?query=ASK%20%7B%7D", None, {}, {405}),
    "bad_multiple_queries": ("GET", "/sparql?query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D", None, {}, {400}),
    "bad_query_wrong_media_type": ("POST", "/sparql", "ASK {}", {"Content-Type": "text/plain"}, {415}),
    "bad_query_missing_form_type": ("POST", "/sparql", "query=ASK%20%7B%7D", {}, {400, 415}),
    "bad_query_missing_direct_type": ("POST", "/sparql", "ASK {}", {}, {400, 415}),
    "bad_query_non_utf8": ("POST", "/sparql", "ASK {}".encode("utf-16"), {"Content-Type": DIRECT}, {400}),
    "bad_query_syntax": ("GET", "/sparql?query=ASK%20%7B", None, {}, {400}),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_queries(endpoint: Served, name: str) -> None:
    method, path, body, headers, expected = BAD[name]
    status, _, answer = ask(endpoint, method, path, body, **headers)
    assert status in expected and json.loads(answer)["message"]


def test_errors_say_where(endpoint: Served) -> None:
    status, headers, body = ask(endpoint, "POST", body="SELECT *\n{ ?s ?p }", Content_Type=DIRECT)
    found = json.loads(body)
    assert status == 400 and headers["content-type"] == "application/json"
    assert (found["code"], found["line"]) == ("query", 2) and 9 <= found["column"] <= 10


def test_other_mistakes_of_a_request(endpoint: Served) -> None:
    assert get(endpoint, ("query", "ASK {}"), Accept="image/png")[0] == 406
    assert get(endpoint, ("query", "ASK {}"), Accept="text/turtle")[0] == 406
    assert ask(endpoint, "POST", body="query=%FF", Content_Type=FORM)[0] == 400
    assert ask(endpoint, "POST", body="ASK {}", Content_Type=f"{DIRECT}; charset=utf-16")[0] == 415
    assert ask(endpoint, "POST", "/sparql?query=ASK%7B%7D", body="ASK {}", Content_Type=DIRECT)[0] == 400
    assert get(endpoint, ("query", "ASK {}"), ("default-graph-uri", f"{SOURCE}none"))[0] == 400
    status, headers, _ = ask(endpoint, "DELETE")
    assert status == 405 and headers["allow"] == "GET, POST"


def test_without_a_query_it_describes_itself(endpoint: Served) -> None:
    status, headers, body = ask(endpoint, "GET", Accept="text/turtle")
    assert status == 200 and headers["content-type"].startswith("text/turtle") and b"sd:SPARQL11Query" in body


def test_functions_are_known(endpoint: Served) -> None:
    query = 'SELECT ?e ?s { (?e ?s) kgf:nearest ("antennas that talk to spacecraft" 5) FILTER(kgf:similarity(?e, "antenna") > 0.3) }'
    status, _, body = get(endpoint, ("query", query))
    assert status == 200 and json.loads(body)["results"]["bindings"]
    status, _, body = ask(endpoint, "POST", body="SELECT *\n{ ?e kgf:nearest ?x }", Content_Type=DIRECT)
    assert status == 400 and json.loads(body)["line"] == 2


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"), ("text/html,application/xhtml+xml,*/*;q=0.8", "json"), ("text/csv;q=0.5, application/xml", "xml"),
        ("text/csv;q=0, */*", "json"), ("application/*;q=0.1, text/*", "csv"), ("image/png", ""), ("text/*;q=0", ""),
        ("application/json", "json"), ("application/sparql-results+json;q=0,*/*;q=0.1", "xml"), ("text/csv;q=x", ""),
    ],
)  # fmt: skip
def test_what_a_client_likes_best(accept: str, form: str) -> None:
    assert forms.wanted(accept, forms.ROWS) == form


def test_forms_of_rows() -> None:
    import xml.etree.ElementTree as ElementTree

    row = (Term("uri", "http://x.org/?a=1&b=2"), Term("literal", 'a "b"\t<c>\n\\ \x01', "", "en"), None)
    answer = Answer(
        "select", ("u", "l", "n"), (row, (None, Term("literal", "1", XSD + "integer"), None)), truncated=True
    )
    assert json.loads(forms.rows(answer, "json"))["truncated"] is True
    root = ElementTree.fromstring(forms.rows(answer, "xml"))
    space = "{http://www.w3.org/2005/sparql-results#}"
    found = [(b.get("name"), b[0].tag.removeprefix(space), b[0].text) for b in root.iter(f"{space}binding")]
    assert found == [("u", "uri", row[0].value), ("l", "literal", 'a "b"\t<c>\n\\ \ufffd'), ("l", "literal", "1")]
    assert forms.rows(answer, "tsv").decode() == (
        '?u\t?l\t?n\n<http://x.org/?a=1&b=2>\t"a \\"b\\"\\t<c>\\n\\\\ \x01"@en\t\n'
        f'\t"1"^^<{XSD}integer>\t\n'
    )  # fmt: skip
    assert forms.rows(answer, "csv").decode().startswith("u,l,n\r\nhttp://x.org/?a=1&b=2,")
    assert [forms.rows(Answer("ask", boolean=True), f) for f in ("csv", "tsv")] == [b"true\r\n", b"true\n"]
