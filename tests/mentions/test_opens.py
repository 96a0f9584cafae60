"""From a parse to the graph: what the ends of open relations become, and what is no fact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from handparsed import KNOWN, Parsed, sentence

import kgbuild
from kgbuild.config import Config
from kgbuild.identity import open_relation_iri
from kgbuild.mentions import phrases
from kgbuild.mentions.annotate import Annotation, Span
from kgbuild.mentions.grammar import Phrase
from kgbuild.mentions.opens import OpenRelation, open_relations
from kgbuild.mentions.tree import Tree
from kgbuild.queries.graph import Graph
from kgbuild.statements.shapes import validate
from kgbuild.vocab import CORE, shown, words

TYPES = ["Person", "Place", "Time", "Thing"]
SYSTEM = """# System

* The **Client** posts a tweet to the **Web Server**, running as a reverse proxy.
* The **Web Server** cache does not store deleted tweets.
* The **Write API** calls the **Fan Out Service**, which does the following:
    * Queries the user graph.
* The vendor claims that the **Client** encrypts user passwords.
"""


def opened(texts: list[str], mentions: list[Span], clusters: list[list[int]], **options: object) -> list[OpenRelation]:
    parsed = [sentence(t) for t in texts]
    note = Annotation([w for w, _ in parsed], [], [], mentions, [0] * len(mentions), clusters, [])
    found = type("Found", (), {name: getattr(note, name) for name in ("sentences", "mentions", "clusters")})()
    found.parses = [p for _, p in parsed]
    return open_relations(found, TYPES, **options)  # type: ignore[arg-type]


ADA = "Ada/PROPN/2/nsubj lived/VERB/0/root in/ADP/4/case London/PROPN/2/obl ./PUNCT/2/punct"
SHE = "She/PRON/2/nsubj wrote/VERB/0/root letters/NOUN/2/obj in/ADP/5/case 1843/NUM/2/obl ./PUNCT/2/punct"


def test_pronouns_are_who_their_cluster_names() -> None:
    mentions = [Span(0, 0, 1, 0, 0.9), Span(0, 3, 4, 1, 0.9), Span(1, 0, 1, 0, 0.9), Span(1, 4, 5, 2, 0.9)]
    found = opened([ADA, SHE], mentions, [[0, 2], [1], [3]])
    assert [(o.subject.mention, o.relation, o.object.mention, o.object.label) for o in found] == [
        (0, "live in", 1, "Place"), (0, "write", -1, "Thing"), (0, "write in", 3, "Time"),
    ]  # fmt: skip
    alone = opened([ADA, SHE], mentions[:2], [[0], [1]])
    assert [o.relation for o in alone] == ["live in"]  # nobody knows who "she" is, and 1843 is no mention


def test_marked_terms_stand_for_the_noun_behind_them() -> None:
    text = "Nginx/PROPN/2/nsubj calls/VERB/0/root the/DET/6/det write/NOUN/5/compound API/NOUN/6/compound server/NOUN/2/obj"
    (plain,), (marked,) = opened([text], [], []), opened([text], [], [], marks={0: [(3, 5)]})
    assert (plain.object.start, plain.object.end, plain.object.nominal) == (3, 6, True)
    assert (marked.object.start, marked.object.end, marked.object.nominal) == (3, 5, False)


@pytest.mark.parametrize(("score", "kept"), [(0.9, "load balancers"), (0.4, "balancers")])
def test_parts_that_the_tree_hangs_elsewhere_belong_where_the_network_is_sure(score: float, kept: str) -> None:
    words, parse = sentence(
        "Clients/NOUN/2/nsubj need/VERB/0/root the/DET/4/det load/NOUN/2/compound balancers/NOUN/2/obj"
    )
    note = Annotation([words], [], [], [], [], [], [], parses=[parse], phrases=[Phrase(0, 4, 2, 5, 0, 1, score)])
    (found,) = open_relations(note, TYPES)
    assert " ".join(words[found.object.start : found.object.end]) == kept


def test_a_wider_phrase_takes_no_verb_and_no_article() -> None:
    words, parse = sentence("Clients/NOUN/2/nsubj read/VERB/0/root a/DET/5/det big/ADJ/2/amod cache/NOUN/2/obj")
    tree = Tree(words, parse)
    narrow = phrases.phrase(tree, 4)
    assert [phrases.widened(tree, narrow, at).start for at in (0, 3, 4)] == [3, 3, 4]


def test_nothing_is_found_without_a_parse() -> None:
    note = Annotation([["Ada", "lived", "."]], [], [], [], [], [], [])
    assert open_relations(note, TYPES) == []


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, out = tmp_path_factory.mktemp("corpus"), tmp_path_factory.mktemp("out") / "graph"
    (folder / "system.md").write_text(SYSTEM, "utf-8")
    (folder / "other.md").write_text(
        "The **Client** is here. The web server is old. Nobody reads the user graph.", "utf-8"
    )
    settings = {"mentions.extractors": ["handparsed:Parsed", "marks"], "run.workers": 1}
    kgbuild.build(folder, out=out, config=Config.load(overrides=settings))
    return out


@pytest.fixture(scope="module")
def opened_graph(built: Path) -> Iterator[Graph]:
    with kgbuild.open(built) as graph:
        yield graph


def triples(graph: Graph) -> set[tuple[str, str, str]]:
    rows = graph.sparql(
        "SELECT ?a ?p ?b { ?r rdfs:subPropertyOf core:openRelation ; rdfs:label ?p . ?s ?r ?o . "
        "?s rdfs:label ?a . ?o rdfs:label ?b }"
    )
    return {(r["a"], r["p"], r["b"]) for r in rows}


def test_facts_stand_in_the_graph_with_their_words(opened_graph: Graph) -> None:
    assert triples(opened_graph) == {
        ("Client", "post", "tweet"), ("Client", "post to", "Web Server"), ("Web Server", "run as", "reverse proxy"),
        ("Write API", "call", "Fan Out Service"), ("Fan Out Service", "query", "user graph"),
    }  # fmt: skip


def test_what_is_denied_or_said_is_no_fact_but_kept_with_its_evidence(opened_graph: Graph) -> None:
    rows = list(
        opened_graph.sparql(
            "SELECT ?s ?reason ?p ?status { ?s a core:QuarantinedStatement ; core:reason ?reason ; rdf:predicate ?r ; "
            "core:status ?status . ?r rdfs:label ?p }"
        )
    )
    assert {(r["p"], r["status"]) for r in rows} == {("store", "negated"), ("encrypt", "reported")}
    said = next(r for r in rows if r["status"] == "reported")
    assert said["reason"] == "reported: it is said by vendor"
    why = opened_graph.why(said["s"])
    assert why.text == "Client encrypt user passwords" and "said by vendor" in why.reason
    assert opened_graph.why(why.evidence[0].id).reason == "reported"
    assert why.evidence[0].marked == "The vendor claims that the Client encrypts user passwords."
    for predicate in ("store", "encrypt"):
        iri = open_relation_iri("https://example.org/kg/", predicate)
        assert not opened_graph.sparql(f"ASK {{ ?a <{iri}> ?b }}")


def test_the_graph_conforms_and_edges_carry_the_words(built: Path, opened_graph: Graph) -> None:
    assert validate(built / "current" / "graph.nq" if (built / "current").exists() else built / "graph.nq") == []
    labels = {d["label"] for *_, d in opened_graph.to_networkx().edges(data=True)}
    assert {"post to", "run as"} <= labels


def test_open_relations_can_be_left_out(config: Config) -> None:
    without = Config.load(overrides={"text.open_relations": False})
    from test_text import reading

    given = reading(" ".join(next(iter(KNOWN))).replace(" .", ".").replace(" ,", ","))
    (kept,), (left,) = Parsed(config)([given]), Parsed(without)([given])
    assert {r.phrase for r in kept.relations} >= {"post to", "run as"}
    assert not any(r.phrase for r in left.relations) and not any(m.agent.startswith("open/") for m in left.mentions)


def test_iris_of_open_relations_can_be_read_back() -> None:
    for phrase in ("post to", "co-found", "naïve be", "be 100 % of"):
        iri = open_relation_iri("https://x.org/kg/", phrase)
        assert words(iri) == shown(phrase) and " " not in iri
    assert words(CORE + "connectsTo") == "connects to"
