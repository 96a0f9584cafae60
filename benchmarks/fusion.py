"""The fused encoder on worlds of unseen seeds and names: homonyms told apart, clusters by cosines, throughput.

    python benchmarks/fusion.py [--checkpoints FOLDER] [--weights FOLDER] [--only match|cosines|throughput]

First table: mentions of things that share a label, pair by pair, by the match heads; `clusters`: average linkage over
the same log-odds. Heads and thresholds come with the weights, from other worlds; each modality alone has a head of its
own, learned from the same pairs. Second table: all mentions of a world by cosines, one threshold for each row, chosen
on the worlds of split `dev`. Throughput: a text's or picture's mentions through all frozen encoders and the fusion, in
mentions a second of processor time, on one thread.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from kgbuild.config import Config
from kgbuild.embeddings.fuse import FusedEncoder, frozen, head_name
from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.embeddings.states import StateEncoder
from kgbuild.embeddings.text import mixed
from kgbuild.training.fusion import ALONE, Recipe, worlds
from kgbuild.training.fusion_data import Corpus
from kgbuild.training.fusion_match import alike, f1, homonyms, measure_pairs
from kgbuild.training.fusion_measure import choose, measure
from kgbuild.training.worlds import CASES, make_world, tell

MATCHED = ("AUC", "pairs", *CASES, "clusters")
COLUMNS = ("all", "homonyms", *CASES, "text and text", "picture and picture", "text and picture")


def table(title: str, columns: tuple[str, ...]) -> None:
    print(f"\n| {title} | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")


def matches(tested: Corpus, networks: dict[str, FusedEncoder]) -> None:
    """Homonyms by the match heads: a row for each modality alone, for each mode."""
    table("match head", MATCHED)
    tested = alike(tested)
    pairs = homonyms(tested)
    every = np.ones(len(pairs.same), bool)
    joined = [f1(pairs.same[pairs.case == n], every[pairs.case == n]) for n in range(len(CASES))]
    blind = [0.5, f1(pairs.same, every), *joined, f1(pairs.same, every)]
    print("| all of one label joined | " + " | ".join(f"{v:.3f}" for v in blind) + " |")
    rows = [("attention", keep) for keep in ALONE] + [(mode, MODALITIES) for mode in ("mean", "max", "attention")]
    for mode, keep in rows:
        network = networks[mode]
        head = network.heads[head_name(mode, keep)]
        log_odds = network.match(
            tested.states, network.fuse(tested.states, keep=keep), pairs.left, pairs.right, keep=keep
        )
        found = measure_pairs(pairs, log_odds, head.alone, head.together)
        name = f"fused, {mode}" if keep == MODALITIES else f"{' and '.join(keep)} only"
        print(f"| {name} | " + " | ".join(f"{found[c]:.3f}" for c in MATCHED) + " |", flush=True)


def cosines(chosen: Corpus, tested: Corpus, networks: dict[str, FusedEncoder]) -> None:
    """All mentions of a world in clusters by the cosines of their vectors."""
    table("cosines", (*COLUMNS, "threshold"))

    def plain(corpus: Corpus) -> np.ndarray:
        name, sentence = (corpus.states.words[:, k].astype(np.float32) for k in (0, 1))
        return mixed(name, sentence)

    rows = {"MiniLM, name and sentence": (plain(chosen), plain(tested))}
    rows |= {
        f"fused, {mode}": (n.fuse(chosen.states).vectors, n.fuse(tested.states).vectors) for mode, n in networks.items()
    }
    for name, (of_chosen, of_tested) in rows.items():
        threshold = choose(chosen, of_chosen, np.ones(len(chosen), bool))
        found = measure(tested, of_tested, threshold, np.ones(len(tested), bool))
        print(f"| {name} | " + " | ".join(f"{found[c]:.3f}" for c in COLUMNS) + f" | {threshold:.2f} |", flush=True)


def throughput(encoder: StateEncoder, fused: FusedEncoder, worlds: int = 3) -> None:
    """Mentions a second of processor time, of texts and of pictures, and of the fusion alone."""
    for modality in ("text", "picture"):
        count, states_s, fused_s = 0, 0.0, 0.0
        for seed in range(3000, 3000 + worlds):
            tale = tell(make_world(seed, split="test"))
            sources: dict[str, list[int]] = {}
            for n, m in enumerate(tale.mentions):
                if (m.modality == "text") == (modality == "text"):
                    sources.setdefault(m.target.source, []).append(n)
            for source, rows in sources.items():
                mentions = [tale.mentions[n] for n in rows]
                relations = [r for r in tale.relations if r.target.source == source]
                segments = [s for s in tale.segments if s.target.source == source]
                start = time.process_time()
                states = encoder(mentions, relations, segments, tale.pictures.get)
                middle = time.process_time()
                fused.fuse(states)
                count += len(mentions)
                states_s, fused_s = states_s + middle - start, fused_s + time.process_time() - middle
        print(
            f"{modality}: {count / (states_s + fused_s):.0f} mentions/s of processor time, {count / fused_s:.0f} in "
            f"the fusion alone ({count} mentions, {torch.get_num_threads()} thread)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, help="folder that keeps the states of the frozen encoders")
    parser.add_argument("--weights", type=Path, help="folder with fusion.safetensors; default: those shipped")
    parser.add_argument("--only", choices=("match", "cosines", "throughput"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    encoder, tower = frozen(Config.load())
    networks = {m: FusedEncoder(m, folder=options.weights, tower_sha256=tower) for m in ("attention", "max", "mean")}
    recipe = Recipe(**networks["attention"].facts["recipe"])
    kept = {"keep": options.checkpoints, "key": tower}
    if options.only != "throughput":
        tested = worlds("test", recipe.tested, encoder, **kept)
        if options.only != "cosines":
            matches(tested, networks)
        if options.only != "match":
            cosines(worlds("dev", recipe.chosen, encoder, **kept), tested, networks)
    if options.only in (None, "throughput"):
        throughput(encoder, networks["attention"])


if __name__ == "__main__":
    main()
