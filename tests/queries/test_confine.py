"""What a query names cannot be reached by the process that runs it, even past the guard."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import kgbuild
from kgbuild.errors import QueryError
from kgbuild.queries.tokens import check

HIDDEN = [  # for one reader the rest of the line is a comment, a text or an IRI, for another it is not
    "PREFIX e: <http://e/> SELECT * {{ {{ BIND(1 AS ?x) }} UNION {{ ?s e:a\\# ?o }} SERVICE <{0}> {{ ?a ?b ?c }} }}",
    "PREFIX e: <http://e/> SELECT * {{ {{ BIND(1 AS ?x) }} UNION {{ ?s e:a\\' ?o }} SERVICE <{0}> {{ ?a ?b ?c }} }} #'",
    "SELECT * {{ BIND(1 AS ?a) BIND(2 AS ?b) FILTER(?a<?b)SERVICE#>\n<{0}> {{ ?s ?p ?o }} }}",
    "SELECT * {{ BIND('a' AS ?a) FILTER(?a>'>'||1<'>')SERVICE<{0}>{{ ?s ?p ?o }} }} #'",
    "SELECT * {{ BIND(1 AS ?a) BIND(2 AS ?b) FILTER(?a<?b#> '''\n) SERVICE <{0}> {{ ?s ?p ?o }} #'''\n}}",
]


@pytest.fixture
def heard() -> Iterator[tuple[str, list[str]]]:
    hits: list[str] = []

    class Canary(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hits.append(self.path)
            self.send_error(404)

        do_GET = do_POST

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", hits
        server.shutdown()


@pytest.mark.parametrize("query", HIDDEN)
def test_what_two_readers_would_read_in_two_ways_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        check(query.format("http://127.0.0.1:9/"))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s <http://x.org/it's#here> ?o FILTER(?o<3 && ?s != <http://x.org/a_(b)>) }",
        "PREFIX e: <http://e/> SELECT * { ?s e:a\\'b\\#c ?o } # it's a comment",
        "SELECT * { ?s ?p ?o FILTER(?o < 'a' || ?o IN (<#me>, <urn:it's>)) VALUES (?s ?p) { (<urn:a> <urn:b>) } }",
    ],
)
def test_what_means_one_thing_is_let_through(query: str) -> None:
    check(query)


def test_no_token_is_looked_for_from_each_of_many_places() -> None:
    code = (
        "from kgbuild.errors import QueryError\nfrom kgbuild.queries.tokens import check\n"
        "for part in ('-', 'a-', '.', '<a', ':.', \"'''\\n\\\\\", \"\\\\'\", '\\\\'):\n"
        "    try: check('SELECT * { ' + part * (90_000 // len(part)))\n    except QueryError: pass\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)  # else it takes many minutes


@pytest.mark.skipif(sys.platform != "linux", reason="a filter of Linux")
def test_a_confined_process_reaches_nothing(heard: tuple[str, list[str]]) -> None:
    url, hits = heard
    query = f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}"
    code = (
        "import socket, sys\nimport pyoxigraph\nfrom kgbuild.queries.confine import no_network\n"
        "if sys.argv[2] == 'free' or no_network():\n"
        "    try: print(list(pyoxigraph.Store().query(sys.argv[1])))\n    except OSError as err: print(err)\n"
        "    print(socket.socketpair()[0].family.name)\n"
        "else: print('no filter')\n"
    )
    for how in ("free", "confined"):
        done = subprocess.run([sys.executable, "-c", code, query, how], capture_output=True, text=True, check=True)
        if "no filter" in done.stdout:
            pytest.skip("this kernel takes no filter")
        assert bool(hits) == (how == "free") and "AF_UNIX" in done.stdout
        hits.clear()


def test_a_query_past_the_guard_reaches_nothing(
    example: tuple[Path, object], heard: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, hits = heard
    monkeypatch.setattr("kgbuild.queries.sparql.check", lambda query: None)
    probe = "from kgbuild.queries.confine import no_network; raise SystemExit(not no_network())"
    if subprocess.run([sys.executable, "-c", probe], check=False).returncode:
        pytest.skip("this kernel takes no filter")
    with kgbuild.open(example[0]) as graph, pytest.raises(QueryError):
        graph.sparql(f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}")
    assert not hits
