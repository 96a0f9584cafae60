"""Align a made-up corpus of a given size; print seconds of each part, peak memory and pairwise F1.

    python benchmarks/align_scale.py --mentions 100000

Things are mentioned with Zipf frequencies, each under its name, a shortened name, an acronym or a spelling slip; some
things share a name with another one. A vector is the sum of random vectors of the words, three parts name, one part
context, as the text encoder weighs them.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter

import numpy as np

from kgbuild.config import Config
from kgbuild.entities import align
from kgbuild.types import EmbeddingTable, Mention, Target, TextPosition

_WIDTH, _WORDS, _TOPIC = 384, 30_000, 6
_SYLLABLES = [c + v + e for c in "bdfgklmnprstvz" for v in "aeiou" for e in ("", "n", "r", "s", "l")]


def word(number: int) -> str:
    parts = []
    while True:
        number, rest = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[rest])
        if not number:
            return "".join(parts) if len(parts) > 1 else parts[0] + "o"


def corpus(size: int, seed: int) -> tuple[list[Mention], EmbeddingTable, list[int]]:
    """Mentions, their vectors, and the thing that each one is."""
    rng = np.random.default_rng(seed)
    things = max(2, size // 4)
    vocabulary = [word(i) for i in range(_WORDS)]
    directions = rng.standard_normal((_WORDS, _WIDTH), dtype=np.float32)
    lengths = rng.choice([1, 2, 3], things, p=[0.3, 0.5, 0.2])
    common = (rng.zipf(1.3, (things, 3)) - 1) % _WORDS  # the last word is often a common one: "river", "company"
    names = np.where(np.arange(3) == lengths[:, None] - 1, common, rng.integers(0, _WORDS, (things, 3)))
    twins = rng.integers(0, things, things // 30)
    names[twins], lengths[twins] = names[(twins + 1) % things], lengths[(twins + 1) % things]
    topics = rng.integers(0, _WORDS, (things, _TOPIC))
    thing = (rng.zipf(1.2, size) - 1) % things
    form = rng.choice(4, size, p=[0.8, 0.1, 0.05, 0.05])
    matrix = np.empty((size, _WIDTH), np.float32)
    mentions = []
    for i, t in enumerate(thing.tolist()):
        own = names[t, : lengths[t]].tolist()
        said = [vocabulary[w].capitalize() for w in own]
        if form[i] == 1 and len(own) > 1:
            said, own = said[:-1], own[:-1]
        elif form[i] == 2 and len(own) > 2:
            said = ["".join(w[0] for w in said)]
        elif form[i] == 3 and len(said[0]) > 4:
            said[0] = said[0][:2] + said[0][3] + said[0][2] + said[0][4:]
        around = [*rng.choice(topics[t], 3).tolist(), *rng.integers(0, _WORDS, 5).tolist()]
        surface, text = " ".join(said), " ".join(vocabulary[w] for w in around)
        matrix[i] = 0.75 * _unit(directions[own].sum(0)) + 0.25 * _unit(directions[around].sum(0))
        target = Target(f"https://x.org/source/{i // 20}", (TextPosition(i % 20 * 100, i % 20 * 100 + len(surface)),))
        mentions.append(Mention(f"{target.source}#m{i:08d}", target, surface, "Thing", 0.9, "text/1",
                                context=f"{text} {surface}"))  # fmt: skip
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return mentions, EmbeddingTable("synthetic", tuple(m.id for m in mentions), matrix), thing.tolist()


def _unit(vector: np.ndarray) -> np.ndarray:
    made: np.ndarray = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mentions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    mentions, table, thing = corpus(options.mentions, options.seed)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    wall, cpu = time.monotonic(), time.process_time()
    found = align(mentions, table, config=Config.load())
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    truth = {m.id: t for m, t in zip(mentions, thing, strict=True)}
    both = Counter((n, truth[m]) for n, e in enumerate(found.entities) for m in e.mentions)
    sizes = (both, Counter(truth.values()), Counter(n for n, e in enumerate(found.entities) for _ in e.mentions))
    hit, wanted, made = (sum(c * (c - 1) // 2 for c in count.values()) for count in sizes)
    print(
        f"{len(mentions)} mentions, {len(found.entities)} entities: {wall:.0f} s, {cpu:.0f} s of processor; "
        f"peak {peak:.1f} GB, of which {held:.1f} GB are the mentions and vectors themselves; "
        f"pairwise P {hit / max(1, made):.3f} R {hit / max(1, wanted):.3f} F1 {2 * hit / max(1, made + wanted):.3f}"
    )


if __name__ == "__main__":
    main()
