"""The fused encoder on worlds of unseen seeds and names: pairwise F1 of clusters, homonyms by themselves; throughput.

    python benchmarks/fusion.py [--checkpoints FOLDER] [--alone ../shared] [--weights FOLDER]

Each row chooses one threshold on some worlds (names of split ``dev``) and is measured on others (``test``).
Rows: MiniLM's mention vectors; the shipped networks; the attention network looking at some modalities only; with
``--alone``, networks that were trained on one modality with the same recipe (some minutes each). A mention that
has none of a row's modalities stays alone. Throughput: a text's or picture's mentions through all frozen encoders
and the fusion, in mentions a second of processor time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from kgbuild.config import Config
from kgbuild.embeddings.fuse import FusedEncoder, frozen
from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.embeddings.states import StateEncoder
from kgbuild.embeddings.text import mixed
from kgbuild.training.fusion import Recipe, fit, prepare
from kgbuild.training.fusion_batches import has_any
from kgbuild.training.fusion_data import Corpus
from kgbuild.training.fusion_measure import choose, measure
from kgbuild.training.worlds import make_world, tell

COLUMNS = (
    "all",
    "homonyms",
    "kind",
    "context",
    "look",
    "both",
    "text and text",
    "picture and picture",
    "text and picture",
)
SUBSETS = (("text",), ("picture",), ("layout",), ("links",), ("text", "links"), ("text", "picture"))


def row(name: str, chosen: tuple[Corpus, np.ndarray], tested: tuple[Corpus, np.ndarray], keep: Sequence[str]) -> None:
    threshold = choose(*chosen, has_any(chosen[0], keep))
    found = measure(*tested, threshold, has_any(tested[0], keep))
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
    parser.add_argument("--alone", type=Path, help="the data of the training: also train on single modalities")
    parser.add_argument("--weights", type=Path, help="folder with fusion.safetensors; default: those shipped")
    options = parser.parse_args()
    torch.set_num_threads(1)
    encoder, tower = frozen(Config.load())
    fused = FusedEncoder(folder=options.weights, tower_sha256=tower)
    recipe = Recipe(**fused.facts["recipe"])
    if options.alone is None:
        recipe = recipe.but(["worlds=1", "documents=0"])
    data = prepare(options.alone, encoder, recipe, keep=options.checkpoints, key=tower)
    print(f"| | {' | '.join(COLUMNS)} | threshold |\n|---|{'---|' * (len(COLUMNS) + 1)}")
    plain = [(c, mixed(c.states.words[:, 0].astype(np.float32), c.states.words[:, 1].astype(np.float32)))
             for c in (data.chosen, data.tested)]  # fmt: skip
    row("MiniLM, name and sentence", *plain, ("text",))
    for mode in fused.facts["modes"]:
        network = FusedEncoder(mode, folder=options.weights)
        chosen, tested = ((c, network.fuse(c.states).vectors) for c in (data.chosen, data.tested))
        row(f"fused, {mode}", chosen, tested, MODALITIES)
    for keep in SUBSETS:
        chosen, tested = ((c, fused.fuse(c.states, keep=keep).vectors) for c in (data.chosen, data.tested))
        row(f"fused, attention, {' and '.join(keep)} only", chosen, tested, keep)
    if options.alone is not None:
        from kgbuild.training.fusion import embedded

        for keep in SUBSETS[:5]:
            model = fit(data.train, recipe, keep=keep)
            chosen, tested = ((c, embedded(model, c, keep)[0]) for c in (data.chosen, data.tested))
            row(f"trained on {' and '.join(keep)} only", chosen, tested, keep)
    throughput(encoder, fused)


if __name__ == "__main__":
    main()
