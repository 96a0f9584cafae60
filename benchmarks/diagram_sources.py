"""How exactly diagram sources are read: against known graphs, and against the parsers of the tools themselves.

    python benchmarks/diagram_sources.py ../shared/diagrams [--mermaid FOLDER] [--dot FOLDER]

The gold graphs are written in each format and must come back. ``--mermaid``: a folder where
``npm install mermaid jsdom`` was done; then Mermaid's own parser is asked, and its SVG is drawn in Chromium.
``--dot``: a folder of DOT files that ``dot`` reads as well. ``dot`` and ``plantuml`` are used where they are installed.

Strict: nodes are the same where their labels are the same to the letter (blanks aside), edges where the labels of both
ends, direction, heads, and, in the column after, their own label are the same; groups by label of member and holder.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from html import unescape
from pathlib import Path
from typing import Any

import diagram_tools as tools
import graph_texts as texts

from kgbuild.errors import SourceError
from kgbuild.identity import clean
from kgbuild.mentions.code import parse_code
from kgbuild.mentions.diagram import Diagram
from kgbuild.mentions.drawing import read_drawing
from kgbuild.sources.drawio import pages
from kgbuild.sources.embedded import source_in_png, source_in_svg
from kgbuild.sources.excalidraw import parse_excalidraw
from kgbuild.sources.mxgraph import parse_drawio
from kgbuild.sources.reader import decode
from kgbuild.sources.svg import parse_svg

Graph = dict[str, Any]
SAMPLES = Path(__file__).parents[1] / "tests" / "data" / "diagrams"
_LIMIT = 1 << 28
_FORMATS = ("nodes", "edges", "with labels", "groups")


def words(text: str) -> str:
    """A label without the marks of its language: escapes, tags, Markdown, Mermaid's inner form of "#quot;"."""
    text = re.sub("ﬂ°(°?)(\\w+)¶ß", lambda m: unescape(f"&{'#' if m.group(1) else ''}{m.group(2)};"), str(text or ""))
    text = re.sub(r"\\\n|fa:fa-\w+ |\*\*|`", "", text)
    return " ".join(clean(text).replace('"', "'").split()) if text.strip() else ""


def plain(diagram: Diagram) -> Graph:
    """A diagram as plain data."""
    return {
        "nodes": [{"id": n.key, "label": n.label} for n in diagram.nodes.values()],
        "edges": [
            {"source": e.source, "target": e.target, "label": e.label, "directed": e.directed, "both": e.both}
            for e in diagram.edges
        ],
        "groups": [{"id": g.key, "label": g.label, "nodes": g.members} for g in diagram.groups],
    }


def sets(graph: Graph) -> tuple[Counter[Any], ...]:
    """The multisets that are compared."""
    labels = {n["id"]: words(n["label"]) for n in graph["nodes"]}
    ends = labels | {g["id"]: words(g["label"]) for g in graph.get("groups", ()) if "id" in g}
    joined: Counter[Any] = Counter()
    for e in graph["edges"]:
        pair = [ends.get(e["source"], e["source"]), ends.get(e["target"], e["target"])]
        one_way = e["directed"] and not e["both"]
        joined[(*(pair if one_way else sorted(pair)), one_way, bool(e["both"]), words(e["label"]))] += 1
    bare: Counter[Any] = Counter()
    for edge, count in joined.items():
        bare[edge[:4]] += count
    named = (g for g in graph.get("groups", ()) if words(g["label"]))
    groups = Counter((words(g["label"]), labels[n]) for g in named for n in g["nodes"] if n in labels)
    return Counter(labels.values()), bare, joined, groups


def compare(name: str, pairs: Iterable[tuple[str, Graph, Callable[[], Diagram]]], show: bool) -> None:
    """Prints a line of the table."""
    totals, exact, count, took = [0.0] * len(_FORMATS), 0, 0, 0.0
    for id, gold, read in pairs:
        start = time.perf_counter()
        try:
            found = sets(plain(read()))
        except SourceError as err:
            found = (Counter[Any](),) * len(_FORMATS)
            print(f"  {id}: {err}")
        took += time.perf_counter() - start
        wanted = sets(gold)
        count += 1
        exact += wanted == found
        for k, (a, b) in enumerate(zip(wanted, found, strict=True)):
            right, both = sum((a & b).values()), sum(a.values()) + sum(b.values())
            totals[k] += 2 * right / both if both else 1.0
            if show and a != b:
                print(f"  {id}: {_FORMATS[k]}: missing {list(a - b)[:5]}, extra {list(b - a)[:5]}")
    if count:
        means = "".join(f"{t / count:>12.4f}" for t in totals)
        print(f"{name:<58}{count:>6}{means}{exact / count:>8.3f}{1000 * took / count:>8.1f}")


def gold_rows(golds: list[Graph]) -> Iterable[tuple[str, Callable[[Graph], Diagram]]]:
    """(name, reader of a written graph) for each format that needs no tool."""

    def drawio(xml: str) -> Diagram:
        return read_drawing(parse_drawio(pages(xml, _LIMIT)[0]))[0]

    yield "DOT", lambda g: parse_code("dot", texts.as_dot(g))
    yield "Mermaid flowchart", lambda g: parse_code("mermaid", texts.as_mermaid(g))
    yield "PlantUML component diagram", lambda g: parse_code("plantuml", texts.as_plantuml(g))
    yield "draw.io", lambda g: drawio(texts.as_drawio(g))
    yield "draw.io, compressed", lambda g: drawio(texts.as_drawio(g, packed=True))
    yield "draw.io, edges bound to nothing", lambda g: drawio(texts.as_drawio(g, loose=True))
    yield "draw.io in PNG", lambda g: _carried(source_in_png(texts.in_png(texts.as_drawio(g)), _LIMIT))
    yield "draw.io in SVG", lambda g: _carried(source_in_svg(texts.in_svg(texts.as_drawio(g)), _LIMIT))
    yield "Excalidraw", lambda g: read_drawing(parse_excalidraw(texts.as_excalidraw(g)))[0]
    yield (
        "Excalidraw, arrows bound to nothing",
        lambda g: read_drawing(parse_excalidraw(texts.as_excalidraw(g, loose=True)))[0],
    )
    if shutil.which("dot"):
        yield "SVG drawn by dot", lambda g: read_drawing(parse_svg(tools.dot_svg(texts.as_dot(g))))[0]
        yield (
            "SVG drawn by dot, geometry alone",
            lambda g: read_drawing(
                parse_svg(re.sub(r'<title>.*?</title>| class="\w+"| id="\w+"', "", tools.dot_svg(texts.as_dot(g))))
            )[0],
        )


def _carried(found: tuple[str, list[str]] | None) -> Diagram:
    assert found is not None
    return read_drawing(parse_drawio(found[1][0]))[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="gold/<id>.json")
    parser.add_argument("--mermaid", type=Path, help="folder with node_modules/mermaid and node_modules/jsdom")
    parser.add_argument("--dot", type=Path, help="folder of DOT files")
    parser.add_argument("--truth", action="store_true", help="write what the tools make of the samples beside them")
    parser.add_argument("--show", action="store_true", help="print what differs")
    given = parser.parse_args()
    read_gold = (json.loads(p.read_text("utf-8")) for p in sorted((given.folder / "gold").glob("*.json")))
    written: dict[str, Graph] = {g["id"]: g for g in read_gold}
    golds = [{**g, "groups": [{**h, "nodes": h["own"]} for h in texts.nested(g)]} for g in written.values()]
    print(f"{'source':<58}{'files':>6}" + "".join(f"{n:>12}" for n in _FORMATS) + f"{'exact':>8}{'ms':>8}")
    for name, read in gold_rows(golds):
        pairs = [(g["id"], g, lambda g=g, read=read: read(written[g["id"]])) for g in golds]
        compare(f"{name}: gold graphs", pairs, given.show)
    if given.dot:
        against_dot(given.dot, given.show)
    if shutil.which("plantuml"):
        against_plantuml()
    if given.truth:
        write_truth(given.mermaid)
    if given.mermaid:
        against_mermaid(golds, written, given.mermaid, given.show)


def against_dot(folder: Path, show: bool) -> None:
    """DOT files: what ``dot`` itself reads. Files of several graphs or refused by it are left out."""
    pairs = []
    for path in sorted(p for p in folder.rglob("*") if p.name.endswith((".gv", ".dot", ".gv.gz"))):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        graphs = tools.dot_graphs(data)
        if len(graphs) == 1:
            pairs.append((path.name, graphs[0], lambda data=data: parse_code("dot", decode(data))))
    compare("DOT files: dot's own parse", pairs, show)


def against_plantuml() -> None:
    """Our samples: the pairs of nodes that PlantUML joins."""
    right = given = wanted = 0
    for name in ("components", "states"):
        code = (SAMPLES / f"{name}.puml").read_text("utf-8")
        diagram = parse_code("plantuml", code)
        ours = Counter((min(e.source, e.target), max(e.source, e.target)) for e in diagram.edges)
        theirs = Counter(p for p in tools.plantuml_links(code) if p != ("Q", "art"))  # a hidden line
        right, given, wanted = right + (ours & theirs).total(), given + ours.total(), wanted + theirs.total()
    print(f"PlantUML samples: joined pairs, F1 {2 * right / (given + wanted):.4f} of {wanted}")


def write_truth(folder: Path) -> None:
    """``mermaid.json`` and ``plantuml.json`` of the samples: what the tests compare with."""
    found: dict[str, Any] = {}
    codes = {p.stem: p.read_text("utf-8") for p in sorted(SAMPLES.glob("*.mmd"))}
    for name, graph in tools.mermaid_graphs(codes, folder).items():
        nodes, _, edges, groups = sets(graph)
        lists = (sorted(nodes.elements()), sorted(map(list, edges.elements())), sorted(map(list, groups.elements())))
        found[name] = dict(zip(("nodes", "edges", "groups"), lists, strict=True))
    (SAMPLES / "mermaid.json").write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    links = {n: tools.plantuml_links((SAMPLES / f"{n}.puml").read_text("utf-8")) for n in ("components", "states")}
    (SAMPLES / "plantuml.json").write_text(json.dumps(links), "utf-8")


def against_mermaid(golds: list[Graph], written: dict[str, Graph], folder: Path, show: bool) -> None:
    """Our samples and the gold graphs: Mermaid's own parse, and the SVG that it draws."""
    samples = {p.stem: p.read_text("utf-8") for p in sorted(SAMPLES.glob("*.mmd"))}
    codes = {g["id"]: texts.as_mermaid(written[g["id"]]) for g in golds}
    parsed = tools.mermaid_graphs(samples | codes, folder)
    for name, chosen in (("samples of all kinds", samples), ("gold graphs", codes)):
        pairs = [
            (k, parsed[k], lambda code=code: parse_code("mermaid", code))
            for k, code in chosen.items()
            if "error" not in parsed[k]
        ]
        compare(f"Mermaid, {name}: its own parse", pairs, show)
    svgs = tools.mermaid_svgs(samples | codes, folder)
    for name, chosen in (("samples of all kinds", samples), ("gold graphs", codes)):
        pairs = [
            (k, parsed[k], lambda k=k: read_drawing(parse_svg(svgs[k]))[0])
            for k in chosen
            if k in svgs and "error" not in parsed[k]
        ]
        compare(f"SVG drawn by Mermaid, {name}: its own parse", pairs, show)


if __name__ == "__main__":
    main()
