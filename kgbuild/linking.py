"""Entities linked to the references that the configuration names: what the stage needs from the workspace."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from kgbuild.entities import Decisions
from kgbuild.entities.link import Linking, link
from kgbuild.entities.references import References, read_references
from kgbuild.errors import ConfigError
from kgbuild.identity import normalise
from kgbuild.stages import Job, text_vectors
from kgbuild.statements import load_ontology
from kgbuild.statements.ontology import THING
from kgbuild.types import Entity, Mention
from kgbuild.vocab import GENERAL


def link_entities(job: Job, entities: Sequence[Entity], mentions: Sequence[Mention], decisions: Decisions) -> Linking:
    """The entities with the items that they are; vectors of texts come from the cache where they are there."""
    references, base = _references(job), job.config["graph"]["base"]
    linking = link(
        entities, mentions, references, encode=lambda texts: text_vectors(job, texts),
        classes=known_classes() if references.items else {}, decisions=decisions,
        min_score=job.config["align"]["link_min_score"], base=base,
    )  # fmt: skip
    return replace(linking, issues=(*references.issues, *linking.issues))


def check_references(job: Job) -> tuple[str, ...]:
    """Digests of the reference files, each read and found to be whole. Raises ``ConfigError`` as their reader does."""
    _references(job)
    return _digests(job)


def known_classes() -> dict[str, str]:
    """What types of references mean: the general ontology's classes by IRI (also those it names as equal) and name.

    Each stands for the highest class below ``Thing``, which is what extractors give to mentions.
    """
    general, found = load_ontology(["general"]), dict[str, str]()
    for c, about in sorted(general.classes.items()):
        above = [a for a in general.above(c) if a.startswith(GENERAL) and a != THING]
        top = min(above, key=lambda a: (len(general.above(a)), a), default=c).removeprefix(GENERAL)
        for name in (c, *sorted(about.same), normalise(about.label), *map(normalise, about.aliases)):
            found.setdefault(name, top)
    return found


def _references(job: Job) -> References:
    return _read(tuple(job.config["align"]["references"]), _digests(job), job.config["graph"]["base"])


@lru_cache(1)
def _read(paths: tuple[str, ...], digests: tuple[str, ...], base: str) -> References:
    """Read once in a build, however often it is asked for; ``digests`` tell changed files apart."""
    return read_references(paths, base)


def _digests(job: Job) -> tuple[str, ...]:
    found = []
    for path in job.config["align"]["references"]:
        try:
            with Path(path).open("rb") as file:
                found.append(hashlib.file_digest(file, "sha256").hexdigest())
        except OSError as err:
            raise ConfigError(f"align.references: {path}: cannot be read: {err.strerror}.") from err
    return tuple(found)
