"""A short text about a thing or a picture, made of facts: each clause with the places that say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgbuild.errors import QueryError
from kgbuild.identity import normalise
from kgbuild.mentions.lemmas import lemma
from kgbuild.queries.ask.facts import Fact, Facts, Origin
from kgbuild.queries.ask.wordlists import DRAWINGS
from kgbuild.queries.why import Piece
from kgbuild.vocab import CORE, words

if TYPE_CHECKING:
    from kgbuild.queries.graph import Graph

CONNECTS = CORE + "connectsTo"
_STATES = (
    "located", "part of", "member of", "owned by", "followed by", "educated at", "named after", "based on", "taken in",
    "created",
)  # fmt: skip
LONG = " the administrative territorial entity"  # what nobody says
_TABULAR = frozenset(("tables", "records"))  # extractors whose relations are headers of columns
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
    what = f"{_article(kind)} {kind}"
    if kind == "thing":
        what = f"something that {len(thing.sources)} {'source names' if len(thing.sources) == 1 else 'sources name'}"
    named = graph.why(id).evidence
    clauses = [Clause(f"{thing.label}{also} is {what}.", named[:_PIECES])]
    groups: dict[tuple[str, bool], list[Fact]] = defaultdict(list)
    for fact in sorted(facts.about([id]), key=lambda f: (-f.confidence, f.id)):
        if fact.sources:  # what only follows says nothing new of the thing
            groups[fact.predicate, fact.subject == id].append(fact)
    for (_, forward), found in list(groups.items())[:_CLAUSES]:
        ends = list(dict.fromkeys(facts.label(f.other(id)) for f in found))
        pieces = _evidence(graph, found)
        made = _form(found[0], pieces)
        text = _forward(made, found[0], _listed(ends)) if forward else _backward(made, found[0], ends)
        clauses.append(Clause(text, pieces))
    return Description(id, thing.label, tuple(clauses))


def _form(fact: Fact, pieces: Sequence[Piece]) -> str:
    """``verb`` (what a sentence or a line does), ``label`` (what a line carries), ``state`` or ``noun``."""
    if fact.predicate in (CONNECTS, CORE + "depicts"):
        return "verb"
    if "/relation/" in fact.predicate:
        agents = {p.agent.rsplit("/", 1)[-1].rpartition("-")[0] for p in pieces}
        return "verb" if "open" in agents else "noun" if agents & _TABULAR else "label"
    return "state" if fact.relation.startswith(_STATES) else "noun"


def _forward(form: str, fact: Fact, ends: str) -> str:
    relation = fact.relation.removesuffix(LONG)
    if form == "verb":
        return f"It {_conjugated(relation, many=False)} {ends}."
    if form == "label":
        return f"It passes “{relation}” to {ends}."
    return f"It is {relation} {ends}." if form == "state" else f"Its {relation} is {ends}."


def _backward(form: str, fact: Fact, ends: list[str]) -> str:
    relation, many, names = fact.relation.removesuffix(LONG), len(ends) > 1, _listed(ends)
    if form == "verb":
        return f"{names} {_conjugated(relation, many=many)} it."
    if form == "label":
        return f"{names} {'pass' if many else 'passes'} “{relation}” to it."
    return (
        f"{names} {'are' if many else 'is'} {relation} it." if form == "state" else f"It is the {relation} of {names}."
    )


def _conjugated(relation: str, *, many: bool) -> str:
    """A verb phrase in the third person: "manage" -> "manages", "be built in" -> "is built in"."""
    import lemminflect

    verb, _, rest = relation.partition(" ")
    verb = lemma(verb, "VERB")
    if verb == "be":
        verb = "are" if many else "is"
    elif not many:
        verb = str((*lemminflect.getInflection(verb, "VBZ", inflect_oov=True), verb)[0])
    return f"{verb} {rest}".strip()


def _picture(graph: Graph, facts: Facts, origin: Origin) -> Description:
    """What a source shows: its things, the lines between them, captions, and what else shows it."""
    drawn = [s for s in facts.sightings if s.source == origin.id and s.modality in DRAWINGS]
    own = [f for f in facts.facts if f.subject == origin.id]  # what it says of itself
    if not drawn and not own:
        raise QueryError(f"{origin.path} shows no picture that was read. Ask about one of its things instead.")
    clauses = []
    kind = "video" if "frame" in origin.modalities else "picture"
    lines = [f for f in facts.facts if origin.id in f.sources and f.predicate == CONNECTS]
    nodes = {e for f in lines for e in (f.subject, f.object)}
    shown = list(dict.fromkeys(s.entity for s in drawn if not nodes or s.entity in nodes))
    names = _listed([facts.label(e) for e in shown])
    many = f"{len(shown)} {'thing' if len(shown) == 1 else 'things'}: " if shown else "nothing that was read"
    first = {s.entity: s for s in reversed(drawn)}
    places = tuple(p for e in shown for p in graph.why(first[e].id).evidence)
    clauses.append(Clause(f"{origin.path} is a {kind} that shows {many}{names}.", places))
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
        clauses.append(
            Clause(f"From {facts.label(start)} a line leads to {_listed(ends)}.", _evidence(graph, mine, origin.id))
        )
    for predicate in dict.fromkeys(f.predicate for f in own if f.predicate != CORE + "caption"):
        said = [f for f in own if f.predicate == predicate]
        text = _forward(_form(said[0], ()), said[0], _listed([facts.label(f.object) for f in said]))
        clauses.append(Clause(text, _evidence(graph, said)))
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


def _evidence(graph: Graph, facts: Sequence[Fact], source: str = "") -> tuple[Piece, ...]:
    """The surest places of each fact, in one source if it is given."""
    found: dict[str, Piece] = {}
    for fact in facts:
        pieces = [p for p in graph.why(fact.id).evidence if source in ("", p.target.source)]
        for piece in pieces[:_PIECES]:
            found.setdefault(piece.id, piece)
    return tuple(found.values())


def _listed(parts: Iterable[str]) -> str:
    """ "a, b and c"."""
    *most, last = [p for p in parts if p] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeiou" else "a"
