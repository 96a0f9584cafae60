"""What the pages of a file and of an event of a video show, from the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgbuild.identity import text_name
from kgbuild.queries import events
from kgbuild.queries.places import Provenance, clock
from kgbuild.queries.rows import rows
from kgbuild.vocab import CORE, DCTERMS, TYPE, words

if TYPE_CHECKING:
    from kgbuild.queries.explorer.names import Names

_THINGS = 100  # named in a file, on its page
_EVENTS = 200
_BEGINS = 1200  # characters of a text
_OWN = (CORE + "duration", DCTERMS + "format", DCTERMS + "language")


class Files:
    """Files and events of one generation; ``store``: its quads."""

    def __init__(self, folder: Path, store: Any, names: Names) -> None:
        self._folder, self._names = folder, names
        self._provenance = Provenance(store, folder)

    def path(self, iri: str) -> str:
        """The path of a source, "" for what is none."""
        return self._provenance.value(iri, CORE + "path") if "/source/" in iri and "#" not in iri else ""

    def file(self, iri: str) -> dict[str, Any]:
        """A source: what it is, what it names, what happens in it, its picture or the beginning of its text."""
        found, path = self._provenance.properties(iri), self.path(iri)
        named = {e for p in ("depicts", "mentions") for e in found.get(CORE + p, ()) if e in self._names.by_id}
        things = sorted((self._names.by_id[e] for e in named), key=lambda n: (-n.mentions, n.label))
        shown = next((r["picture"] for r in self._segments(iri) if r["picture"]), "")
        begins = ""
        text = self._folder / "texts" / text_name(path, iri)
        if text.is_file() and not shown:
            with text.open(encoding="utf-8", errors="replace") as file:
                begins = file.read(_BEGINS).rstrip()
            begins += "…" if len(begins) > _BEGINS - 20 else ""
        return {
            "iri": iri, "path": path, "title": next(iter(found.get(DCTERMS + "title", ())), ""),
            "kinds": sorted(words(t) for t in found.get(TYPE, ())),
            "own": [(words(p), value) for p in _OWN for value in found.get(p, ())],
            "things": [{"id": n.id, "label": n.label, "type": n.type} for n in things[:_THINGS]],
            "count": len(things), "events": self._inside(iri), "begins": begins,
            "picture": f"pictures/{shown}.png" if shown else "",
        }  # fmt: skip

    def event(self, iri: str) -> dict[str, Any]:
        """An event: what it is part of, what it shows, what happens within it."""
        found = self._provenance.properties(iri)
        source = iri.partition("#")[0]
        return {
            "iri": iri, "kind": words(CORE + events.kind_of(found)), "source": source, "path": self.path(source),
            "within": self._named(p for p in found.get(events.PART_OF, ()) if "#" in p),
            "resumes": self._named(found.get(events.RESUMES, ())),
            "things": [
                {"id": n.id, "label": n.label, "type": n.type}
                for n in (self._names.by_id[e] for e in found.get(events.SHOWS, ()) if e in self._names.by_id)
            ],
            "events": self._inside(iri),
        }  # fmt: skip

    def showing(self, entity: str) -> list[dict[str, Any]]:
        """The events that show a thing, by film and time."""
        return self._timed(self._provenance.subjects(events.SHOWS, entity))

    def is_event(self, iri: str) -> bool:
        """Whether the graph knows an event of this IRI."""
        return "#event-" in iri and bool(events.kind_of(self._provenance.properties(iri)))

    def _named(self, iris: Any) -> list[dict[str, str]]:
        return [{"iri": i, "label": events.named(self._provenance, i)} for i in iris]

    def _inside(self, iri: str) -> list[dict[str, Any]]:
        return self._timed(self._provenance.subjects(events.PART_OF, iri))

    def _timed(self, iris: list[str]) -> list[dict[str, Any]]:
        found = []
        for iri in iris[:_EVENTS]:
            start, end = (float(self._provenance.value(iri, CORE + name) or 0) for name in ("startOffset", "endOffset"))
            found.append({
                "iri": iri, "label": events.named(self._provenance, iri), "path": self.path(iri.partition("#")[0]),
                "start": start, "time": f"{clock(start)} to {clock(end)}",
            })  # fmt: skip
        return sorted(found, key=lambda e: (e["path"], e["start"], e["label"]))

    def _segments(self, iri: str) -> list[dict[str, Any]]:
        return rows(self._folder / "segments.parquet", "source", "source", "place", "picture").of(iri)
