"""What would hurt an endpoint: each is refused or stopped, and the next query is answered as before."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Served, serving
from test_serve_protocol import DIRECT, FORM, ask, get

from kgbuild.queries.serve.guard import Hosts
from kgbuild.queries.store import TABLES, generation
from kgbuild.vocab import LABEL
from kgbuild.workspace import write_manifest

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def post(served: Served, query: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return ask(served, "POST", body=query, **{"Content-Type": DIRECT, **headers})


@pytest.fixture(autouse=True)
def still_there(endpoint: Served) -> Iterator[None]:
    """After each attack the same server answers, from the same process."""
    yield
    assert endpoint.process.poll() is None
    status, _, body = get(endpoint, ("query", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))
    assert status == 200 and int(json.loads(body)["results"]["bindings"][0]["n"]["value"]) > 1000


@pytest.fixture
def canary() -> Iterator[tuple[int, list[bytes]]]:
    """A listener on this machine, and what it has heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    heard.append(server.accept()[0].recv(100))

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], heard
        done.set()
        thread.join()


OUTSIDE = [
    "SELECT * { SERVICE <U> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <U> { ?s ?p ?o } }",
    "SELECT * { { SELECT * { SERVICE <U> { ?s ?p ?o } } } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS { SERVICE <U> { ?s ?p ?o } } }",
    "SELECT * { BIND(<U> AS ?u) SERVICE ?u { ?s ?p ?o } }",
    "SELECT * { # '\nSERVICE# }\n<U>{ ?s ?p ?o } }",
    "SELECT * { \\u0053ERVICE <U> { ?s ?p ?o } }",
    "SELECT * { ?s ?p '''a\\\\''' . SERVICE <U> { ?s ?p ?o } #''' }",
    "SELECT * FROM <U> { ?s ?p ?o }",
    "SELECT * FROM NAMED <U> { GRAPH ?g { ?s ?p ?o } }",
    "SELECT * \\u0046ROM <U> { ?s ?p ?o }",
    "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "SELECT * { ?s kgf:nearestPicture <file:///etc/passwd> }",
    "SELECT * { ?s kgf:nearestPicture <U> }",
    "ASK { FILTER(kgf:similarity(<file:///etc/passwd>, 'a') > 0) }",
]


@pytest.mark.parametrize("query", OUTSIDE)
def test_nothing_outside_is_read(endpoint: Served, canary: tuple[int, list[bytes]], query: str) -> None:
    port, heard = canary
    status, _, body = post(endpoint, query.replace("U", f"http://127.0.0.1:{port}/x"))
    assert status == 400 and b"root:" not in body
    assert not heard


def test_no_dataset_outside(endpoint: Served, canary: tuple[int, list[bytes]]) -> None:
    port, heard = canary
    for name in ("default-graph-uri", "named-graph-uri"):
        for place in (f"http://127.0.0.1:{port}/x", "file:///etc/passwd", "not an IRI"):
            assert get(endpoint, ("query", "SELECT * { ?s ?p ?o }"), (name, place))[0] == 400
    assert not heard


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <http://x.org/> <http://x.org/> 1 }", "DELETE WHERE { ?s ?p ?o }", "LOAD <file:///etc/passwd>", "CLEAR ALL",
        "DROP ALL", "CREATE GRAPH <http://x.org/>", "PREFIX a: <http://x.org/> INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
    ],
)  # fmt: skip
def test_updates_are_refused(endpoint: Served, update: str) -> None:
    before = count(endpoint)
    assert get(endpoint, ("query", update))[0] == post(endpoint, update)[0] == 403
    assert get(endpoint, ("update", update))[0] == 403
    assert ask(endpoint, "POST", body=update, Content_Type="application/sparql-update")[0] == 403
    assert ask(endpoint, "POST", body=f"update={update}", Content_Type=FORM)[0] == 403
    assert get(endpoint, ("query", "ASK {}"), ("using-graph-uri", "http://x.org/"))[0] == 403
    assert count(endpoint) == before


def count(served: Served) -> bytes:
    return get(served, ("query", "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"))[2]


ENDLESS = [
    CROSS,
    "SELECT ?a { ?a (!<http://x.org/>|^!<http://x.org/>)* ?b . ?b (!<http://x.org/>|^!<http://x.org/>)* ?c . ?c ?p ?d }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY RAND()",
    "SELECT ?a { ?a ?b ?c . ?d ?e ?f FILTER(REGEX(CONCAT(STR(?a), STR(?d)), '^(.*q)+(.*z)+zz$')) }",
]


@pytest.mark.parametrize("query", ENDLESS)
def test_what_does_not_end_is_stopped(endpoint: Served, query: str) -> None:
    status, headers, body = post(endpoint, query)
    assert status == 503 and json.loads(body)["code"] in ("timeout", "crashed") and headers["retry-after"]
    assert idle(endpoint)


def test_a_client_that_hangs_up_frees_the_processor(endpoint: Served) -> None:
    with socket.create_connection((endpoint.host, endpoint.port)) as client:
        client.sendall(
            b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
            + f"Content-Length: {len(CROSS)}\r\n\r\n{CROSS}".encode()
        )
        time.sleep(0.5)
    assert idle(endpoint)


def idle(served: Served) -> bool:
    """Whether soon no process of the server computes."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        before = spent(served.process.pid)
        time.sleep(0.5)
        if spent(served.process.pid) - before < 0.1:
            return True
    return False


def spent(pid: int) -> float:
    """Seconds of processor time of a process's descendants that are alive."""
    parent, ticks = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parent[int(entry.name)], ticks[int(entry.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    found, family = 0.0, {pid}
    for _ in range(4):
        family |= {child for child, of in parent.items() if of in family}
    for child in family - {pid}:
        found += ticks[child] / os.sysconf("SC_CLK_TCK")
    return found


N = 8_000
CRASHES = [
    "SELECT * " + "{" * 200, "SELECT * " + "{" * 2200, "SELECT * " + "{" * 100_000,
    "SELECT * { ?s ?p " + "(" * 3000,
    "SELECT * {" + "UNION".join(["{}"] * 10_000) + "}",
    "SELECT * {?s " + "/".join(["a"] * 45_000) + " ?o}",
    "SELECT * {FILTER(" + "+".join(["1"] * 45_000) + ">1)}",
    "SELECT * {FILTER(" + "!" * 90_000 + "1)}",
    "SELECT * {?s a " + ",".join(["1"] * 45_000) + "}",
    "SELECT * {" + "OPTIONAL{}" * 9_000 + "}",
    "SELECT * {" + "?a a 1." * 12_000 + "}",
    "SELECT * {" + "FILTER(1)" * 10_000 + "}",
    "SELECT * {" + "VALUES ?a{1}" * 8_000 + "}",
    "SELECT * { VALUES ?x {" + "1 " * 45_000 + "} }",
    "SELECT * {?s a \\u0027" + "\\u007b" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("query", CRASHES, ids=lambda q: f"{q[:24]}...{len(q)}")
def test_the_parser_does_not_take_the_server_with_it(endpoint: Served, query: str) -> None:
    status, _, body = post(endpoint, query)
    assert status in (200, 400, 503) and json.loads(body)


@pytest.mark.parametrize("size", [150_000, 1_000_000, 10_000_000])
def test_large_requests_are_refused(endpoint: Served, size: int) -> None:
    assert post(endpoint, "ASK {} #" + "x" * size)[0] == 413
    body = iter([b"x" * 60_000] * 3)
    import http.client

    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=20)
    connection.request("POST", "/sparql", body, {"Content-Type": DIRECT}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_long_answers_are_cut_off_and_say_so(endpoint: Served) -> None:
    status, headers, body = get(endpoint, ("query", "SELECT * { ?s ?p ?o }"))
    found = json.loads(body)
    assert status == 200 and headers["kgbuild-truncated"] == "true" and found["truncated"] is True
    assert 100 < len(found["results"]["bindings"]) <= 500
    for accept in ("text/turtle", "application/n-triples"):
        status, headers, body = get(endpoint, ("query", "CONSTRUCT WHERE { ?s ?p ?o }"), Accept=accept)
        assert status == 200 and headers["kgbuild-truncated"] == "true" and b"cut off" in body.splitlines()[-1]
    wide = "SELECT (CONCAT(" + ",".join(["?o"] * 3000) + ") AS ?x) { ?s rdfs:label ?o }"
    status, headers, body = post(endpoint, wide, Accept="application/sparql-results+xml")
    assert status == 200 and headers["kgbuild-truncated"] == "true" and len(body) < 250_000 and b"</sparql>" in body
    assert "kgbuild-truncated" not in get(endpoint, ("query", "SELECT * { ?s ?p ?o } LIMIT 5"))[1]


def test_slow_and_silent_clients(endpoint: Served) -> None:
    silent = [socket.create_connection((endpoint.host, endpoint.port)) for _ in range(200)]
    slow = socket.create_connection((endpoint.host, endpoint.port))
    slow.sendall(
        b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\nContent-Length: 50\r\n\r\nASK"
    )
    assert get(endpoint, ("query", "ASK {}"))[0] == 200
    slow.settimeout(15)
    assert slow.recv(100).startswith(b"HTTP/1.1 408")
    slow.close()
    for client in silent:
        client.settimeout(15)
        assert client.recv(1) == b""
        client.close()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", ""]
)
def test_other_hosts_are_not_answered(endpoint: Served, host: str) -> None:
    assert get(endpoint, ("query", "ASK {}"), Host=host)[0] in (400, 421)


def test_own_hosts() -> None:
    hosts = Hosts(["kg.example"])
    for host in (
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1:8000",
        "[::1]:8000",
        "10.0.0.7",
        "kg.example:8000",
        "kg.example.",
    ):
        assert hosts.own(host), host
    for host in ("a@localhost", "localhost/x", "localhost:x", "other.example", "", "x y", "127.0.0.1x"):
        assert not hosts.own(host), host


def test_pages_of_other_origins(endpoint: Served) -> None:
    status, headers, _ = get(endpoint, ("query", "ASK {}"), Origin="https://evil.example")
    assert status == 403 and not any(h.startswith("access-control") for h in headers)
    status, headers, _ = ask(endpoint, "OPTIONS", Origin="https://evil.example", Access_Control_Request_Method="POST")
    assert status == 403 and not any(h.startswith("access-control") for h in headers)
    status, headers, _ = ask(endpoint, "OPTIONS", Origin="https://friend.example", Access_Control_Request_Method="POST")
    assert status == 204 and headers["access-control-allow-origin"] == "https://friend.example"
    status, headers, _ = get(endpoint, ("query", "ASK {}"), Origin="https://friend.example")
    assert status == 200 and headers["access-control-allow-origin"] == "https://friend.example"
    assert get(endpoint, ("query", "ASK {}"), Origin=endpoint.url)[0] == 200
    status, headers, _ = ask(endpoint, "OPTIONS")
    assert status == 405


def test_answers_are_no_pages(endpoint: Served) -> None:
    query = "SELECT ('<script>alert(1)</script>' AS ?x) {}"
    for accept in ("text/html", "text/html,*/*;q=0.8"):
        status, headers, _ = get(endpoint, ("query", query), Accept=accept)
        assert status in (200, 406) and "html" not in headers["content-type"]
        assert (
            headers["x-content-type-options"] == "nosniff"
            and "default-src 'none'" in headers["content-security-policy"]
        )
    status, headers, _ = get(endpoint, ("query", "<script>alert(1)</script>"))
    assert status == 400 and headers["content-type"] == "application/json"


def test_it_listens_on_this_machine_alone(endpoint: Served) -> None:
    assert endpoint.host == "127.0.0.1"


def test_many_at_once_some_endless(endpoint: Served) -> None:
    expected = {n: get(endpoint, ("query", f"SELECT ({n} AS ?n) (COUNT(*) AS ?c) {{ ?s a ?t }}"))[2] for n in range(20)}
    wrong: list[object] = []

    def quick(n: int) -> None:
        for m in range(5):
            k = (n * 7 + m) % 20
            status, headers, body = get(endpoint, ("query", f"SELECT ({k} AS ?n) (COUNT(*) AS ?c) {{ ?s a ?t }}"))
            if not ((status == 200 and body == expected[k]) or (status == 503 and headers["retry-after"])):
                wrong.append((status, body))

    def endless() -> None:
        status, _, body = post(endpoint, CROSS)
        if status != 503:
            wrong.append((status, body))

    threads = [threading.Thread(target=quick, args=(n,)) for n in range(40)]
    threads += [threading.Thread(target=endless) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_each_answer_is_of_one_generation(example: tuple[Path, object], tmp_path: Path) -> None:
    """While a graph is published over and over, answers are of the old one or the new one."""
    out = tmp_path / "out"
    folders = []
    for n in range(2):
        folder = out / ".generations" / f"00000{n}"
        folder.mkdir(parents=True)
        lines = [f'<http://x.org/{i}> <{LABEL}> "{n}" <http://x.org/g> .\n' for i in range(2000)]
        (folder / "graph.nq").write_text("".join(lines), "utf-8")
        for name in TABLES:
            shutil.copyfile(example[0] / name, folder / name)
        write_manifest(folder)
        folders.append(folder)
    (out / "current").symlink_to(".generations/000000")
    assert generation(out) == folders[0].resolve()
    query = "SELECT ?l (COUNT(*) AS ?n) { ?s rdfs:label ?l } GROUP BY ?l"
    seen = set()
    with serving(out) as served:
        for _ in range(60):
            status, headers, body = get(served, ("query", query))
            rows = json.loads(body)["results"]["bindings"]
            assert status == 200 and [r["n"]["value"] for r in rows] == ["2000"]
            assert headers["kgbuild-generation"] == f"00000{rows[0]['l']['value']}"
            seen.add(rows[0]["l"]["value"])
            if len(seen) == 2:
                break
            if seen and (out / "current").resolve() == folders[0]:
                (out / "next").symlink_to(".generations/000001")
                (out / "next").replace(out / "current")
            time.sleep(0.25)
    assert seen == {"0", "1"}


def test_no_graph_to_serve(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from kgbuild.cli import main; main()", "serve", str(tmp_path), "--port", "0"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "kgbuild build" in done.stderr


def test_it_ends_with_all_its_processes(example: tuple[Path, object], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    shutil.copytree(generation(example[0]), out / ".generations" / "000001")
    (out / "current").symlink_to(".generations/000001")
    with serving(out) as served:
        assert get(served, ("query", "ASK {}"))[0] == 200
        children = [
            int(p) for p in Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split()
        ]
        assert children
        os.kill(served.process.pid, 9)  # not even told
        served.process.wait()
        end = time.monotonic() + 10
        while time.monotonic() < end and any(Path(f"/proc/{c}").exists() for c in children):
            time.sleep(0.1)
        assert not any(Path(f"/proc/{c}").exists() for c in children)
