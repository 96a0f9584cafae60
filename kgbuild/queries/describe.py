"""A short text about a thing or a picture, made of facts: each clause with the places that say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgbuild.errors import QueryError
from kgbuild.identity import normalise
from kgbuild.queries.ask.facts import Fact, Facts, Origin
from kgbuild.queries.ask.wordlists import DRAWINGS
from kgbuild.queries.why import Piece
from kgbuild.vocab import CORE, words

if TYPE_CHECKING:
    from kgbuild.queries.graph import Graph

CONNECTS = CORE + "connectsTo"
_PIECES = 2  # of evidence for each clause
_CLAUSES = 12  # of a thing that many facts are known of


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence, and the places that say it."""

    text: str
    evidence: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """``id``: the IRI of the thing or source. ``clauses`` in the order of the text."""

    id: str
    title: str
    clauses: tuple[Clause, ...]

    @property
    def text(self) -> str:
        """All clauses as one paragraph."""
        return " ".join(c.text for c in self.clauses)


def describe(graph: Graph, facts: Facts, what: str) -> Description:
    """What the graph says of a thing (its IRI, the IRI's last part or its name) or of a source that shows pictures
    (its path).

    Raises ``QueryError`` if the graph knows neither.
    """
    origin = next((o for o in facts.origins.values() if what in (o.path, o.id)), None)
    if origin is not None:
        return _picture(graph, facts, origin)
    return _thing(graph, facts, find(facts, what))


def find(facts: Facts, what: str) -> str:
    """The IRI of the thing that an IRI, its last part or a name means. Raises ``QueryError`` if there is none."""
    last = what.strip("<>").rsplit("/", 1)[-1]
    ids = [i for i in facts.things if i.rsplit("/", 1)[-1] == last] or facts.names.get(normalise(what), [])
    if not ids:
        raise QueryError(
            f"the graph knows no thing and no source {what!r}. Look for one: kgbuild similar OUT {what!r}."
        )
    return ids[0]


def _thing(graph: Graph, facts: Facts, id: str) -> Description:
    thing = facts.things[id]
    others = [n for n in thing.names[1:] if normalise(n) != normalise(thing.label)]
    also = f", also called {_listed(others)}," if others else ""
    kind = words(thing.type)
    named = graph.why(id).evidence
    clauses = [Clause(f"{thing.label}{also} is {_article(kind)} {kind}.", named[:_PIECES])]
    groups: dict[tuple[str, bool], list[Fact]] = defaultdict(list)
    for fact in sorted(facts.about([id]), key=lambda f: (-f.confidence, f.id)):
        if fact.sources:  # what only follows says nothing new of the thing
            groups[fact.predicate, fact.subject == id].append(fact)
    for (_, forward), found in list(groups.items())[:_CLAUSES]:
        ends = _listed(dict.fromkeys(facts.label(f.other(id)) for f in found))
        text = _said(found[0], "It", ends) if forward else _said(found[0], ends, "it", many=len(found) > 1)
        clauses.append(Clause(text, _evidence(graph, found)))
    return Description(id, thing.label, tuple(clauses))


def _said(fact: Fact, subject: str, object: str, *, many: bool = False) -> str:
    """A fact as a sentence, by the form of its relation's words."""
    head, _, rest = fact.relation.partition(" ")
    if fact.predicate.startswith(CORE) or (_is_verb(head) and not _is_noun(fact.relation)):
        verb = head if fact.predicate.startswith(CORE) and not many else _conjugated(head, many)
        return f"{subject} {' '.join(filter(None, (verb, rest)))} {object}."
    if fact.relation.startswith(("located", "part of", "member of", "owned by", "followed by", "educated at")):
        return f"{subject} {'are' if many else 'is'} {fact.relation} {object}."
    if "relation/" in fact.predicate and not fact.literal and not _is_role(fact.relation):
        return f"{subject} {'pass' if many else 'passes'} “{fact.relation}” to {object}."
    if subject == "It":
        return f"Its {fact.relation} is {object}."
    return f"{subject}: {fact.relation} is {object}."


def _conjugated(verb: str, many: bool) -> str:
    import lemminflect

    if verb == "be":
        return "are" if many else "is"
    if many:
        return verb
    found = lemminflect.getInflection(verb, "VBZ", inflect_oov=True)
    return str(found[0]) if found else verb


def _is_verb(word: str) -> bool:
    import lemminflect

    return (
        bool(lemminflect.getLemma(word, "VERB", lemmatize_oov=False)) and lemminflect.getLemma(word, "VERB")[0] == word
    )


def _is_noun(relation: str) -> bool:
    """Whether the words name what is related ("country", "power"), as against what is done ("manage")."""
    import lemminflect

    return " " not in relation and bool(lemminflect.getLemma(relation, "NOUN", lemmatize_oov=False))


def _is_role(relation: str) -> bool:
    """Whether the words say what the object is to the subject: "maker", "operator"."""
    return relation.endswith(("er", "or"))


def _picture(graph: Graph, facts: Facts, origin: Origin) -> Description:
    """What a source shows: its things, the lines between them, captions, and what else shows it."""
    drawn = [s for s in facts.sightings if s.source == origin.id and s.modality in DRAWINGS]
    if not drawn:
        raise QueryError(f"{origin.path} shows no picture that was read. Ask about one of its things instead.")
    clauses = []
    kind = "video" if "frame" in origin.modalities else "picture"
    lines = [f for f in facts.facts if origin.id in f.sources and f.predicate == CONNECTS]
    nodes = {e for f in lines for e in (f.subject, f.object)}
    shown = list(dict.fromkeys(s.entity for s in drawn if not nodes or s.entity in nodes))
    names = _listed([facts.label(e) for e in shown])
    first = {s.entity: s for s in reversed(drawn)}
    places = tuple(p for e in shown for p in graph.why(first[e].id).evidence)
    part = "thing" if len(shown) == 1 else "things"
    clauses.append(Clause(f"{origin.path} is a {kind} that shows {len(shown)} {part}: {names}.", places))
    loose = list(dict.fromkeys(s.surface for s in drawn if nodes and s.entity not in nodes))
    if loose:
        clauses.append(Clause(f"Beside them stands: {_listed([f'“{t}”' for t in loose])}."))
    for start in dict.fromkeys(f.subject for f in lines):
        mine = [f for f in lines if f.subject == start]
        labels = {
            (f.subject, f.object): f for f in facts.facts
            if origin.id in f.sources and f.predicate != CONNECTS and "/relation/" in f.predicate
        }  # fmt: skip
        ends = []
        for f in mine:
            label = labels.get((f.subject, f.object))
            ends.append(facts.label(f.object) + (f" (“{label.relation}”)" if label else ""))
        clauses.append(Clause(f"From {facts.label(start)} a line leads to {_listed(ends)}.", _evidence(graph, mine)))
    clauses += _around(graph, origin)
    return Description(origin.id, origin.path, tuple(clauses))


def _around(graph: Graph, origin: Origin) -> list[Clause]:
    """Captions, and the sources that show or reference the same picture."""
    from pyarrow import parquet

    from kgbuild.graphs.terms import iri
    from kgbuild.queries.store import generation

    found = []
    table = parquet.read_table(
        generation(graph.out) / "segments.parquet", columns=["source", "modality", "text"],
        filters=[("source", "==", origin.id), ("modality", "in", ["picture", "frame", "drawing"])],
    )  # fmt: skip
    captions = list(dict.fromkeys(t for t in table.column("text").to_pylist() if t))
    if captions:
        found.append(Clause(f"Its caption says: {_listed([f'“{c}”' for c in captions])}."))
    query = f"SELECT DISTINCT ?path {{ ?other core:references {iri(origin.id)} ; core:path ?path }} ORDER BY ?path"
    if paths := [str(row["path"]) for row in graph.sparql(query)]:
        found.append(Clause(f"{_listed(paths)} {'refer' if len(paths) > 1 else 'refers'} to it."))
    same = graph.why(origin.id)
    if same.kind == "Source" and same.evidence:
        paths = list(dict.fromkeys(f"{p.path} ({p.place})" for p in same.evidence))
        found.append(Clause(f"The same picture is in {_listed(paths)}.", same.evidence))
    return found


def _evidence(graph: Graph, facts: Sequence[Fact]) -> tuple[Piece, ...]:
    """The surest place of each fact."""
    found: dict[str, Piece] = {}
    for fact in facts:
        for piece in graph.why(fact.id).evidence[:_PIECES]:
            found.setdefault(piece.id, piece)
    return tuple(found.values())


def _listed(parts: Iterable[str]) -> str:
    """ "a, b and c"."""
    *most, last = [p for p in parts if p] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeiou" else "a"
