"""Statements: drafted from relation mentions, gated by the ontologies, kept with evidence and reason."""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.entities.decisions import Decisions
from kgbuild.identity import open_relation_iri
from kgbuild.ontology_files import ontology_files
from kgbuild.sources.sniff import source_class
from kgbuild.statements.assemble import draft, source_links
from kgbuild.statements.axioms import Axioms
from kgbuild.statements.correct import correct
from kgbuild.statements.deduce import deduce
from kgbuild.statements.gate import gate
from kgbuild.statements.infer import axioms_of
from kgbuild.statements.ontology import Ontology, class_iri, load_ontology
from kgbuild.statements.rules import Rule, read_rules, strata
from kgbuild.types import Entity, Extraction, Source, Statement
from kgbuild.vocab import CORE

__all__ = ["Ontology", "assemble", "class_iri", "load_ontology", "reasoning", "source_links"]


def assemble(
    extractions: Sequence[Extraction],
    entities: Sequence[Entity],
    ontology: Ontology,
    *,
    config: Config,
    decisions: Decisions | None = None,
    sources: Sequence[Source] = (),
) -> tuple[list[Statement], tuple[Entity, ...]]:
    """All statements, asserted, inferred and quarantined, in the order of their IRIs; the entities with the classes
    that the statements leave them. ``sources``: those of which something may be said, as of a picture by its metadata.
    """
    settings = config["statements"]
    subjects = {r.subject for e in extractions for r in e.relations}
    said_of = [_thing(s) for s in sources if s.id in subjects]
    drafts = draft(extractions, [*entities, *said_of], config["graph"]["base"])
    drafts, entities = correct(
        drafts, [*entities, *said_of], ontology, base=config["graph"]["base"], decisions=decisions
    )
    open_under = open_relation_iri(config["graph"]["base"], "") if config["text"]["open_relations"] else ""
    made = gate(
        drafts, entities, ontology, min_confidence=settings["min_confidence"], decisions=decisions,
        open_under=open_under,
    )  # fmt: skip
    if not settings["infer"] and not settings["rules"]:
        return made, entities[: len(entities) - len(said_of)]
    rules, axioms = reasoning(config)
    follow = deduce(
        made, entities, ontology, axioms, rules, base=config["graph"]["base"],
        min_confidence=settings["min_confidence"], decisions=decisions,
    )  # fmt: skip
    return sorted([*made, *follow], key=lambda s: s.id), entities[: len(entities) - len(said_of)]


def _thing(source: Source) -> Entity:
    """A source as a thing that a statement can be about."""
    return Entity(source.id, source.path, (), (CORE + source_class(source.media_type),), (source.id,))


def reasoning(config: Config) -> tuple[list[Rule], Axioms]:
    """The rules and axioms by which facts follow. Raises ``OntologyError`` for rules without an order or an end."""
    settings = config["statements"]
    axioms = axioms_of(ontology_files(settings["ontologies"]) if settings["infer"] else ())
    rules = read_rules(settings["rules"])
    strata(rules, axioms)
    return rules, axioms
