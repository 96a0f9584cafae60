"""A hundred clients of ``kgbuild serve`` at once, ten of them with queries that never end.

    python benchmarks/endpoint.py OUT [--clients 100] [--runaways 10] [--seconds 30] [--timeout 5]

OUT is the workspace of a build. Each quick client asks one of twenty queries after another, with a pause of half a
second, and compares every answer with that of an idle server. A runaway client asks a cross join of everything, again
and again. All traffic stays on this machine. Printed: wrong answers, answers 503, latency of quick queries, when
runaways ended.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

QUICK = [f"SELECT ({n} AS ?n) ?l {{ ?e rdfs:label ?l }} ORDER BY ?l LIMIT {5 + n}" for n in range(20)]
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


async def ask(port: int, query: str) -> tuple[int, bytes, float]:
    """Status, body and seconds of one query on a connection of its own."""
    start = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    path = "/sparql?" + urlencode({"query": query})
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body, time.perf_counter() - start


async def measure(port: int, asked: argparse.Namespace) -> None:
    expected = {q: (await ask(port, q))[1] for q in QUICK}
    end = time.perf_counter() + asked.seconds
    spent: list[float] = []
    ended: list[float] = []
    counts = {"wrong": 0, "503": 0, "busy": 0}

    async def quick(n: int) -> None:
        await asyncio.sleep(n * 0.5 / asked.clients)
        while time.perf_counter() < end:
            query = QUICK[n % len(QUICK)]
            status, body, seconds = await ask(port, query)
            if status == 200:
                spent.append(seconds)
                counts["wrong"] += body != expected[query]
            else:
                counts["503" if status == 503 else "wrong"] += 1
            n += 7
            await asyncio.sleep(0.5)

    async def runaway() -> None:
        while time.perf_counter() < end:
            status, body, seconds = await ask(port, ENDLESS)
            counts["wrong"] += status != 503
            if b'"busy"' in body:
                counts["busy"] += 1
                await asyncio.sleep(1)
            else:
                ended.append(seconds)

    await asyncio.gather(
        *(quick(n) for n in range(asked.clients - asked.runaways)), *(runaway() for _ in range(asked.runaways))
    )
    spent.sort()
    ended.sort()
    print(f"quick queries {len(spent)}, wrong answers {counts['wrong']}, answered 503 {counts['503']}")
    print(
        f"quick queries: median {spent[len(spent) // 2]:.3f} s, p95 {spent[len(spent) * 95 // 100]:.3f} s, "
        f"longest {spent[-1]:.3f} s"
    )
    print(
        f"runaways stopped {len(ended)}, limit {asked.timeout} s: median {ended[len(ended) // 2]:.2f} s, "
        f"last {ended[-1]:.2f} s; told to come again {counts['busy']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    for name, value in (("clients", 100), ("runaways", 10), ("seconds", 30), ("timeout", 5)):
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    command = [sys.executable, "-c", "from kgbuild.cli import main; main()", "serve", str(asked.out), "--port", "0"]
    command += ["--timeout", str(asked.timeout)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        found = re.search(r":(\d+)/", server.stdout.readline())
        assert found is not None
        try:
            asyncio.run(measure(int(found[1]), asked))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
