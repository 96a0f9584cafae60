"""Fine types of entities without training, on CrossNER's gold spans: classes known by label, description and names.

    python benchmarks/fine_types.py ../shared/text [--fit] [--vectors FILE.npz]

Labels, descriptions and names of CrossNER's types are ours (``fine_types.tsv``). Each mention is an entity of its own.
``own ontology``: the types of the domain as a user's classes, below the coarse class given with the span; ``no coarse
class``: all types of the domain, for a thing of unknown class; ``general``: the classes of the built-in ontology, the
coarse class as the text model knows it (person, organisation, place, thing), and CrossNER's types mapped to them.

Right: share of all mentions with a fine type whose likest class is theirs. At the threshold: precision of the classes
given (also those given where CrossNER says only person, place ...), and share of mentions with a fine type that got it.
``misc``, and types that the general ontology has no class for, are left out. ``--fit`` makes the means and the
calibration anew, from the train sentences alone. ``--vectors`` keeps the vectors of the mentions for another time.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kgbuild.config import Config
from kgbuild.embeddings.relation import RelationParts
from kgbuild.embeddings.text import TextEncoder
from kgbuild.statements import Ontology, fine, load_ontology
from kgbuild.training.text import read_documents
from kgbuild.types import Entity, Mention, Target
from kgbuild.vocab import GENERAL

MINE = "https://example.org/crossner#"
COARSE = {"person", "location", "organisation", "event"}
MODES = ("own ontology", "no coarse class", "general")


@dataclass(frozen=True)
class Case:
    domain: str
    split: str
    type: str
    mention: Mention


def cases(data: Path) -> list[Case]:
    """Every mention of CrossNER but those of type misc."""
    found = []
    for row in read_documents(data / "crossner.jsonl.gz"):
        (tokens,) = row["sents"]
        for _, start, end, kind in row["mentions"]:
            if kind != "misc":
                id, surface = f"m{len(found)}", " ".join(tokens[start:end])
                mention = Mention(id, Target("s"), surface, "Thing", 1.0, "gold/1", context=" ".join(tokens))
                found.append(Case(row["domain"], row["split"], kind, mention))
    return found


def types() -> dict[str, dict[str, str]]:
    with Path(__file__).with_suffix(".tsv").open(encoding="utf-8", newline="") as file:
        return {row["type"]: row for row in csv.DictReader(file, delimiter="\t")}


def own_ontology(names: set[str]) -> Ontology:
    """These types as a user's ontology."""
    lines = ["@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> ."]
    lines += [f"@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix gen: <{GENERAL}> ."]
    for name, t in types().items():
        if name in names:
            aliases = "".join(f' ; skos:altLabel "{a}"' for a in t["aliases"].split("|"))
            lines.append(
                f'<{MINE}{name}> a owl:Class ; rdfs:subClassOf gen:{t["class"]} ; rdfs:label "{t["label"]}" ; '
            )
            lines.append(f'rdfs:comment "{t["description"]}"{aliases} .')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "crossner.ttl")
        path.write_text("\n".join(lines), "utf-8")
        return load_ontology([str(path)])


class Bench:
    def __init__(self, found: list[Case], vectors: np.ndarray, parts: RelationParts) -> None:
        self.cases, self.types = found, types()
        self.vectors = {c.mention.id: v for c, v in zip(found, vectors, strict=True)}
        self.texts: dict[str, np.ndarray] = {}
        self.parts = parts
        self.inventory = {d: {c.type for c in found if c.domain == d} for d in {c.domain for c in found}}

    def matrix(self, ontology: Ontology) -> tuple[tuple[str, ...], np.ndarray]:
        """IRIs of the classes and the vectors of their texts; each is encoded once."""
        classes = fine.fine_classes(ontology)
        new = [c for c in classes if c.iri not in self.texts]
        made = self.parts.properties([(c.label, c.description, c.aliases) for c in new])
        self.texts |= {c.iri: v for c, v in zip(new, made, strict=True)}
        return tuple(c.iri for c in classes), np.stack([self.texts[c.iri] for c in classes])

    def typer(self, ontology: Ontology) -> fine.FineTyper:
        iris, parts = self.matrix(ontology)
        return fine.FineTyper(fine.ClassTable(iris, fine.class_matrix(parts)), ontology, self.vectors, threshold=0.0)

    def rows(self, mode: str, split: str) -> Iterator[tuple[str, str, tuple[str, float, float], bool, bool]]:
        """(domain, coarse class given, likest class with cosine and rival, is it right, is a fine type known)."""
        general = load_ontology(["general"])
        for domain in sorted(self.inventory):
            inventory = self.inventory[domain]
            if mode == "general":
                ontology = general
            else:
                ontology = own_ontology(inventory - COARSE if mode == "own ontology" else inventory)
            typer = self.typer(ontology)
            mapped = {g for t in inventory for g in self.types[t]["general"].split()}
            for case in (c for c in self.cases if c.domain == domain and c.split == split):
                t = self.types[case.type]
                kind = "Thing" if mode == "no coarse class" else t["class"]
                if mode == "general" and kind not in ("Person", "Organisation", "Place"):
                    kind = "Thing"
                (likest,) = typer.best([Entity("e", case.mention.surface, (), (kind,), (case.mention.id,))])
                if likest is None:
                    continue
                given = likest[0].rpartition("#")[2]
                if mode != "general":
                    known = case.type not in COARSE or mode == "no coarse class"
                    yield domain, kind, likest, given == case.type, known
                elif t["general"]:
                    above = {a.rpartition("#")[2] for a in ontology.above(likest[0])}
                    yield domain, kind, likest, bool(above & set(t["general"].split())), True
                elif case.type in COARSE and given in mapped:  # CrossNER would say so if it were one
                    yield domain, kind, likest, False, False

    def fit(self) -> list[float]:
        """Weights of the calibration, from the train sentences in the two modes with a coarse class."""
        rows = [r for mode in ("own ontology", "general") for r in self.rows(mode, "train")]
        x = np.array([(1, s, s - max(rival, 0), kind == "Thing") for _, kind, (_, s, rival), _, _ in rows])
        y, w = np.array([float(r[3]) for r in rows]), np.zeros(4)
        for _ in range(40):  # Newton's method, with a weak prior
            p = 1 / (1 + np.exp(-x @ w))
            w += np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-2 * np.eye(4), x.T @ (y - p) - 1e-2 * w)
        return [round(float(v), 3) for v in w]


def measure(bench: Bench, split: str, threshold: float) -> None:
    weights = fine.facts()["weights"]
    for mode in MODES:
        rows = list(bench.rows(mode, split))
        for domain in [*sorted(bench.inventory), "all"]:
            some = [r for r in rows if domain in ("all", r[0])]
            known = sum(r[4] for r in some)
            given = [r for r in some if fine.chance(r[2][1], r[2][2], r[1] == "Thing", weights) >= threshold]
            right = sum(r[3] for r in given)
            print(
                f"| {mode} | {domain} | {known} | {sum(r[3] for r in some) / known:.3f} "
                f"| {right / max(1, len(given)):.3f} | {right / known:.3f} |"
            )


def keep(made: dict[str, list[float]]) -> None:
    path = Path(fine.__file__).parents[1] / "weights" / "types.json"
    path.write_text(json.dumps(made) + "\n", "utf-8")
    fine.facts.cache_clear()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fit", action="store_true", help="make kgbuild/weights/types.json anew")
    parser.add_argument("--vectors", type=Path, help="file that keeps the vectors of the mentions")
    parser.add_argument("--threshold", type=float, default=Config.load()["statements"]["fine_typing_threshold"])
    options = parser.parse_args()
    found, encoder = cases(options.data), TextEncoder(Config.load())
    if options.vectors and options.vectors.is_file():
        vectors = np.load(options.vectors)["vectors"]
    else:
        vectors = encoder.mentions([c.mention for c in found])
        if options.vectors:
            np.savez(options.vectors, vectors=vectors)
    bench = Bench(found, vectors, RelationParts(encoder))
    if options.fit:
        mean = vectors[[c.split == "train" for c in found]].mean(0)
        means = bench.matrix(load_ontology(["general"]))[1][:, 1:].mean(0)
        made = {"weights": [0.0] * 4, "mention_mean": mean.round(5).tolist(), "class_means": means.round(5).tolist()}
        keep(made)
        made["weights"] = bench.fit()  # to what the means give
        keep(made)
        print("weights", made["weights"])
    head = f"| classes | domain | mentions with a fine type | right | precision at {options.threshold:g} | got it |"
    for split in ("train", "dev"):
        print(f"\n{split}\n{head}\n|---|---|---|---|---|---|")
        measure(bench, split, options.threshold)


if __name__ == "__main__":
    main()
