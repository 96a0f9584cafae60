"""Statements: drafted from relation mentions, gated by the ontologies, kept with evidence and reason."""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.entities.decisions import Decisions
from kgbuild.identity import open_relation_iri
from kgbuild.statements.assemble import draft, source_links
from kgbuild.statements.gate import gate
from kgbuild.statements.ontology import Ontology, class_iri, load_ontology
from kgbuild.types import Entity, Extraction, Statement

__all__ = ["Ontology", "assemble", "class_iri", "load_ontology", "source_links"]


def assemble(
    extractions: Sequence[Extraction],
    entities: Sequence[Entity],
    ontology: Ontology,
    *,
    config: Config,
    decisions: Decisions | None = None,
) -> list[Statement]:
    """All statements, asserted and quarantined, in the order of their IRIs."""
    drafts = draft(extractions, entities, config["graph"]["base"])
    open_under = open_relation_iri(config["graph"]["base"], "") if config["text"]["open_relations"] else ""
    return gate(
        drafts, entities, ontology, min_confidence=config["statements"]["min_confidence"], decisions=decisions,
        open_under=open_under,
    )  # fmt: skip
