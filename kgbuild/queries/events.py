"""What happens in a video, in words: a scene, what appears in it, what moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgbuild.queries.places import Annotation, Provenance, read_place
from kgbuild.vocab import CORE, DCTERMS, LABEL, OA, PROV, TYPE

KINDS = ("BuildUp", "Scene", "Shot", "Appearance", "Movement", "Action")
PART_OF, SHOWS, RESUMES, TITLE = DCTERMS + "isPartOf", CORE + "shows", CORE + "resumes", DCTERMS + "title"
Properties = Mapping[str, Sequence[str]]


def kind_of(found: Properties) -> str:
    """Which of ``KINDS`` a node with these properties is, "" if none."""
    classes = {t.removeprefix(CORE) for t in found.get(TYPE, ())}
    return next((k for k in KINDS if k in classes), "")


def named(provenance: Provenance, iri: str) -> str:
    """An event in a few words: "NIRSpec appears", "scene “Four instruments”"."""
    found = provenance.properties(iri)
    kind, title = kind_of(found), next(iter(found.get(TITLE, ())), "")
    shown = " and ".join(provenance.value(thing, LABEL) or thing for thing in found.get(SHOWS, ())) or title
    if kind in ("Appearance", "Movement"):
        return f"{shown or 'something'} {'appears' if kind == 'Appearance' else 'moves'}"
    called = f" “{title}”" if title else ""
    return f"{'scene' if kind == 'BuildUp' else kind.lower()}{called}{' builds up' if kind == 'BuildUp' else ''}"


def seen(provenance: Provenance, iri: str) -> list[Annotation]:
    """Where it is seen: its time and, of what appears or moves, its box; of a movement the place it begins at first."""
    found = provenance.properties(iri)
    score = float(next(iter(found.get(CORE + "confidence", ())), 0))
    made = provenance.properties(next(iter(found.get(PROV + "wasGeneratedBy", ())), ""))
    agent = next(iter(made.get(PROV + "wasAssociatedWith", ())), "")
    into = found.get(CORE + "movesTo", ())
    places = sorted(found.get(OA + "hasTarget", ()), key=lambda place: (place in into, place))
    what = named(provenance, iri)
    return [Annotation(iri, "Event", what, "frame", read_place(place), score, agent) for place in places]
