"""A user's reference items, read from local files: RDF (Turtle, N-Triples, N-Quads, TriG, RDF/XML, JSON-LD) or tables.

RDF: a subject with a label is an item (``rdfs:label``, ``skos:prefLabel``, ``schema:name``; other names from
``skos:altLabel``, ``schema:alternateName``). Tables (CSV, TSV, JSON lines): columns ``id`` (or ``iri``) and ``label``,
and if they are there ``aliases`` (divided by ``|``), ``type``, ``description``, ``popularity``. Nothing is fetched.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kgbuild.errors import ConfigError
from kgbuild.identity import clean, reference_iri
from kgbuild.types import Issue
from kgbuild.vocab import DCTERMS, OWL, RDFS, SCHEMA, SKOS, TYPE

_LABELS = (
    SKOS + "prefLabel",
    RDFS + "label",
    SCHEMA + "name",
    "http://schema.org/name",
    "http://xmlns.com/foaf/0.1/name",
)
_ALIASES = (SKOS + "altLabel", SCHEMA + "alternateName", "http://schema.org/alternateName")
_DESCRIPTIONS = (
    SCHEMA + "description", "http://schema.org/description", SKOS + "definition", DCTERMS + "description",
    RDFS + "comment",
)  # fmt: skip
_TYPES = (TYPE, "http://www.wikidata.org/prop/direct/P31")
_NO_TYPES = frozenset((SKOS + "Concept", OWL + "NamedIndividual", OWL + "Thing"))  # say nothing of the kind of thing
_WANTED = frozenset((*_LABELS, *_ALIASES, *_DESCRIPTIONS, *_TYPES))
_FORMATS = {
    ".ttl": "TURTLE", ".nt": "N_TRIPLES", ".nq": "N_QUADS", ".trig": "TRIG", ".rdf": "RDF_XML", ".owl": "RDF_XML",
    ".xml": "RDF_XML", ".jsonld": "JSON_LD",
}  # fmt: skip
_TABLES = (".csv", ".tsv", ".jsonl")
_LONG = 500  # characters of a description that are kept


@dataclass(slots=True)
class Item:
    """One thing of a reference. ``names``: the label, then the others; ``concept``: a SKOS concept."""

    iri: str
    names: tuple[str, ...]
    types: tuple[str, ...] = ()
    description: str = ""
    popularity: float = 0.0
    concept: bool = False


@dataclass(slots=True)
class References:
    """The items of all files in the order of their IRIs; ``type_names`` are labels of types that the files give."""

    items: list[Item] = field(default_factory=list)
    type_names: dict[str, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def read_references(paths: Sequence[str], base: str) -> References:
    """Items of all files; those of one IRI become one, with the first label.

    Raises ``ConfigError`` naming file and line for what cannot be parsed, and the columns that a table lacks; rows
    without label and ids given twice are issues.
    """
    found: dict[str, Item] = {}
    issues: list[Issue] = []
    for name in paths:
        path = Path(name)
        try:
            items = _rows(path, base, issues) if path.suffix.lower() in _TABLES else _triples(path)
            for item in items:
                known = found.get(item.iri)
                found[item.iri] = _joined(known, item) if known else item
        except (OSError, UnicodeDecodeError) as err:
            raise ConfigError(f"align.references: {name}: cannot be read: {err}.") from err
    used = {t for item in found.values() for t in item.types}
    types = {t: found[t].names[0] for t in sorted(used & found.keys())}
    return References([found[iri] for iri in sorted(found)], types, issues)


def _joined(a: Item, b: Item) -> Item:
    return Item(
        a.iri, tuple(dict.fromkeys((*a.names, *b.names))), tuple(sorted({*a.types, *b.types})),
        a.description or b.description, max(a.popularity, b.popularity), a.concept or b.concept,
    )  # fmt: skip


def _triples(path: Path) -> Iterator[Item]:
    import pyoxigraph as ox

    form = _FORMATS.get(path.suffix.lower())
    if form is None:
        known = ", ".join(sorted((*_FORMATS, *_TABLES)))
        raise ConfigError(f"align.references: {path}: what is {path.suffix or 'this'}? Known endings: {known}.")
    said: dict[str, list[tuple[str, str]]] = {}
    try:
        for quad in ox.parse(path=str(path), format=getattr(ox.RdfFormat, form)):
            predicate, subject, object = quad.predicate.value, quad.subject, quad.object
            if predicate in _WANTED and isinstance(subject, ox.NamedNode) and not isinstance(object, ox.BlankNode):
                language = (getattr(object, "language", None) or "en").lower()
                mark = " " if language.startswith("en") else "~"  # English, or of no language, before others
                said.setdefault(subject.value, []).append((predicate, mark + object.value))
    except (SyntaxError, ValueError) as err:
        where = f", line {err.lineno}" if isinstance(err, SyntaxError) and err.lineno else ""
        raise ConfigError(f"align.references: {path}{where}: {err}.") from err
    for iri, pairs in said.items():
        labels = _texts(pairs, _LABELS)
        if names := tuple(dict.fromkeys((*labels, *_texts(pairs, _ALIASES)))):
            types = tuple(sorted({o[1:] for p, o in pairs if p in _TYPES}))
            description = next(iter(_texts(pairs, _DESCRIPTIONS)), "")[:_LONG]
            kinds = tuple(t for t in types if t not in _NO_TYPES)
            yield Item(iri, names, kinds, description, 0.0, SKOS + "Concept" in types)


def _texts(pairs: Sequence[tuple[str, str]], predicates: Sequence[str]) -> list[str]:
    found = sorted((o[0], predicates.index(p), o[1:]) for p, o in pairs if p in predicates)
    return [text for _, _, o in found if (text := clean(o))]


def _rows(path: Path, base: str, issues: list[Issue]) -> Iterator[Item]:
    seen: set[str] = set()
    for number, row in _records(path):
        given = str(row.get("iri") or row.get("id") or "").strip()
        names = [clean(str(n)) for n in (row.get("label") or "", *_several(row.get("aliases")))]
        if not given or not names[0]:
            what = "id" if not given else "label"
            issues.append(_issue(path, number, "empty-label", f"has no {what} and was left out"))
            continue
        if given in seen:
            issues.append(_issue(path, number, "duplicate-id", f"has the id {given!r} again: its names were added"))
        seen.add(given)
        try:
            popularity = float(row.get("popularity") or 0)
        except (TypeError, ValueError):
            issues.append(_issue(path, number, "popularity", f"has no number as popularity: {row['popularity']!r}"))
            popularity = 0.0
        iri = given if "://" in given else reference_iri(base, path.stem, given)
        yield Item(
            iri, tuple(dict.fromkeys(n for n in names if n)), tuple(sorted(_several(row.get("type")))),
            clean(str(row.get("description") or ""))[:_LONG], max(0.0, popularity),
        )  # fmt: skip


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with their line numbers."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix.lower() == ".jsonl":
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        row = json.loads(line)
                    except ValueError as err:
                        raise ConfigError(f"align.references: {path}, line {number}: no JSON: {err}.") from err
                    if not isinstance(row, dict) or not {"id", "iri"} & row.keys() or "label" not in row:
                        wanted = "an object with `id` or `iri`, and `label`"
                        raise ConfigError(f"align.references: {path}, line {number}: must be {wanted}.")
                    yield number, row
            return
        reader = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        columns = reader.fieldnames or ()
        if not {"id", "iri"} & set(columns) or "label" not in columns:
            raise ConfigError(
                f"align.references: {path}: columns are {', '.join(columns) or 'none'}; "
                "`id` or `iri`, and `label` must be among them."
            )
        try:
            for row in reader:
                yield reader.line_num, row
        except csv.Error as err:
            raise ConfigError(f"align.references: {path}, line {reader.line_num}: {err}.") from err


def _several(value: Any) -> list[str]:
    found = value if isinstance(value, list) else str(value or "").split("|")
    return [text for v in found if (text := str(v).strip())]


def _issue(path: Path, number: int, code: str, message: str) -> Issue:
    return Issue("link", code, f"{path.name}, line {number}: {message}.", severity="warning")
