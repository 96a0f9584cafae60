"""Zero-shot typing of relations: FewRel's four unseen relations, by label and description alone.

    python benchmarks/zero_shot.py ../shared/text [--weights FOLDER]

Rows: the frozen MiniLM (sentence against "label: description") and the relation encoder.
Columns: accuracy among the four, among all properties of Wikidata (first, among the
first ten), and how often the relation scores higher forward than read backward.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from kgbuild.config import Config
from kgbuild.embeddings.relation import RelationEncoder
from kgbuild.embeddings.text import TextEncoder
from kgbuild.training.relation_data import SEMEVAL, UNSEEN, fewrel, property_texts


def row(name: str, scores: np.ndarray, right: np.ndarray, four: list[int], backward: np.ndarray | None) -> None:
    own = scores[np.arange(len(right)), right]
    rank = (scores > own[:, None]).sum(1)
    among = np.array(four)[scores[:, four].argmax(1)] == right
    each = " ".join(f"{p} {among[right == k].mean():.3f}" for p, k in zip(UNSEEN, four, strict=True))
    forward = "" if backward is None else f"{(own > backward[np.arange(len(right)), right]).mean():.3f}"
    print(
        f"| {name} | {among.mean():.3f} ({each}) | {(rank < 1).mean():.3f} | {(rank < 10).mean():.3f} | {forward} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--weights", type=Path, help="folder with relation.safetensors; default: those shipped")
    options = parser.parse_args()
    config = Config.load()
    text = TextEncoder(config)
    encoder = RelationEncoder(config, text=text, folder=options.weights)
    examples = fewrel(options.data, "zero_shot")
    texts = {p: t for p, t in property_texts(options.data).items() if p not in SEMEVAL}
    place = {p: i for i, p in enumerate(texts)}
    right = np.array([place[e.properties[0]] for e in examples])
    four = [place[p] for p in UNSEEN]
    print(f"{len(examples)} sentences, {len(texts)} properties")
    print("| | of four | of all: first | of all: first ten | forward over backward |\n|---|---|---|---|---|")
    named = encoder.parts.properties(list(texts.values()))
    row("frozen MiniLM", text.encode([e.context.text for e in examples]) @ named[:, 1].T, right, four, None)
    properties = encoder.project("property", named).T
    forward = encoder.relations([e.context for e in examples]) @ properties
    turned = [replace(e.context, subject=e.context.object, object=e.context.subject) for e in examples]
    row("relation encoder", forward, right, four, encoder.relations(turned) @ properties)


if __name__ == "__main__":
    main()
