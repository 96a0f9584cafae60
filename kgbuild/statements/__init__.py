"""Statements: drafted from relation mentions, gated by the ontologies, kept with evidence and reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kgbuild.config import Config
from kgbuild.entities.decisions import Decisions
from kgbuild.identity import open_relation_iri
from kgbuild.ontology_files import ontology_files
from kgbuild.sources.sniff import source_class
from kgbuild.statements.assemble import draft, source_links
from kgbuild.statements.axioms import Axioms
from kgbuild.statements.conform import Gate, Shapes, has_shapes, read_gate
from kgbuild.statements.correct import correct
from kgbuild.statements.deduce import deduce
from kgbuild.statements.gate import gate
from kgbuild.statements.infer import axioms_of
from kgbuild.statements.judge import shipped
from kgbuild.statements.ontology import Ontology, class_iri, datatypes, load_ontology
from kgbuild.statements.rules import Rule, read_rules, strata
from kgbuild.types import Entity, Extraction, Issue, Source, Statement
from kgbuild.vocab import CORE, SH

__all__ = ["Ontology", "assemble", "check_logic", "class_iri", "load_ontology", "source_links"]


def assemble(
    extractions: Sequence[Extraction],
    entities: Sequence[Entity],
    ontology: Ontology,
    *,
    config: Config,
    decisions: Decisions | None = None,
    sources: Sequence[Source] = (),
) -> tuple[list[Statement], tuple[Entity, ...], tuple[Issue, ...]]:
    """All statements, asserted, inferred and quarantined, in the order of their IRIs; the entities with the classes
    that the statements leave them; what shapes ask for that no fact is to blame for. ``sources``: those of which
    something may be said, as of a picture by its metadata.
    """
    settings = config["statements"]
    subjects = {r.subject for e in extractions for r in e.relations}
    said_of = [_thing(s) for s in sources if s.id in subjects]
    things = [*entities, *said_of]
    drafts = draft(extractions, things, config["graph"]["base"], datatypes(ontology))
    judge = shipped() if settings["judge"] else None
    drafts = judge(drafts, things) if judge else drafts
    drafts, entities = correct(drafts, things, ontology, base=config["graph"]["base"], decisions=decisions)
    open_under = open_relation_iri(config["graph"]["base"], "") if config["text"]["open_relations"] else ""
    made = gate(
        drafts, entities, ontology, min_confidence=settings["min_confidence"], decisions=decisions,
        open_under=open_under, judged=judge.properties if judge else (),
    )  # fmt: skip
    gates = read_gate(ontology_files(settings["ontologies"]), ontology)
    made, issues = _shaped(made, things=entities, ontology=ontology, shapes=gates, config=config, decisions=decisions)
    return sorted(made, key=lambda s: s.id), entities[: len(entities) - len(said_of)], issues


def _shaped(
    made: list[Statement], *, things: Sequence[Entity], ontology: Ontology, shapes: Shapes | None, config: Config,
    decisions: Decisions | None,
) -> tuple[list[Statement], tuple[Issue, ...]]:  # fmt: skip
    """The statements with what follows from them, without what shapes refuse and what rested on that."""
    settings, refused, accept = config["statements"], dict[str, str](), (decisions or Decisions()).accept
    rules, axioms = reasoning(config)
    while True:
        follow = deduce(
            made, things, ontology, axioms, rules, base=config["graph"]["base"],
            min_confidence=settings["min_confidence"], decisions=decisions, refused_ids=refused,
        ) if settings["infer"] or rules else []  # fmt: skip
        if shapes is None:
            return [*made, *follow], ()
        more, issues = Gate([*made, *follow], things, ontology, shapes, accept).refuse()
        if not more:
            return [*made, *follow], issues
        refused |= more
        made = [replace(s, status="quarantined", reason=refused[s.id]) if s.id in more else s for s in made]


def _thing(source: Source) -> Entity:
    """A source as a thing that a statement can be about."""
    return Entity(source.id, source.path, (), (CORE + source_class(source.media_type),), (source.id,))


def check_logic(config: Config) -> None:
    """Raises ``OntologyError`` for rules without an order or an end, and for shapes that are none."""
    files = ontology_files(config["statements"]["ontologies"])
    if config["statements"]["rules"] or any(q.predicate.value == SH + "rule" for f in files for q in f.quads()):
        reasoning(config)
    if has_shapes(files):
        read_gate(files, load_ontology(config["statements"]["ontologies"]))


def reasoning(config: Config) -> tuple[list[Rule], Axioms]:
    """The rules and axioms by which facts follow. Raises ``OntologyError`` for rules without an order or an end."""
    settings = config["statements"]
    axioms = axioms_of(ontology_files(settings["ontologies"]) if settings["infer"] else ())
    rules = read_rules(settings["rules"], ontology_files(settings["ontologies"]))
    strata(rules, axioms)
    return rules, axioms
