"""The fused encoder on worlds of unseen seeds and names: homonyms told apart, clusters by cosines, throughput.

    python benchmarks/fusion.py [--checkpoints FOLDER] [--weights FOLDER] [--only match|cosines|throughput]
    python benchmarks/fusion.py --only throughput --built FOLDER OUT      # also the sources of a folder, and its build

First table: mentions of things that share a label, pair by pair, by the match heads; `clusters`: average linkage over
the same log-odds. Heads and thresholds come with the weights, from other worlds; each modality alone has a head of its
own, learned from the same pairs. Second table: all mentions of a world by cosines, one threshold for each row, chosen
on the worlds of split `dev`. Throughput: mentions through all frozen encoders and the fusion, source by source: texts,
pictures, both; by one thread in mentions a second of processor time, and by two processes at once.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kgbuild.config import Config
from kgbuild.embeddings import things
from kgbuild.embeddings.fuse import FusedEncoder, frozen, head_name
from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.embeddings.states import StateEncoder
from kgbuild.embeddings.text import mixed
from kgbuild.models.arrays import pixels
from kgbuild.stages import Job, list_sources, load_extraction
from kgbuild.training.fusion import ALONE, Recipe, worlds
from kgbuild.training.fusion_data import Corpus
from kgbuild.training.fusion_match import alike, f1, homonyms, measure_pairs
from kgbuild.training.fusion_measure import choose, measure
from kgbuild.training.worlds import CASES, make_world, tell
from kgbuild.types import Mention, RelationMention, Segment
from kgbuild.workspace import Workspace

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


# A source's mentions, relations and segments, and what gives its pictures: what the frozen encoders take.
Given = tuple[list[Mention], list[RelationMention], list[Segment], Callable[[str], np.ndarray | None]]


def stream(modality: str, seeds: Iterable[int]) -> list[Given]:
    """The sources of some worlds, in order: those of a modality ("text", "picture"), or all ("mixed")."""
    found: list[Given] = []
    for seed in seeds:
        tale = tell(make_world(seed, split="test"))
        sources: dict[str, list[Mention]] = {}
        for m in tale.mentions:
            if modality in ("mixed", "text" if m.modality == "text" else "picture"):
                sources.setdefault(m.target.source, []).append(m)
        for source, mentions in sources.items():
            relations = [r for r in tale.relations if r.target.source == source]
            segments = [s for s in tale.segments if s.target.source == source]
            found.append((mentions, relations, segments, tale.pictures.get))
    return found


def built(folder: Path, out: Path) -> list[Given]:
    """The sources of a folder as its build in ``out`` read them."""
    job = Job.of(folder, Workspace(out), Config.load())
    cache, found = job.store(), list[Given]()
    for source in list_sources(job)[0]:
        reading, extraction = load_extraction(job, source)
        shown = {s.blob: cache.get("blobs", s.blob) for s in reading.segments if s.blob}
        decoded = {blob: pixels(png) for blob, png in shown.items() if png}
        found.append((things(extraction), list(extraction.relations), list(reading.segments), decoded.get))
    return found


def encode(encoder: StateEncoder, fused: FusedEncoder, given: Sequence[Given]) -> tuple[int, float, float]:
    """Mentions, and seconds of processor time: of the frozen encoders, which know no name yet, and of the fusion."""
    encoder.text.forget()
    count, states_s, fused_s = 0, 0.0, 0.0
    for mentions, relations, segments, picture in given:
        start = time.process_time()
        states = encoder(mentions, relations, segments, picture)
        middle = time.process_time()
        fused.fuse(states)
        count += len(mentions)
        states_s, fused_s = states_s + middle - start, fused_s + time.process_time() - middle
    return count, states_s, fused_s


def throughput(encoder: StateEncoder, fused: FusedEncoder, given: dict[str, list[Given]]) -> None:
    """Mentions a second of processor time, and of the fusion alone."""
    for name, sources in given.items():
        count, states_s, fused_s = encode(encoder, fused, sources)
        print(
            f"{name}: {count / (states_s + fused_s):.0f} mentions/s of processor time, {count / fused_s:.0f} in "
            f"the fusion alone ({count} mentions of {len(sources)} sources, {torch.get_num_threads()} thread)",
            flush=True,
        )


def _half(barrier: Any, modality: str, seeds: Sequence[int], told: Any) -> None:
    torch.set_num_threads(1)
    encoder, tower = frozen(Config.load())
    fused, given = FusedEncoder(tower_sha256=tower), stream(modality, seeds)
    encode(encoder, fused, given[:2])
    barrier.wait()
    start = time.monotonic()
    count, states_s, fused_s = encode(encoder, fused, given)
    told.put((count, start, time.monotonic(), states_s + fused_s))


def two_cores(modality: str, worlds: int = 3) -> None:
    """Two processes at once, each with worlds of its own: mentions a second of the clock, and of processor time."""
    context = multiprocessing.get_context("spawn")
    barrier, told = context.Barrier(2), context.Queue()
    seeds = [range(3000 + n * worlds, 3000 + (n + 1) * worlds) for n in (0, 1)]
    halves = [context.Process(target=_half, args=(barrier, modality, own, told)) for own in seeds]
    for process in halves:
        process.start()
    found = [told.get() for _ in halves]
    for process in halves:
        process.join()
    count, cpu = sum(f[0] for f in found), sum(f[3] for f in found)
    clock = max(f[2] for f in found) - min(f[1] for f in found)
    print(
        f"{modality}, two processes at once: {count / clock:.0f} mentions/s of the clock, {2 * count / cpu:.0f} of "
        f"two cores' processor time (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, help="folder that keeps the states of the frozen encoders")
    parser.add_argument("--weights", type=Path, help="folder with fusion.safetensors; default: those shipped")
    parser.add_argument("--only", choices=("match", "cosines", "throughput"))
    parser.add_argument(
        "--built", type=Path, nargs=2, metavar=("FOLDER", "OUT"), help="throughput of these sources too"
    )
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
        given = {m: stream(m, range(3000, 3003)) for m in ("text", "picture", "mixed")}
        given |= {str(options.built[0]): built(*options.built)} if options.built else {}
        throughput(encoder, networks["attention"], given)
        for modality in ("text", "picture", "mixed"):
            two_cores(modality)


if __name__ == "__main__":
    main()
