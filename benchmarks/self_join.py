"""The ten nearest neighbours of every vector among 100,000: processor seconds and recall@10.

    OMP_NUM_THREADS=1 python benchmarks/self_join.py                      # three made sets
    OMP_NUM_THREADS=1 python benchmarks/self_join.py --vectors FILE.npy   # your own float32 (n, d)
    OMP_NUM_THREADS=1 python benchmarks/self_join.py --crossing           # from which size lists pay

``clusters``: things of one to 200 mentions (Zipf) around 200 topics, 256 dimensions of falling weight. ``minilm``:
the same in 384 dimensions, wider. ``broad``: one broad cloud without clusters, which no index divides.
Recall is by score on 500 rows: a neighbour counts if it is as near as the true tenth.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import faiss
import numpy as np

from kgbuild.embeddings.index import VectorIndex
from kgbuild.models.arrays import unit
from kgbuild.types import EmbeddingTable

K = 10
Join = Callable[[np.ndarray], np.ndarray]


def clusters(n: int, dim: int, *, noise: float, seed: int = 0) -> np.ndarray:
    """Topics hold things, things hold mentions; each a Gaussian whose dimensions fall off as in sentence vectors."""
    random, weight = np.random.default_rng(seed), (1 + np.arange(dim)) ** -0.5
    sizes = random.zipf(1.6, n).clip(1, 200)
    owner = random.permutation(np.repeat(np.arange(n), sizes)[:n])
    topics = random.normal(size=(200, dim)) * weight
    things = topics[random.integers(0, 200, n)] + 0.7 * random.normal(size=(n, dim)) * weight
    return unit(things[owner] + noise * random.normal(size=(n, dim)) * weight)


def broad(n: int, dim: int, *, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return unit(random.normal(size=(n, dim)) * (1 + np.arange(dim)) ** -0.25)


def ours(matrix: np.ndarray) -> np.ndarray:
    index = VectorIndex.build(EmbeddingTable("b", tuple(map(str, range(len(matrix)))), matrix), device="cpu")
    found = np.empty((len(matrix), K), np.float32)
    for rows, scores, _ in index.neighbours(K):
        found[rows] = scores
    lists = index.lists
    print(f"    ({f'{len(lists.centres)} lists, {lists.probes} looked into' if lists else 'no lists: exact'})")
    return found


def flat(matrix: np.ndarray) -> np.ndarray:
    index = faiss.IndexFlatIP(matrix.shape[1])
    index.add(matrix)
    return _search(index, matrix)


def hnsw(matrix: np.ndarray) -> np.ndarray:
    index = faiss.IndexHNSWFlat(matrix.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = 40, 64
    index.add(matrix)
    return _search(index, matrix)


def fast_scan(matrix: np.ndarray) -> np.ndarray:
    n, dim = matrix.shape
    index = faiss.index_factory(dim, f"IVF1024,PQ{dim // 4}x4fs,RFlat", faiss.METRIC_INNER_PRODUCT)
    index.train(matrix[np.linspace(0, n - 1, min(n, 39 * 1024)).astype(int)])
    index.add(matrix)
    faiss.extract_index_ivf(index).nprobe, index.k_factor = 32, 8
    return _search(index, matrix)


def _search(index: faiss.Index, matrix: np.ndarray) -> np.ndarray:
    """The first of what is found is the row itself, or its equal."""
    scores: np.ndarray = index.search(matrix, K + 1)[0][:, 1:]
    return scores


def truth(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows = np.linspace(0, len(matrix) - 1, 500).astype(int)
    return rows, np.sort(matrix[rows] @ matrix.T, axis=1)[:, ::-1][:, 1 : K + 1]


def measure(name: str, matrix: np.ndarray, joins: dict[str, Join]) -> None:
    rows, true = truth(matrix)
    print(f"{name}: {matrix.shape}; nearest {true[:, 0].mean():.3f}, tenth {true[:, -1].mean():.3f}")
    for title, join in joins.items():
        started = time.process_time()
        found = join(matrix)
        seconds = time.process_time() - started
        recall = np.mean(found[rows] >= true[:, -1:] - 1e-5)
        print(f"  {title:10} {seconds:7.1f} s  recall@10 {recall:.4f}", flush=True)


def sets(options: argparse.Namespace) -> Iterator[tuple[str, np.ndarray]]:
    if options.vectors:
        yield options.vectors.stem, unit(np.load(options.vectors).astype(np.float32))
        return
    for name in options.sets:
        if name == "clusters":
            yield name, clusters(options.count, 256, noise=0.35)
        elif name == "minilm":
            yield name, clusters(options.count, 384, noise=0.5)
        else:
            yield name, broad(options.count, 256)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--sets", nargs="*", default=["clusters", "minilm", "broad"])
    parser.add_argument("--indexes", nargs="*", default=["ours", "flat", "hnsw", "fast_scan"])
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--crossing", action="store_true")
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    known: dict[str, Join] = {"ours": ours, "flat": flat, "hnsw": hnsw, "fast_scan": fast_scan}
    if options.crossing:
        import kgbuild.embeddings.index as module

        module.EXACT_BELOW = 0
        for count in (2_500, 5_000, 10_000, 20_000, 40_000):
            measure("clusters", clusters(count, 256, noise=0.35), {"ours": ours, "flat": flat})
        return
    for name, matrix in sets(options):
        measure(name, matrix, {n: known[n] for n in options.indexes})


if __name__ == "__main__":
    main()
