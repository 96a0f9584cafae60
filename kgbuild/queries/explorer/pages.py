"""What the pages of the explorer show, as plain data: made in a process that can be killed, over the store."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kgbuild.errors import QueryError
from kgbuild.queries.execute import Executor
from kgbuild.queries.explorer.drawing import bars, box, neighbourhood, short, timeline
from kgbuild.queries.explorer.names import Names
from kgbuild.queries.functions.fragments import where
from kgbuild.queries.quarantine import kinds, quarantine
from kgbuild.queries.why import Piece, explain
from kgbuild.types import Box, TimeSpan
from kgbuild.vocab import ALT_LABEL, CORE, OWL, SKOS, TYPE, words

MOST = 400  # facts of an entity on its page
_PIECES = 40  # pieces of evidence on a page
_PAGE = 50  # entries of a list
_MERGES = 64 << 20  # bytes of merges.json that are read
_FACTS = """SELECT ?st ?p ?o ?label ?conf ?kind {{
  ?st rdf:{here} <{iri}> ; rdf:predicate ?p ; rdf:{there} ?o ; core:confidence ?conf ; a ?kind .
  FILTER(?kind IN (core:Statement, core:InferredStatement))
  OPTIONAL {{ ?o rdfs:label ?label }} OPTIONAL {{ ?p rdfs:label ?name }} }} LIMIT {most}"""


class Pages:
    """Pages over one generation."""

    def __init__(self, out: str, folder: Path, names: Names, executor: Executor) -> None:
        self._out, self._folder, self._names, self._executor = out, folder, names, executor

    def page(self, name: str, given: Mapping[str, str]) -> dict[str, Any]:
        """The data of a page. Raises ``QueryError`` if there is none."""
        pages = {
            "home": self.home, "search": self.search, "entity": self.entity, "evidence": self.evidence,
            "quarantine": self.quarantine, "statistics": self.statistics, "labels": self.labels,
        }  # fmt: skip
        return pages[name](given)

    def home(self, _: Mapping[str, str]) -> dict[str, Any]:
        """Counts of the build and the things that are named most."""
        return {"counts": self._report().get("counts", {}), "top": [asdict(n) for n in self._names.all[:24]]}

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
        if not re.fullmatch(r"[^\s<>\"{}|\\^`]+", iri) or iri not in self._names.by_id:
            raise QueryError("the graph knows no such thing.")
        named = self._names.by_id[iri]
        facts = self._facts(iri, "subject", "object") + self._facts(iri, "object", "subject")
        facts.sort(key=lambda f: (not f["out"], f["relation"], -f["confidence"], f["label"]))
        groups: dict[tuple[bool, str], list[dict[str, Any]]] = {}
        for fact in facts:
            groups.setdefault((fact["out"], fact["relation"]), []).append(fact)
        found = explain(self._out, iri, store=self._executor.store)
        own = self._values(iri)
        return {
            "iri": iri, "label": named.label, "short": short(named.label), "width": box(named.label),
            "mentions": named.mentions, "types": sorted(words(t) for t in own.get(TYPE, ())),
            "aliases": sorted(own.get(ALT_LABEL, ())),
            "same": sorted({*own.get(OWL + "sameAs", ()), *own.get(SKOS + "exactMatch", ())}),
            "groups": [{"out": out, "relation": r, "facts": fs} for (out, r), fs in groups.items()],
            "cut": len(facts) >= MOST, "merges": self._merges(iri), "drawing": neighbourhood(facts),
            "pieces": [self._piece(p) for p in found.evidence[:_PIECES]], "more": max(0, len(found.evidence) - _PIECES),
        }  # fmt: skip

    def evidence(self, given: Mapping[str, str]) -> dict[str, Any]:
        """A statement: what it rests on, down to the evidence of its premises."""
        return self._explained(explain(self._out, given.get("id", ""), store=self._executor.store))

    def _explained(self, found: Any) -> dict[str, Any]:
        return {
            "id": found.id, "kind": words(found.kind), "text": found.text, "confidence": found.confidence,
            "reason": found.reason, "note": found.note, "rule": found.rule,
            "pieces": [self._piece(p) for p in found.evidence[:_PIECES]],
            "more": max(0, len(found.evidence) - _PIECES), "premises": [self._explained(p) for p in found.premises],
        }  # fmt: skip

    def quarantine(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Refused statements, of one kind or with some words, a page at a time."""
        every = quarantine(self._out)
        kind, text = given.get("kind", ""), given.get("q", "").casefold()
        kept = [r for r in every if (not kind or r.kind == kind) and text in f"{r.text} {r.reason}".casefold()]
        at = min(int(given["at"]), len(kept)) if given.get("at", "").isdigit() else 0
        return {
            "kinds": kinds(every), "count": len(kept), "at": at, "rows": [asdict(r) for r in kept[at : at + _PAGE]],
            "next": at + _PAGE if at + _PAGE < len(kept) else 0, "back": max(0, at - _PAGE) if at else -1,
        }  # fmt: skip

    def statistics(self, _: Mapping[str, str]) -> dict[str, Any]:
        """Counts as bars, and lines of time: seconds of films, years of facts."""
        from pyarrow import parquet

        report = self._report()
        statements = parquet.read_table(
            self._folder / "statements.parquet", columns=["relation", "status", "object", "datatype"]
        ).to_pylist()
        mentions = parquet.read_table(self._folder / "mentions.parquet", columns=["modality", "place"]).to_pylist()
        years = [
            int(m[0])
            for s in statements
            if s["status"] != "quarantined" and s["datatype"] and "://" in s["datatype"]
            if s["datatype"].rsplit("#")[-1] in ("gYear", "gYearMonth", "date", "dateTime") or "edtf" in s["datatype"]
            if (m := re.match(r"-?\d{4}", s["object"]))
        ]
        seconds = [w.time[0] for m in mentions if "t=" in m["place"] and (w := where(m["place"])).time]
        asserted = [s["relation"] for s in statements if s["status"] == "asserted"]
        processed = [s for s in report.get("sources", ()) if s["outcome"] == "processed"]
        return {
            "bars": [
                ("Things by class", bars(Counter(words(n.type) for n in self._names.all).items())),
                ("Facts by relation", bars(Counter(asserted).items())),
                ("Mentions by where they stand", bars(Counter(m["modality"] for m in mentions).items())),
                ("Files by type", bars(Counter(s["media_type"] for s in processed).items())),
                ("Statements by status", bars(Counter(s["status"] for s in statements).items())),
            ],
            "years": timeline(years), "seconds": timeline(seconds),
        }  # fmt: skip

    def _facts(self, iri: str, here: str, there: str) -> list[dict[str, Any]]:
        query = _FACTS.format(here=here, there=there, iri=iri, most=MOST)
        found: dict[str, dict[str, Any]] = {}
        for row in self._executor.run(query, {}, {}).answer():
            other = row["o"] if row["o"] in self._names.by_id else ""
            found[row["st"]] = {
                "id": row["st"], "relation": words(row["p"]), "other": other, "out": here == "subject",
                "label": self._names.by_id[other].label if other else row["label"] or str(row["o"]),
                "confidence": float(row["conf"]), "inferred": row["kind"] == CORE + "InferredStatement",
            }  # fmt: skip
        return list(found.values())

    def _values(self, iri: str) -> dict[str, set[str]]:
        import pyoxigraph as ox

        found: dict[str, set[str]] = {}
        for quad in self._executor.store.quads_for_pattern(ox.NamedNode(iri), None, None, ox.DefaultGraph()):
            found.setdefault(quad.predicate.value, set()).add(getattr(quad.object, "value", str(quad.object)))
        return found

    def _merges(self, iri: str) -> list[dict[str, Any]]:
        path = self._folder / "merges.json"
        if not path.is_file() or path.stat().st_size > _MERGES:
            return []
        found = [m for m in json.loads(path.read_text("utf-8")) if m["entity"] == iri]
        return [
            {
                "left": m["left"], "right": m["right"], "score": m["score"], "reason": m["reason"],
                "sources": [m[s].partition("/source/")[2] for s in ("left_source", "right_source")],
            }
            for m in found[:_PAGE]
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
        if piece.picture and box is not None:
            made["box"] = [box.x, box.y, box.w, box.h]
            made["size"] = _size(self._folder / piece.picture)
        return made

    def _report(self) -> dict[str, Any]:
        path = self._folder / "report.json"
        found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        return found


def _size(picture: Path) -> list[int] | None:
    from PIL import Image

    try:
        with Image.open(picture) as image:
            return list(image.size)
    except OSError:
        return None
