"""The classes of the ontologies as models are asked for them: names, descriptions, and which can be seen."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from kgbuild.config import Config
from kgbuild.errors import ConfigError
from kgbuild.identity import normalise
from kgbuild.ontology_files import OntologyFile, built_in, ontology_files
from kgbuild.vocab import CORE, GENERAL, TYPE, words

VISUAL = CORE + "visual"
_RDFS, _SKOS = "http://www.w3.org/2000/01/rdf-schema#", "http://www.w3.org/2004/02/skos/core#"
_CLASSES = frozenset(("http://www.w3.org/2002/07/owl#Class", _RDFS + "Class"))
_NO_KINDS = frozenset(GENERAL + name for name in ("Thing", "Time", "Quantity", "Language"))


@dataclass(frozen=True, slots=True)
class NamedClass:
    """A class of a loaded ontology. ``mentioned``: what ``Mention.label`` says; ``visual``: a photo can show it.

    ``words``: names of kinds of it (``skos:hiddenLabel``: "car" of a vehicle), which detectors know or are asked for.
    """

    iri: str
    label: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    visual: bool = False
    words: tuple[str, ...] = ()

    @property
    def mentioned(self) -> str:
        return self.iri.removeprefix(GENERAL)


def classes(config: Config) -> tuple[NamedClass, ...]:
    """The classes of ``statements.ontologies`` that things can be of, in the order of their IRIs; none of ``core``.

    Visual are those that say ``core:visual true``; of a user's ontology that says it of no class, all. Raises
    ``OntologyError``.
    """
    return _classes(ontology_files(config["statements"]["ontologies"]))


@lru_cache(4)
def _classes(files: tuple[OntologyFile, ...]) -> tuple[NamedClass, ...]:
    found: dict[str, NamedClass] = {}
    for file in files:
        own = [c for c in _of(file) if not c.iri.startswith(CORE) and c.iri not in _NO_KINDS]
        silent = file.name not in built_in() and not any(c.visual for c in own)
        for c in own:
            found[c.iri] = NamedClass(c.iri, c.label, c.description, c.aliases, silent or c.visual, c.words)
    return tuple(found[iri] for iri in sorted(found))


def visual_classes(config: Config) -> tuple[NamedClass, ...]:
    """The classes that models look for in pictures: the visual ones, and those that ``photos.classes`` names.

    Raises ``ConfigError`` for a name that is no class of the loaded ontologies, ``OntologyError``.
    """
    known = classes(config)
    named = {n: c for c in known for n in (c.iri, *map(normalise, (c.label, *c.aliases, words(c.iri))))}
    chosen = {c.iri for c in known if c.visual}
    for name in config["photos"]["classes"]:
        one = named.get(name) or named.get(normalise(name))
        if one is None:
            near = difflib.get_close_matches(normalise(name), named, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ConfigError(
                f"photos.classes: no class of statements.ontologies is called {name!r}.{hint} Name one that is there."
            )
        chosen.add(one.iri)
    return tuple(c for c in known if c.iri in chosen)


def by_word(classes: Iterable[NamedClass]) -> dict[str, NamedClass]:
    """The classes under their labels, other names and words, normalised; of two with one name the first by IRI."""
    found: dict[str, NamedClass] = {}
    for names in (lambda c: (c.label,), lambda c: c.aliases, lambda c: c.words):
        for c in classes:
            for name in names(c):
                found.setdefault(normalise(name), c)
    return found


def _of(file: OntologyFile) -> Iterable[NamedClass]:
    said: dict[str, dict[str, list[tuple[bool, str]]]] = {}
    kinds: set[str] = set()
    for quad in file.quads():
        subject, predicate, value = str(getattr(quad.subject, "value", "")), quad.predicate.value, quad.object
        if predicate == TYPE and getattr(value, "value", "") in _CLASSES and "://" in subject:
            kinds.add(subject)
        elif hasattr(value, "datatype"):
            other = not (value.language or "en").startswith("en")
            said.setdefault(subject, {}).setdefault(predicate, []).append((other, value.value))

    def texts(iri: str, *predicates: str) -> list[str]:
        """English ones or those without a language, others only where there are none."""
        given = [text for p in predicates for text in sorted(said.get(iri, {}).get(p, []))]
        return [text for other, text in given if other == min(given)[0]]

    for iri in sorted(kinds):
        label = next(iter(texts(iri, _RDFS + "label", _SKOS + "prefLabel")), words(iri))
        description = next(iter(texts(iri, _SKOS + "definition", _RDFS + "comment")), "")
        visual = texts(iri, VISUAL)[:1] == ["true"]
        yield NamedClass(
            iri, label, description, tuple(texts(iri, _SKOS + "altLabel")), visual,
            tuple(texts(iri, _SKOS + "hiddenLabel")),
        )  # fmt: skip
