"""Align a made-up corpus of a given size; print seconds of each part, peak memory and pairwise F1.

    python benchmarks/align_scale.py --mentions 1000000

One thing for each two mentions, mentioned with Zipf's frequencies (the n-th most frequent one 1/n as often as the
first), 20 mentions to a source. Its name has one to three words, the last one often a common word; one in thirty
things bears the name of another one. Four of five mentions say the whole name, the others a shortened name, an
acronym or a spelling slip. The words around a mention are three of its thing's six topics and five of any. Vectors
are sums of random vectors of the words: three parts name, one part context, as the text encoder weighs them; states
in context (as a build has them) of name and topics, and of the words around.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter

import numpy as np

from kgbuild.config import Config
from kgbuild.embeddings.around import OWN, REST, SPACE
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


def corpus(size: int, seed: int) -> tuple[list[Mention], EmbeddingTable, list[int], EmbeddingTable]:
    """Mentions, their vectors, the thing that each one is, and states in context."""
    rng = np.random.default_rng(seed)
    things = max(2, size // 2)
    vocabulary = [word(i) for i in range(_WORDS)]
    directions = rng.standard_normal((_WORDS + 1, _WIDTH), dtype=np.float32)
    own_way, around_way = (rng.standard_normal((_WORDS + 1, d), dtype=np.float32) for d in (OWN, REST))
    directions[-1] = own_way[-1] = around_way[-1] = 0  # of no word
    lengths = rng.choice([1, 2, 3], things, p=[0.3, 0.5, 0.2])
    common = (rng.zipf(1.3, (things, 3)) - 1) % _WORDS  # the last word is often a common one: "river", "company"
    names = np.where(np.arange(3) == lengths[:, None] - 1, common, rng.integers(0, _WORDS, (things, 3)))
    twins = rng.integers(0, things, things // 30)
    names[twins], lengths[twins] = names[(twins + 1) % things], lengths[(twins + 1) % things]
    topics = rng.integers(0, _WORDS, (things, _TOPIC))
    often = 1 / np.arange(1, things + 1)
    thing = rng.choice(things, size, p=often / often.sum())
    form = rng.choice(4, size, p=[0.8, 0.1, 0.05, 0.05])
    said = lengths[thing] - ((form == 1) & (lengths[thing] > 1))
    own = np.where(np.arange(3) < said[:, None], names[thing], _WORDS)
    chosen = rng.integers(0, _TOPIC, (size, 3))
    around = np.concatenate([topics[thing[:, None], chosen], rng.integers(0, _WORDS, (size, 5))], 1)
    matrix, states = np.empty((size, _WIDTH), np.float32), np.empty((size, OWN + REST), np.float32)
    for at in range(0, size, 4096):
        a, b = own[at : at + 4096], around[at : at + 4096]
        part = slice(at, at + len(a))
        matrix[part] = _unit(0.75 * _unit(directions[a].sum(1)) + 0.25 * _unit(directions[b].sum(1)))
        noise = rng.standard_normal((len(a), OWN), dtype=np.float32)
        states[part, :OWN] = _unit(_unit(own_way[a].sum(1)) + _unit(own_way[b[:, :3]].sum(1)) + 0.7 * _unit(noise))
        states[part, OWN:] = _unit(around_way[b].sum(1))
    mentions = []
    for i, (f, a, b) in enumerate(zip(form.tolist(), own.tolist(), around.tolist(), strict=True)):
        words = [vocabulary[w].capitalize() for w in a if w < _WORDS]
        if f == 2 and len(words) > 2:
            words = ["".join(w[0] for w in words)]
        elif f == 3 and len(words[0]) > 4:
            words[0] = words[0][:2] + words[0][3] + words[0][2] + words[0][4:]
        surface, text = " ".join(words), " ".join(vocabulary[w] for w in b)
        target = Target(f"https://x.org/source/{i // 20}", (TextPosition(i % 20 * 100, i % 20 * 100 + len(surface)),))
        mentions.append(Mention(f"{target.source}#m{i:08d}", target, surface, "Thing", 0.9, "text/1",
                                context=f"{text} {surface}"))  # fmt: skip
    ids = tuple(m.id for m in mentions)
    return mentions, EmbeddingTable("synthetic", ids, matrix), thing.tolist(), EmbeddingTable(SPACE, ids, states)


def _unit(rows: np.ndarray) -> np.ndarray:
    made: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mentions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    mentions, table, thing, states = corpus(options.mentions, options.seed)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    wall, cpu = time.monotonic(), time.process_time()
    found = align(mentions, table, config=Config.load(), states=states)
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
