"""Texts without annotated relations, with the names that the text network finds: what teachers are asked about."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import spacy

from kgbuild.mentions.annotate import Annotator
from kgbuild.mentions.component import Component, sentences_of

log = logging.getLogger(__name__)

Span = tuple[int, int, int]  # sentence, words [start, end)
Known = list[tuple[Span, Span, str]]  # head, tail, property: what a set says of its text
Text = tuple[str, list[list[str]], Known]


def open_texts(data: Path, annotator: Annotator, properties: set[str], limit: int = 0) -> Iterator[dict[str, Any]]:
    """Documents in the layout of the data's README: training parts of GAP, FewRel, KnowledgeNet, CrossNER and GUM.

    ``relations`` are the few that FewRel and KnowledgeNet state, between mentions that were found where they stand.
    """
    component = Component(annotator)
    for name, take in (("gap", _gap), ("fewrel", _fewrel), ("knowledgenet", _knowledge), ("crossner", _plain),
                       ("gum", _plain)):  # fmt: skip
        path = data / f"{name}.jsonl.gz"
        if not path.is_file():
            log.warning("%s is not there: left out", path)
            continue
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [r for r in map(json.loads, lines) if r["split"] == "train"][: limit or None]
        for ident, sentences, known in take(rows, component):
            yield _named(annotator, ident, sentences, [k for k in known if k[2] in properties])


def _named(annotator: Annotator, ident: str, sentences: list[list[str]], known: Known) -> dict[str, Any]:
    note = annotator.encode(sentences)
    annotator.find_mentions(note)
    annotator.find_clusters(note)
    at = {(m.sentence, m.start, m.end): i for i, m in enumerate(note.mentions)}
    home = {i: c for c, members in enumerate(note.clusters) for i in members}
    codes = annotator.facts["type_codes"]
    return {
        "id": ident, "sents": sentences, "clusters": note.clusters, "relations_complete": False,
        "mentions": [[m.sentence, m.start, m.end, codes[m.type]] for m in note.mentions],
        "relations": [
            {"h": home[at[h]], "t": home[at[t]], "p": p}
            for h, t, p in known if h in at and t in at and home[at[h]] != home[at[t]]
        ],
    }  # fmt: skip


def _gap(rows: list[dict[str, Any]], component: Component) -> Iterator[Text]:
    for r in rows:
        yield r["id"], [[t.text for t in s] for s in _sentences(component, r["text"])], []


def _fewrel(rows: list[dict[str, Any]], component: Component) -> Iterator[Text]:
    for n, r in enumerate(rows):
        head, tail = ((0, *r[end]) for end in ("h", "t"))
        yield f"fewrel-{n}", [r["tokens"]], [(head, tail, r["p"])]


def _plain(rows: list[dict[str, Any]], component: Component) -> Iterator[Text]:
    for r in rows:
        yield r["id"], r["sents"], []


def _knowledge(rows: list[dict[str, Any]], component: Component) -> Iterator[Text]:
    for ident, group in groupby(sorted(rows, key=lambda r: str(r["doc"])), key=lambda r: str(r["doc"])):
        sentences: list[list[str]] = []
        known: Known = []
        for r in group:
            parts, base = _sentences(component, r["text"]), len(sentences)
            sentences += [[t.text for t in s] for s in parts]
            for f in r["facts"]:
                ends = [
                    (base + n, inside[0], inside[-1] + 1)
                    for begin, end in (f["s"], f["o"])
                    for n, s in enumerate(parts)
                    if (inside := [k for k, t in enumerate(s) if t.idx < end and t.idx + len(t) > begin])
                ]
                if len(ends) == 2:  # neither end runs over two sentences
                    known.append((ends[0], ends[1], f["p"]))
        yield f"knet-{ident}", sentences, known


def _sentences(component: Component, text: str) -> list[list[Any]]:
    return list(sentences_of(component.split(spacy.blank("en")(text))))
