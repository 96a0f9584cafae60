"""What the pages of the explorer show, as plain data: made in a process that can be killed, over the store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kgbuild.errors import QueryError
from kgbuild.identity import source_path
from kgbuild.queries.execute import Executor
from kgbuild.queries.explorer.drawing import box, neighbourhood, short
from kgbuild.queries.explorer.files import Files
from kgbuild.queries.explorer.known import Known
from kgbuild.queries.explorer.merges import merges
from kgbuild.queries.why import Piece, explain
from kgbuild.types import Box, TimeSpan
from kgbuild.vocab import ALT_LABEL, CORE, OWL, SKOS, TYPE, words

MOST = 400  # facts of an entity on its page
_PIECES = 40  # pieces of evidence on a page
_PAGE = 50  # entries of a list
_FILES = 200
_IRI = re.compile(r"[^\s<>\"{}|\\^`]+")
_FACTS = """SELECT ?st ?p ?o ?label ?conf ?kind ?because {{
  ?st rdf:{here} <{iri}> ; rdf:predicate ?p ; rdf:{there} ?o ; core:confidence ?conf ; a ?kind .
  FILTER(?kind IN (core:Statement, core:InferredStatement))
  OPTIONAL {{ ?o rdfs:label ?label }} OPTIONAL {{ ?st core:premise ?because }} }} LIMIT {most}"""

_ALL = """SELECT ?from ?relation ?to ?confidence {{
  {{ ?said rdf:subject <{iri}> ; rdf:predicate ?relation ; rdf:object ?to }} UNION
  {{ ?said rdf:subject ?from ; rdf:predicate ?relation ; rdf:object <{iri}> }}
  ?said a core:Statement ; core:confidence ?confidence . }} ORDER BY DESC(?confidence)"""


class Pages:
    """Pages over one generation."""

    def __init__(self, out: str, known: Known, executor: Executor) -> None:
        self._out, self._folder, self._known, self._executor = out, known.folder, known, executor
        self._names = known.names
        self._files = Files(known.folder, executor.store if executor else None, known.names)

    def page(self, name: str, given: Mapping[str, str]) -> dict[str, Any]:
        """The data of a page. Raises ``QueryError`` if there is none."""
        pages = {
            "home": self.home, "search": self.search, "entity": self.entity, "evidence": self.evidence,
            "quarantine": self.quarantine, "statistics": self.statistics, "labels": self.labels,
            "files": self.files, "source": self.source, "event": self.event,
        }  # fmt: skip
        return pages[name](given)

    def home(self, _: Mapping[str, str]) -> dict[str, Any]:
        """Counts of the build and the things that are named most."""
        return {"counts": self._known.counts, "top": [asdict(n) for n in self._names.all[:24]]}

    def search(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Things by name."""
        found, count = self._names.search(given.get("q", ""), _PAGE)
        return {"found": [asdict(n) for n in found], "count": count}

    def labels(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Names and classes of entities, by IRI; ``ids`` one a line."""
        ids = given.get("ids", "").split("\n")
        return {"things": [asdict(self._names.by_id[i]) for i in ids if i in self._names.by_id]}

    def entity(self, given: Mapping[str, str]) -> dict[str, Any]:
        """One thing: its facts by relation, its names, why its mentions are one, its neighbours, its evidence."""
        iri = given.get("iri", "")
        if not _IRI.fullmatch(iri) or iri not in self._names.by_id:
            raise QueryError("the graph knows no such thing.")
        named = self._names.by_id[iri]
        facts, groups = self._grouped(iri)
        found = explain(self._out, iri, store=self._executor.store, most=_PIECES)
        own, width = self._values(iri), box(named.label) + 16  # its letters are bold
        return {
            "iri": iri, "label": named.label, "short": short(named.label), "width": width,
            "mentions": named.mentions, "types": sorted(words(t) for t in own.get(TYPE, ())),
            "aliases": sorted(own.get(ALT_LABEL, ())),
            "same": sorted({*own.get(OWL + "sameAs", ()), *own.get(SKOS + "exactMatch", ())}),
            "groups": groups, "events": self._files.showing(iri),
            "cut": len(facts) >= MOST, "all": _ALL.format(iri=iri), "merges": self._merges(iri),
            "drawing": neighbourhood(facts, width),
            "pieces": [self._piece(p) for p in found.evidence], "more": found.more,
        }  # fmt: skip

    def files(self, given: Mapping[str, str]) -> dict[str, Any]:
        """The files that were read, those whose path has some words, a page at a time."""
        wanted, at = given.get("q", "").casefold().split(), _start(given)
        found = [(path, iri) for path, iri in self._known.paths if all(w in path.casefold() for w in wanted)]
        rows = [{"path": path, "iri": iri} for path, iri in found[at : at + _FILES]]
        return {"rows": rows} | _paged(len(found), at, _FILES)

    def source(self, given: Mapping[str, str]) -> dict[str, Any]:
        """One file: facts about it, what it names, what happens in it, where its picture is shown too."""
        iri = given.get("iri", "")
        if not _IRI.fullmatch(iri) or not self._files.path(iri):
            raise QueryError("the graph knows no such file.")
        same = explain(self._out, iri, store=self._executor.store, most=_PIECES)
        pieces = [self._piece(p) for p in same.evidence[:_PIECES]]
        return self._files.file(iri) | {"groups": self._grouped(iri)[1], "pieces": pieces}

    def event(self, given: Mapping[str, str]) -> dict[str, Any]:
        """One event of a video: when and where it is seen, what it shows, what it is part of."""
        iri = given.get("iri", "")
        if not _IRI.fullmatch(iri) or not self._files.is_event(iri):
            raise QueryError("the graph knows no such event.")
        found = explain(self._out, iri, store=self._executor.store, most=_PIECES)
        return self._files.event(iri) | {"text": found.text, "pieces": [self._piece(p) for p in found.evidence]}

    def evidence(self, given: Mapping[str, str]) -> dict[str, Any]:
        """A statement: what it rests on, down to the evidence of its premises."""
        return self._explained(explain(self._out, given.get("id", ""), store=self._executor.store, most=_PIECES))

    def _explained(self, found: Any) -> dict[str, Any]:
        return {
            "id": found.id, "kind": words(found.kind), "text": found.text, "confidence": found.confidence,
            "reason": found.reason, "note": found.note, "rule": found.rule,
            "pieces": [self._piece(p) for p in found.evidence],
            "more": found.more, "premises": [self._explained(p) for p in found.premises],
        }  # fmt: skip

    def quarantine(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Refused statements, of one kind or with some words, a page at a time."""
        every = self._known.quarantine
        at = _start(given)
        rows, count = every.find(kind=given.get("kind", ""), text=given.get("q", ""), start=at, most=_PAGE)
        return {"kinds": every.kinds, "rows": [asdict(r) for r in rows]} | _paged(count, at, _PAGE)

    def statistics(self, _: Mapping[str, str]) -> dict[str, Any]:
        """Counts as bars, and lines of time: seconds of films, years of facts."""
        return self._known.statistics

    def _grouped(self, iri: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The facts of a thing or file, and the same by relation."""
        facts = _once(self._facts(iri, "subject", "object") + self._facts(iri, "object", "subject"))
        facts.sort(key=lambda f: (not f["out"], f["relation"], -f["confidence"], f["label"]))
        groups: dict[tuple[bool, str], list[dict[str, Any]]] = {}
        for fact in facts:
            groups.setdefault((fact["out"], fact["relation"]), []).append(fact)
        return facts, [{"out": out, "relation": r, "facts": fs} for (out, r), fs in groups.items()]

    def _facts(self, iri: str, here: str, there: str) -> list[dict[str, Any]]:
        query = _FACTS.format(here=here, there=there, iri=iri, most=MOST)
        found: dict[str, dict[str, Any]] = {}
        for row in self._executor.run(query, {}, {}).answer():
            path = self._files.path(str(row["o"]))
            other = row["o"] if row["o"] in self._names.by_id or path else ""
            if row["st"] in found:
                found[row["st"]]["premises"].append(row["because"])
                continue
            found[row["st"]] = {
                "id": row["st"], "relation": words(row["p"]), "other": other, "out": here == "subject",
                "label": path or (self._names.by_id[other].label if other else row["label"] or str(row["o"])),
                "confidence": float(row["conf"]), "inferred": row["kind"] == CORE + "InferredStatement",
                "premises": [row["because"]] if row["because"] else [],
            }  # fmt: skip
        return list(found.values())

    def _values(self, iri: str) -> dict[str, set[str]]:
        import pyoxigraph as ox

        found: dict[str, set[str]] = {}
        for quad in self._executor.store.quads_for_pattern(ox.NamedNode(iri), None, None, ox.DefaultGraph()):
            found.setdefault(quad.predicate.value, set()).add(getattr(quad.object, "value", str(quad.object)))
        return found

    def _merges(self, iri: str) -> list[dict[str, Any]]:
        return [
            {
                "left": m["left"], "right": m["right"], "score": m["score"], "reason": m["reason"],
                "sources": [source_path(m[s]) for s in ("left_source", "right_source")],
            }
            for m in merges(self._folder / "merges.json", iri, _PAGE)
        ]  # fmt: skip

    def _piece(self, piece: Piece) -> dict[str, Any]:
        """A piece of evidence: text with the span marked, or a picture with its box, or a second of a film."""
        box, time = piece.target.find(Box), piece.target.find(TimeSpan)
        made: dict[str, Any] = {
            "path": piece.path, "place": piece.place, "surface": piece.surface, "modality": piece.modality,
            "confidence": piece.confidence, "before": piece.before, "marked": piece.marked, "after": piece.after,
            "picture": piece.picture, "source": piece.target.source, "box": None, "size": None,
            "start": time.start if time else None, "end": time.end if time else None,
        }  # fmt: skip
        if piece.picture:
            made["box"] = [box.x, box.y, box.w, box.h] if box else None
            made["size"] = _size(self._folder / piece.picture)
        return made


def _once(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The facts without those that turn another one of them round: an inverse, or a symmetric relation."""
    by_id = {f["id"]: f for f in facts}

    def turned(fact: dict[str, Any]) -> bool:
        base = by_id.get(fact["premises"][0]) if fact["inferred"] and len(fact["premises"]) == 1 else None
        return base is not None and base["out"] != fact["out"] and base["other"] == fact["other"]

    return [f for f in facts if not turned(f)]


def _start(given: Mapping[str, str]) -> int:
    return int(given["at"]) if re.fullmatch("[0-9]{1,9}", given.get("at", "")) else 0


def _paged(count: int, at: int, size: int) -> dict[str, int]:
    """Where a part of a list stands, and where the next and the last one begin."""
    return {
        "count": count,
        "at": at,
        "next": at + size if at + size < count else 0,
        "back": max(0, at - size) if at else -1,
    }


def _size(picture: Path) -> list[int] | None:
    from PIL import Image

    try:
        with Image.open(picture) as image:
            return list(image.size)
    except OSError:
        return None
