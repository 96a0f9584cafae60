"""The domain packs that ship type what their texts and drawings say."""

from __future__ import annotations

import pytest

from kgbuild.config import Config
from kgbuild.embeddings import embed_relations
from kgbuild.embeddings.relation import RelationEncoder
from kgbuild.identity import open_relation_iri
from kgbuild.statements import load_ontology
from kgbuild.statements.typing import PropertyTable, Typer, candidates
from kgbuild.types import Entity, Extraction, Mention, RelationMention, Target, TextPosition

# Pack, subject, words, object, class of both, property meant; no sentence around them, as in a drawing.
SAID = [
    ("software", "Web Server", "reads from", "Memory Cache", "Product", "readsFrom"),
    ("software", "Client", "write to", "Write API", "Product", "writesTo"),
    ("software", "Timeline Service", "runs on", "Node 7", "Product", "runsOn"),
    ("software", "API Gateway", "routes", "User Service", "Product", "routesTo"),
    ("software", "Billing", "depends on", "Ledger", "Product", "dependsOn"),
    ("software", "Dog", "extends", "Animal", "Product", "extends"),
    ("support", "Error 502", "caused by", "expired certificate", "Concept", "causedBy"),
    ("radiology", "opacity", "consistent with", "pneumonia", "Concept", "suggests"),
]


@pytest.fixture(scope="module")
def encoder(config: Config) -> RelationEncoder:
    return RelationEncoder(config)


@pytest.mark.parametrize("pack", sorted({c[0] for c in SAID}))
def test_a_pack_types_the_words_of_its_field(pack: str, encoder: RelationEncoder, config: Config) -> None:
    ontology, base = load_ontology([pack]), config["graph"]["base"]
    known = candidates(ontology)
    matrix = encoder.properties([(p.label, p.description, p.aliases) for p in known])
    table = PropertyTable(tuple(p.iri for p in known), matrix, encoder.facts["calibration"])
    for _, subject, words, object, kind, wanted in (c for c in SAID if c[0] == pack):
        text = f"{subject} {words} {object}"
        mentions, entities = [], []
        for n, (name, start) in enumerate(((subject, 0), (object, len(text) - len(object)))):
            target = Target("s", (TextPosition(start, start + len(name)),))
            mentions.append(Mention(f"s#m{n}", target, name, kind, 0.9, "t/1"))
            entities.append(Entity(f"e{n}", name, (), (kind,), (f"s#m{n}",)))
        whole = Target("s", (TextPosition(0, len(text)),))
        r = RelationMention(
            "s#r", "s#m0", open_relation_iri(base, words), "s#m1", whole, 0.9, "t/1", text, phrase=words
        )
        found = Extraction("s", tuple(mentions), (r,))
        typed = Typer(table, entities, ontology, threshold=0.5)(found, embed_relations(found, encoder, config))
        made = [(t.predicate.partition("#")[2], t.subject) for t in typed.relations[1:]]
        assert made == [(wanted, "s#m0")], text
