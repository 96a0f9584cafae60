"""Relations in context from the annotated sets, each with the properties that hold."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgbuild.embeddings.relation import Context
from kgbuild.training.text import read_documents

# The relations on which zero-shot typing is measured: never in training, not even as negatives.
UNSEEN = ("P177", "P410", "P412", "P921")

# SemEval-2010 task 8: label, description, aliases, written for this project.
SEMEVAL: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "Cause-Effect": (
        "causes",
        "something brings about an effect; the object is the result of the subject",
        ("leads to", "results in", "triggers", "produces", "is the cause of"),
    ),
    "Component-Whole": (
        "component of",
        "the subject is a component or piece of the larger object",
        ("part of", "belongs to", "is fitted in"),
    ),
    "Content-Container": (
        "contained in",
        "the subject is physically stored or kept inside the object, a container",
        ("inside", "stored in", "held in", "packed in"),
    ),
    "Entity-Destination": (
        "moves to",
        "the subject is moved, sent or put into the object, its destination",
        ("put into", "sent to", "delivered to", "poured into"),
    ),
    "Entity-Origin": (
        "comes from",
        "the subject comes or is derived from the object, its origin, source or material",
        ("derived from", "originates from", "made from", "left"),
    ),
    "Instrument-Agency": (
        "used by",
        "the subject is a tool or instrument that the object, an agent, uses",
        ("operated by", "wielded by", "instrument of", "employed by"),
    ),
    "Member-Collection": (
        "member of collection",
        "the subject is one of the members that form the object, a group or collection",
        ("belongs to the group", "one of the", "in the flock of"),
    ),
    "Message-Topic": (
        "is about",
        "the subject is a message, speech or text that deals with the object, its topic",
        ("discusses", "deals with", "describes", "concerning"),
    ),
    "Product-Producer": (
        "produced by",
        "the subject is a product made or built by the object, its producer",
        ("made by", "built by", "manufactured by", "created by"),
    ),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A relation in context, the set it is from, and the properties that hold (none: no relation)."""

    family: str
    context: Context
    properties: tuple[str, ...]


def property_texts(data: Path) -> dict[str, tuple[str, str, Sequence[str]]]:
    """Label, description and aliases by id: Wikidata's properties, then SemEval's relations."""
    rows = read_documents(data / "wikidata_properties.jsonl.gz")
    texts: dict[str, tuple[str, str, Sequence[str]]] = {
        r["p"]: (r["name"], r["description"] or "", r["aliases"]) for r in rows
    }
    return texts | SEMEVAL


def symmetric(data: Path) -> frozenset[str]:
    """Properties that hold in both directions."""
    known = json.loads((data / "properties.json").read_text("utf-8"))
    return frozenset(p for p, facts in known.items() if facts["symmetric"])


def fewrel(data: Path, split: str) -> list[Example]:
    """Sentences of FewRel; ``split`` is ``train`` or ``zero_shot``."""
    rows = read_documents(data / "fewrel.jsonl.gz", split)
    return [Example("fewrel", _context(r["tokens"], r["h"], r["t"]), (r["p"],)) for r in rows]


def training_examples(data: Path, *, cap: int, seed: int) -> list[Example]:
    """At most ``cap`` of each relation of each set, without the unseen relations, and as many without relation."""
    rng = random.Random(seed)
    groups: dict[tuple[str, tuple[str, ...]], list[Example]] = {}
    for e in (*fewrel(data, "train"), *_semeval(data), *_knowledgenet(data), *_redocred(data, rng)):
        if not set(e.properties) & set(UNSEEN) and e.context.subject[0] != e.context.object[0]:
            groups.setdefault((e.family, e.properties), []).append(e)
    made = []
    for (_, properties), found in sorted(groups.items(), key=lambda g: g[0]):
        limit = cap if properties else 20 * cap
        made += found if len(found) <= limit else rng.sample(found, limit)
    return made


def _context(tokens: Sequence[str], subject: Sequence[int], object: Sequence[int]) -> Context:
    starts = [0]
    for token in tokens:
        starts.append(starts[-1] + len(token) + 1)
    (a, b), (c, d) = ((starts[s[0]], starts[s[1] - 1] + len(tokens[s[1] - 1])) for s in (subject, object))
    return Context(" ".join(tokens), (a, b), (c, d))


def _semeval(data: Path) -> Iterator[Example]:
    for r in read_documents(data / "semeval.jsonl.gz", "train"):
        ends = (r["h"], r["t"]) if r["direction"] == "e1,e2" else (r["t"], r["h"])
        yield Example("semeval", _context(r["tokens"], *ends), (r["p"],))


def _knowledgenet(data: Path) -> Iterator[Example]:
    for r in read_documents(data / "knowledgenet.jsonl.gz", "train"):
        for f in r["facts"]:
            context = Context(r["text"], tuple(f["s"]), tuple(f["o"]))
            yield Example("knowledgenet", context, tuple(sorted(f["p"].split("|"))))


def _redocred(data: Path, rng: random.Random) -> Iterator[Example]:
    """Pairs of mentions inside a sentence; one in eight of the pairs that no relation holds between."""
    for document in read_documents(data / "redocred_train.jsonl.gz", "train"):
        yield from _document(document, rng)


def _document(document: dict[str, Any], rng: random.Random) -> Iterator[Example]:
    truth: dict[tuple[int, int], list[str]] = {}
    for r in document["relations"]:
        truth.setdefault((r["h"], r["t"]), []).append(r["p"])
    cluster = {m: c for c, members in enumerate(document["clusters"]) for m in members}
    for i, (sentence, *subject, _) in enumerate(document["mentions"]):
        for j, (other, *object, _) in enumerate(document["mentions"]):
            a, b = cluster.get(i), cluster.get(j)
            if sentence != other or a is None or b is None or a == b:
                continue
            holds = tuple(sorted(truth.get((a, b), ())))
            if holds or ((b, a) not in truth and rng.random() < 1 / 8):
                yield Example("redocred", _context(document["sents"][sentence], subject, object), holds)
