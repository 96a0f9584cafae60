"""Labels of every evil kind through every format, each read by a library that did not write it: the same labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import networkx as nx
import pytest
import rig
from pyarrow import parquet
from rdflib import Dataset
from rdflib.namespace import RDFS

import kgbuild
from kgbuild.config import Config
from kgbuild.entities.keys import shown
from kgbuild.queries.exports import export

NAMES = (
    'A "quote" b', "<b>bold</b>", "back\\slash \\n", "x> <http://evil/p> \"o\" .", '"""', "DROP ALL; --",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "{{7*7}} ${jndi:ldap://x}",
    "=1+1 cmd", "../../etc/passwd", "a" * 9000, "\u202eright to left", "\U0001f469\u200d\U0001f680 crew",
    "SERVICE <http://x/> {}", "]]> & &amp; &#0;", "'; -- x", "@prefix x: <y> .", "_:blank",
)  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evil")
    (folder / "corpus").mkdir()
    with (folder / "corpus" / "evil.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("name", "port"), *((name, n) for n, name in enumerate(NAMES))])
    (folder / "lean.toml").write_text(rig.CONFIG, "utf-8")
    settings = {"mentions.extractors": ["records"], "run.workers": 1}
    kgbuild.build(folder / "corpus", out=folder / "out", config=Config.load(folder / "lean.toml", overrides=settings))
    return folder / "out"


def rdf(format: str) -> Callable[[Path], set[str]]:
    def labels(path: Path) -> set[str]:
        data = Dataset(default_union=True)
        data.parse(path, format=format)
        return {str(o) for o in data.objects(None, RDFS.label)}

    return labels


def graphml(path: Path) -> set[str]:
    return {label for _, label in nx.read_graphml(path, force_multigraph=True).nodes(data="label")}


def node_link(path: Path) -> set[str]:
    data = json.loads(path.read_text("utf-8"))
    return {label for _, label in nx.node_link_graph(data, edges="edges").nodes(data="label")}


def neo4j(path: Path) -> set[str]:
    with (path / "nodes.csv").open(encoding="utf-8", newline="") as file:
        return {row["label"].removeprefix("'") for row in csv.DictReader(file)}


FORMATS = {
    "nquads": rdf("nquads"), "trig": rdf("trig"), "turtle": rdf("turtle"), "jsonld": rdf("json-ld"),
    "graphml": graphml, "node-link": node_link, "neo4j": neo4j,
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
@pytest.mark.parametrize("format", FORMATS)
def test_every_label_comes_back(out: Path, tmp_path: Path, format: str) -> None:
    wanted = set(parquet.read_table(out / "entities.parquet")["label"].to_pylist())
    assert len(wanted & set(map(shown, NAMES))) >= 8  # of others the marks that are no part of a name are gone
    found = FORMATS[format](export(out, format, tmp_path / "made"))
    lost = {w for w in wanted - found if w.removeprefix("'") not in found}
    assert not lost


def test_no_label_is_an_element_of_the_report(out: Path) -> None:
    seen: list[str] = []

    class Page(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append(tag)
            assert not [name for name, _ in attrs if name.startswith("on")]

    text = (out / "report.html").read_text("utf-8")
    Page().feed(text)
    assert len(seen) > 50 and not {"script", "img", "iframe"} & set(seen)
