"""Seconds of each page of the explorer over 100,000 things.

    OMP_NUM_THREADS=1 python benchmarks/explorer.py [--entities N] [--keep FOLDER] [--rounds 5]

The graph is made up, and written by kgbuild's own exporters: for each thing three mentions in texts and films, two
facts, every third statement refused, some inferred, some with dates. The first thing is a hub: one mention of a hundred
and one fact of fifty are its own. Vectors are random (only the time of the search counts). FOLDER keeps the workspace.
``kgbuild serve`` runs as a user starts it; each page is asked for ``rounds`` times over HTTP after one first time.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import numpy as np
from similarity_sparql import names

from kgbuild.embeddings.index import VectorIndex
from kgbuild.embeddings.text import unit
from kgbuild.entities.identify import Merge
from kgbuild.graphs.data import GraphData
from kgbuild.graphs.rdf import write_nquads
from kgbuild.graphs.tables import write_parquet
from kgbuild.identity import entity_iri, mention_iri, relation_iri, segment_iri, source_iri, statement_iri, text_name
from kgbuild.types import (
    EmbeddingTable,
    Entity,
    Evidence,
    Mention,
    Reading,
    RelationMention,
    Segment,
    Source,
    Statement,
    Target,
    TextPosition,
    TimeSpan,
    Value,
)  # fmt: skip
from kgbuild.vocab import CORE, GENERAL, XSD
from kgbuild.workspace import write_manifest

BASE, AGENT = "https://example.org/kg/", "made/1"
CLASSES = ("Person", "Organisation", "Location", "Component", "Artefact", "Event")
RELATIONS = (CORE + "partOf", CORE + "connectsTo", GENERAL + "location", GENERAL + "member_of", GENERAL + "creator")
REASONS = ("confidence 0.{:02} is below 0.5", "domain: {} is no place", "negated: it is denied in sentence {}")
PER_FILE, MENTIONS = 150, 3


def reading(n: int, things: list[tuple[int, str, str]]) -> tuple[Reading, list[Mention]]:
    """One file that names things (number, label, class): a text, or one in twenty a film with subtitles."""
    film = n % 20 == 0
    path = f"talks/talk-{n}.srt" if film else f"notes/{n % 97}/note-{n}.txt"
    id = source_iri(BASE, path)
    text, segments, mentions = "", [], []
    for k, (_, label, kind) in enumerate(things):
        sentence = f"It is known that {label} was seen there in the year {1900 + (n * 7 + k) % 120}."
        start = len(text) + 17
        target = Target(id, (TimeSpan(4.0 * k, 4.0 * k + 4),)) if film else Target(id, ())
        if not film:
            segments.append(Segment(segment_iri(id, k), Target(id, (TextPosition(start - 17, start + 60),)), "text"))
            target = Target(id, (TextPosition(start, start + len(label)),))
        made = mention_iri(target, label, kind, AGENT)
        mentions.append(
            Mention(made, target, label, kind, 0.5 + 0.49 * ((n + k) % 50) / 50, AGENT, "cue" if film else "text",
                    language="en")
        )  # fmt: skip
        text += sentence + "\n"
    kind = "application/x-subrip" if film else "text/plain"
    source = Source(id, path, kind, f"{n:064x}", len(text))
    return Reading(source, tuple(segments), "" if film else text), mentions


def graph(count: int) -> tuple[GraphData, list[Merge]]:
    """The graph of so many things, and the merges of their mentions."""
    choice = random.Random(11)
    labels = names(count)
    kinds = [CLASSES[n % len(CLASSES)] for n in range(count)]
    named = [n if choice.random() > 0.01 else 0 for n in range(count) for _ in range(MENTIONS)]
    choice.shuffle(named)
    readings, mentions, of = [], [], {n: [] for n in range(count)}
    for f in range(0, len(named), PER_FILE):
        things = [(n, labels[n], kinds[n]) for n in dict.fromkeys(named[f : f + PER_FILE])]
        made, found = reading(f // PER_FILE, things)
        readings.append(made)
        mentions += found
        for (n, *_), mention in zip(things, found, strict=True):
            of[n].append(mention)
    ids = [entity_iri(BASE, labels[n], kinds[n]) for n in range(count)]
    entities = [
        Entity(ids[n], labels[n], (f"{labels[n]} ({kinds[n].lower()})",) if n % 4 == 0 else (), (kinds[n],),
               tuple(m.id for m in of[n]))
        for n in range(count) if of[n]
    ]  # fmt: skip
    relations, statements = facts(choice, [n for n in range(count) if of[n]], ids, of)
    merges = [
        Merge(ids[n], a.surface, b.surface, a.target.source, b.target.source, 0.97, "the same name", (("name", 1.0),))
        for n in range(count) for a, b in zip(of[n], of[n][1:], strict=False)
    ]  # fmt: skip
    by_id = lambda made: tuple(sorted(made, key=lambda m: m.id))  # noqa: E731
    data = GraphData(
        BASE, tuple(sorted(readings, key=lambda r: r.source.id)), by_id(mentions), by_id(relations), by_id(entities),
        by_id(statements), (),
    )  # fmt: skip
    return data, merges


def facts(
    choice: random.Random, things: list[int], ids: list[str], of: dict[int, list[Mention]]
) -> tuple[list[RelationMention], list[Statement]]:
    """Two facts of each thing and their evidence; every third is refused, every thirtieth inferred."""
    relations: dict[str, RelationMention] = {}
    statements: dict[str, Statement] = {}
    for k, n in enumerate(things * 3):
        other = things[0] if choice.random() < 0.02 else things[choice.randrange(len(things))]
        status = ("asserted", "asserted", "quarantined")[k % 3]
        status = "inferred" if status == "asserted" and k % 30 == 0 else status
        object: str | Value = ids[other]
        if k % 10 == 1:
            object = Value(str(1850 + choice.randrange(170)), XSD + "gYear")
        predicate = GENERAL + "inception" if isinstance(object, Value) else RELATIONS[k % len(RELATIONS)]
        id = statement_iri(BASE, ids[n], predicate, object, status)
        mention, far = choice.choice(of[n]), of[other][0]
        relation = relation_iri(mention.id, predicate, far.id, mention.target, AGENT)
        score = round(0.4 + 0.59 * choice.random(), 4)
        relations[relation] = RelationMention(relation, mention.id, predicate, far.id, mention.target, score, AGENT)
        evidence = (Evidence(relation, mention.target, mention.surface, score, AGENT, mention.modality),)
        reason = REASONS[k // 3 % len(REASONS)].format(k % 50) if status == "quarantined" else ""
        rule = "made-rule" if status == "inferred" else ""
        statements[id] = Statement(
            id, ids[n], predicate, object, () if rule else evidence, score, status, reason, rule,
            (ids[n],) if rule else (),
        )  # fmt: skip
    return list(relations.values()), list(statements.values())


def workspace(out: Path, count: int) -> None:
    """A published graph, as far as the explorer needs it."""
    folder = out / ".generations" / "000001"
    (folder / "texts").mkdir(parents=True)
    data, merges = graph(count)
    write_nquads(data, folder / "graph.nq")
    write_parquet(data, folder)
    ids = tuple(m.id for m in data.mentions)
    matrix = unit(np.random.default_rng(5).normal(size=(len(ids), 384)).astype(np.float32))
    VectorIndex.build(EmbeddingTable("minilm-mention", ids, matrix)).save(folder / "vectors.faiss")
    (folder / "merges.json").write_text("[" + ",\n ".join(json.dumps(asdict(m)) for m in merges) + "]\n", "utf-8")
    for r in data.readings:
        if r.text:
            (folder / "texts" / text_name(r.source.path, r.source.id)).write_text(r.text, "utf-8", newline="")
    sources = [
        {"path": r.source.path, "media_type": r.source.media_type, "outcome": "processed", "size": r.source.size}
        for r in data.readings
    ]
    counts = {"sources processed": len(sources), "mentions": len(ids), "entities": len(data.entities)}
    (folder / "report.json").write_text(json.dumps({"counts": counts, "sources": sources}), "utf-8")
    write_manifest(folder)
    (out / "current").symlink_to(".generations/000001")


def pages(count: int) -> dict[str, str]:
    """Addresses of the pages by what they show."""
    labels = names(count)
    hub, plain = (entity_iri(BASE, labels[n], CLASSES[n % len(CLASSES)]) for n in (0, 4321 % count))
    evidence = f"SELECT ?s {{ ?s a core:Statement ; rdf:subject <{plain}> }} ORDER BY ?s LIMIT 1"
    join = "SELECT ?n (COUNT(*) AS ?c) { ?e a core:Event ; rdfs:label ?n ; core:connectsTo ?o } GROUP BY ?n LIMIT 50"
    lookup = f"SELECT ?p ?o {{ <{plain}> ?p ?o }}"
    return {
        "home": "/",
        "search by name, many found": "/search?q=harbour",
        "search by name and meaning": "/search?q=" + quote(labels[99 % count]),
        "search by meaning alone": "/search?q=" + quote("ships at a pier in fog"),
        "a thing": "/entity?iri=" + quote(plain, safe=""),
        "a thing named and stated often": "/entity?iri=" + quote(hub, safe=""),
        "evidence": evidence,
        "quarantine": "/quarantine",
        "quarantine, of one kind, far on": "/quarantine?kind=domain&at=5000",
        "quarantine, words": "/quarantine?q=Harbour",
        "statistics and lines of time": "/statistics",
        "SPARQL": "/query",
        "SPARQL, lookup": "/query?query=" + quote(lookup),
        "SPARQL, join and group": "/query?query=" + quote(join),
    }


def memory(pid: int) -> tuple[float, float]:
    """MiB of a process and all below it: the sum of what each has alone and its share of what they share; the most."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            found = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        children.setdefault(int(found["PPid"]), []).append(int(found["Pid"]))
    todo, sizes = [pid], []
    while todo:
        pid = todo.pop()
        todo += children.get(pid, [])
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        sizes.append(int(re.search(r"Pss:\s+(\d+)", rollup)[1]) / 1024)  # type: ignore[index]
    return sum(sizes), max(sizes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        out = asked.keep or Path(temporary) / "out"
        if not (out / "current").exists():
            workspace(out, asked.entities)
        command = [sys.executable, "-c", "from kgbuild.cli import main; main()", "serve", str(out), "--port", "0"]
        for start in ("first start, which makes the store", "later start"):
            begun = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
                try:
                    url = re.search(r"http://[\d.:]+", server.stdout.readline())[0]  # type: ignore[index,union-attr]
                    urlopen(url + "/").read()
                    print(f"{start}: first page after {time.perf_counter() - begun:.1f} s", flush=True)
                    if start == "later start":
                        measure(url, asked.entities, asked.rounds)
                        whole, largest = memory(server.pid)
                        print(f"memory of all processes {whole:.0f} MiB, of the largest {largest:.0f} MiB")
                finally:
                    server.terminate()


def measure(url: str, entities: int, rounds: int) -> None:
    """Print the seconds of each page."""
    while b"still being loaded" in urlopen(f"{url}/search?q=warm").read():
        pass
    for name, path in pages(entities).items():
        if name == "evidence":
            rows = json.loads(urlopen(f"{url}/sparql?query={quote(path)}").read())["results"]["bindings"]
            path = "/evidence?id=" + quote(rows[0]["s"]["value"], safe="")
        spent = []
        for _ in range(rounds + 1):
            begun = time.perf_counter()
            size = len(urlopen(url + path).read())
            spent.append(time.perf_counter() - begun)
        rest = sorted(spent[1:])
        times = f"first {spent[0]:6.3f}   median {statistics.median(rest):6.3f}   most {rest[-1]:6.3f} s"
        print(f"{name:34} {times}   {size / 1000:6.0f} kB", flush=True)


if __name__ == "__main__":
    main()
