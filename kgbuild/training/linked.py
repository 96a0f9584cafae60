"""Text in which things are linked over sentences and documents, as tales: DocRED, Re-DocRED and GUM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from kgbuild.identity import normalise
from kgbuild.training.text import read_documents
from kgbuild.training.worlds import Tale
from kgbuild.types import Mention, RelationMention, Segment, Target, TextPosition

_LINKED = 0.4  # share of the stated relations that are given: about what an extractor finds
_TOGETHER = 10  # documents of a tale
_MOST = 5  # mentions of one thing under one name
_LITERALS = frozenset({"TIME", "NUM", "time"})
_AGENT = "linked/1"


def linked_tales(folder: Path, *, documents: int, seed: int) -> Iterator[Tale]:
    """Tales of ten of DocRED's documents with Wikidata items, of ten of GUM's with Wikipedia titles, of one of
    Re-DocRED's, in which a chain is a thing. ``documents`` of each of the first two, a quarter of the last.
    """
    random = Random(f"linked {seed}")
    items = [d for d in read_documents(folder / "docred_extra.jsonl.gz", "train") if d.get("cluster_qid")][:documents]
    titles = [d for d in read_documents(folder / "gum.jsonl.gz", "train") if d.get("wiki")][:documents]
    chains = read_documents(folder / "redocred_train.jsonl.gz", "train")[: documents // 4]
    sets = [
        *_tens([(d, {k: q for k, q in enumerate(d["cluster_qid"]) if q}) for d in items]),
        *_tens([(d, {int(k): t for k, t in d["wiki"].items()}) for d in titles]),
        *([(d, {k: str(k) for k in range(len(d["clusters"]))})] for d in chains),
    ]
    for number, part in enumerate(sets):
        tale, counts = Tale(), Counter[tuple[int, str]]()
        things: dict[str, int] = {}
        for document, named in part:
            _read(document, named, tale, things, counts, random, f"t{number}/{len(tale.segments)}")
        yield tale


def _tens(documents: list[Any]) -> list[list[Any]]:
    return [documents[b : b + _TOGETHER] for b in range(0, len(documents), _TOGETHER)]


def _read(
    document: Mapping[str, Any], named: Mapping[int, str], tale: Tale, things: dict[str, int],
    counts: Counter[tuple[int, str]], random: Random, source: str,
) -> None:  # fmt: skip
    """Adds the mentions of the clusters that have a name, and some of the relations between them."""
    text, starts = "", []
    for words in document["sents"]:
        starts.append(len(text))
        text += " ".join(words) + " "
    tale.segments.append(Segment(f"{source}#s", Target(source, (TextPosition(0, len(text)),)), "text", text))
    forms = [info[0] for info in document.get("mention_info") or ()] or ["named"] * len(document["mentions"])
    first: dict[tuple[int, int], str] = {}
    for cluster, name in sorted(named.items()):
        for number in document["clusters"][cluster]:
            sentence, start, end, kind = document["mentions"][number]
            words = document["sents"][sentence]
            surface = " ".join(words[start:end])
            thing = things.setdefault(name, len(things))
            if kind in _LITERALS or forms[number] == "pronoun" or counts[thing, normalise(surface)] >= _MOST:
                continue
            counts[thing, normalise(surface)] += 1
            at = starts[sentence] + len(" ".join(words[:start])) + (start > 0)
            id = f"{source}#m{number}"
            place = Target(source, (TextPosition(at, at + len(surface)),))
            tale.mentions.append(
                Mention(id, place, surface, "Thing", 1.0, _AGENT, segment=f"{source}#s", context=" ".join(words),
                        nominal=forms[number] == "nominal")
            )  # fmt: skip
            tale.gold[id] = thing
            first.setdefault((cluster, sentence), id)
    for relation in document.get("relations") or ():
        for sentence in relation.get("evidence") or ():
            a, b = first.get((relation["h"], sentence)), first.get((relation["t"], sentence))
            if a and b and random.random() < _LINKED:
                id = f"{source}#r{len(tale.relations)}"
                tale.relations.append(RelationMention(id, a, relation["p"], b, Target(source), 1.0, _AGENT))
