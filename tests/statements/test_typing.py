"""Open relations get properties of a user's own ontology where words, domain and range fit, and only there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import kgbuild
from kgbuild.config import Config
from kgbuild.embeddings import embed_relations
from kgbuild.embeddings.relation import RelationEncoder
from kgbuild.identity import open_relation_iri
from kgbuild.pipeline import build
from kgbuild.statements import load_ontology
from kgbuild.statements.assemble import draft
from kgbuild.statements.gate import gate
from kgbuild.statements.typing import AGENT, Forms, PropertyTable, Typer, base_form, candidates
from kgbuild.types import Entity, Extraction, Mention, RelationMention, Target, TextPosition
from kgbuild.vocab import CORE, GENERAL

MINE = "https://example.org/zoo#"
TURTLE = """
@prefix : <https://example.org/zoo#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix gen: <https://w3id.org/kgbuild/general#> .
:employs a owl:ObjectProperty ; rdfs:label "employs"@en, "beschäftigt"@de ;
    rdfs:comment "The organisation gives the person paid work."@en ; skos:altLabel "has employee", "hired" ;
    rdfs:domain gen:Organisation ; rdfs:range gen:Person .
:flowsThrough a owl:ObjectProperty ; rdfs:label "flows through" ;
    rdfs:comment "The river or stream passes through the town or country." ; skos:altLabel "runs through" ;
    rdfs:domain gen:Place ; rdfs:range gen:Place .
"""
# Sentence, subject and its class, object and its class, open predicate, and what it means.
SENTENCES = [
    ("Bluewater Labs hired Rosa Lind in spring.", "Bluewater Labs", "Organisation", "Rosa Lind", "Person", "hire", "employs"),
    ("The Isar flows through Munich.", "Isar", "Place", "Munich", "Place", "flow through", "flowsThrough"),
    ("The Isar hired Munich.", "Isar", "Place", "Munich", "Place", "hire", ""),
    ("Rosa Lind flows through Tom Reed.", "Rosa Lind", "Person", "Tom Reed", "Person", "flow through", ""),
    ("Bluewater Labs has employees like Rosa Lind.", "Bluewater Labs", "Organisation", "Rosa Lind", "Person", "have employee", "employs"),
    ("Bluewater Labs sued Rosa Lind over a patent.", "Bluewater Labs", "Organisation", "Rosa Lind", "Person", "sue", ""),
    ("The Isar is colder than the Po.", "Isar", "Place", "Po", "Place", "be colder than", ""),
]  # fmt: skip


def extraction(
    text: str, subject: str, kind: str, object: str, other: str, phrase: str, base: str
) -> tuple[Extraction, list[Entity]]:
    """One sentence with its two mentions and the open relation between them."""
    mentions, entities = [], []
    for n, (name, label) in enumerate(((subject, kind), (object, other))):
        start = text.index(name)
        target = Target("s", (TextPosition(start, start + len(name)),))
        mentions.append(Mention(f"s#m{n}", target, name, label, 0.9, "t/1", context=text))
        entities.append(Entity(f"e{n}", name, (), (label,), (f"s#m{n}",)))
    whole = Target("s", (TextPosition(0, len(text)),))
    predicate = open_relation_iri(base, phrase)
    relation = RelationMention("s#r", "s#m0", predicate, "s#m1", whole, 0.95, "t/1", text, phrase=phrase)
    return Extraction("s", tuple(mentions), (relation,)), entities


@pytest.fixture(scope="module")
def encoder(config: Config) -> RelationEncoder:
    return RelationEncoder(config)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ontology") / "zoo.ttl"
    path.write_text(TURTLE, "utf-8")
    return path


@pytest.fixture(scope="module")
def table(mine: Path, encoder: RelationEncoder) -> PropertyTable:
    ontology = load_ontology([str(mine)])
    known = candidates(ontology)
    assert [p.iri for p in known] == [MINE + "employs", MINE + "flowsThrough"]
    assert (known[0].label, known[0].aliases) == ("employs", ("has employee", "hired"))
    matrix = encoder.properties([(p.label, p.description, p.aliases) for p in known])
    return PropertyTable(tuple(p.iri for p in known), matrix, encoder.facts["calibration"])


@pytest.mark.parametrize("case", SENTENCES, ids=[c[0] for c in SENTENCES])
def test_a_users_ontology_types_open_relations(
    case, encoder: RelationEncoder, mine: Path, table: PropertyTable, config: Config
) -> None:
    *given, wanted = case
    found, entities = extraction(*given, config["graph"]["base"])
    typer = Typer(
        table, entities, load_ontology(["general", str(mine)]), threshold=config["statements"]["typing_threshold"]
    )
    made = typer(found, embed_relations(found, encoder, config))
    assert made.relations[0] == found.relations[0]  # the open relation stays
    typed = made.relations[1:]
    if not wanted:
        assert not typed
        return
    (r,) = typed
    assert (r.predicate, r.subject, r.object) == (MINE + wanted, "s#m0", "s#m1")
    assert (r.target, r.surface, r.agent) == (found.relations[0].target, found.relations[0].surface, AGENT)
    assert config["statements"]["typing_threshold"] * 0.95 <= r.score <= 0.95


GENERAL_SENTENCES = [
    # Words that name the property; likeness alone, which is not enough; a verb that says nothing; father or mother.
    ("Nova Works produces the Comet.", "Nova Works", "Organisation", "Comet", "Product", "produce", "productOrMaterialProduced"),
    ("Tom Reed is a trustee of Nova Works.", "Tom Reed", "Person", "Nova Works", "Organisation", "be trustee of", ""),
    ("Nova Works makes a Decision.", "Nova Works", "Organisation", "Decision", "Concept", "make", ""),
    ("Tom Reed is the son of Rosa Lind.", "Tom Reed", "Person", "Rosa Lind", "Person", "be son of", ""),
]  # fmt: skip


@pytest.mark.parametrize("case", GENERAL_SENTENCES, ids=[c[0] for c in GENERAL_SENTENCES])
def test_what_text_is_read_for_anyway_is_typed_only_where_words_name_it(
    case, encoder: RelationEncoder, config: Config
) -> None:
    *given, wanted = case
    ontology = load_ontology(["general"])
    known = candidates(ontology)
    matrix = encoder.properties([(p.label, p.description, p.aliases) for p in known])
    table = PropertyTable(tuple(p.iri for p in known), matrix, encoder.facts["calibration"])
    found, entities = extraction(*given, config["graph"]["base"])
    typer = Typer(table, entities, ontology, threshold=config["statements"]["typing_threshold"])
    typed = typer(found, embed_relations(found, encoder, config)).relations[1:]
    assert [r.predicate for r in typed] == [GENERAL + wanted] * bool(wanted)


def test_labels_and_sentences_name_a_property_alike() -> None:
    assert base_form("hosted on") == base_form("be hosted on") == base_form("is hosted on")
    assert base_form("part of") == base_form("is part of") != base_form("has part of")


def test_a_denied_relation_does_not_become_a_fact(
    encoder: RelationEncoder, mine: Path, table: PropertyTable, config: Config
) -> None:
    *given, _ = SENTENCES[1]
    found, entities = extraction(*given, config["graph"]["base"])
    denied = replace(found.relations[0], status="negated", note="it is denied")
    found = replace(found, relations=(denied,))
    ontology = load_ontology(["general", str(mine)])
    typed = Typer(table, entities, ontology, threshold=0.0)(found, embed_relations(found, encoder, config))
    assert typed.relations[1].predicate.startswith(MINE) and not typed.relations[1].phrase
    statements = gate(draft([typed], entities, config["graph"]["base"]), entities, ontology, min_confidence=0.0)
    assert len(statements) == 2 and {s.status for s in statements} == {"quarantined"}


def test_a_relation_is_read_backward_where_only_that_fits(
    encoder: RelationEncoder, mine: Path, table: PropertyTable, config: Config
) -> None:
    """Who works for somebody is employed by them: the other way round than the property says."""
    given = (
        "Tom Reed works for Northwind Traders.",
        "Tom Reed",
        "Person",
        "Northwind Traders",
        "Organisation",
        "work for",
    )
    found, entities = extraction(*given, config["graph"]["base"])
    vectors, ontology = embed_relations(found, encoder, config), load_ontology(["general", str(mine)])
    made = {t: Typer(table, entities, ontology, threshold=t)(found, vectors).relations[1:] for t in (0.5, 1.1)}
    (r,) = made[0.5]
    assert (r.predicate, r.subject, r.object) == (MINE + "employs", "s#m1", "s#m0")
    assert not made[1.1]


def test_kgbuilds_own_properties_are_no_candidates() -> None:
    known = candidates(load_ontology(["general"]))
    assert known and all(p.iri.startswith(GENERAL) for p in known)
    assert all(p.description for p in known if not p.iri.startswith(CORE))


EXTRACTOR = '''
from kgbuild.identity import mention_iri, open_relation_iri, relation_iri
from kgbuild.types import Extraction, Mention, RelationMention, Target, TextPosition

class Words:
    """Reads "Subject/Class verb Object/Class" lines: enough of an extractor to make open relations."""

    def __init__(self, config):
        self.base = config["graph"]["base"]

    def __call__(self, readings):
        return [self.read(r) for r in readings]

    def read(self, reading):
        mentions, relations = [], []
        at = 0
        for line in reading.text.splitlines(keepends=True):
            row = line.strip().split(" | ")
            if len(row) == 5:
                made = []
                for name, kind in ((row[0], row[1]), (row[3], row[4])):
                    start = at + line.index(name)
                    place = Target(reading.source.id, (TextPosition(start, start + len(name)),))
                    made.append(Mention(mention_iri(place, name, kind, "w/1"), place, name, kind, 0.95, "w/1", context=line.strip()))
                place = Target(reading.source.id, (TextPosition(at, at + len(line.rstrip())),))
                predicate = open_relation_iri(self.base, row[2])
                iri = relation_iri(made[0].id, predicate, made[1].id, place, "w/1")
                mentions += made
                relations.append(RelationMention(iri, made[0].id, predicate, made[1].id, place, 1.0, "w/1", line.rstrip(), phrase=row[2]))
            at += len(line)
        return Extraction(reading.source.id, tuple(mentions), tuple(relations))
'''


def test_a_build_types_open_relations_of_any_extractor(
    tmp_path: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_words.py").write_text(EXTRACTOR, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text("Bluewater Labs | Organisation | hired | Rosa Lind | Person\n", "utf-8")
    (corpus / "b.txt").write_text("Isar | Place | flows through | Munich | Place\n", "utf-8")
    overrides = {
        "mentions.extractors": ["own_words:Words"],
        "statements.ontologies": ["core", str(mine)],
        "statements.min_confidence": 0.5,
    }
    out = tmp_path / "out"
    build(corpus, out=out, config=Config.load(overrides=overrides))
    with kgbuild.open(out) as graph:
        rows = graph.sparql(
            f"SELECT ?a ?p ?b {{ GRAPH ?g {{ ?s ?p ?o }} ?s rdfs:label ?a . ?o rdfs:label ?b FILTER(STRSTARTS(STR(?p), '{MINE}')) }}"
        )
        found = {(r["a"], re.sub(".*#", "", r["p"]), r["b"]) for r in rows}
    assert ("Isar", "flowsThrough", "Munich") in found
    assert ("Bluewater Labs", "employs", "Rosa Lind") in found


def test_base_forms_known_already_are_not_looked_up() -> None:
    first = Forms()
    assert first("is hosted on") == base_form("is hosted on") and first.new == {"is hosted on": "host on"}
    later = Forms({"is hosted on": "of an earlier build"}, {"reads": "of a source"})
    assert [later(words) for words in ("is hosted on", "reads", "reads from")] == [
        "of an earlier build", "of a source", "read from",
    ]  # fmt: skip
    assert later.new == {"reads from": "read from"}
