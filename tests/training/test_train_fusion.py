"""Training of the fusion on a tiny world: it learns, the same bytes come twice, the measures count what they say."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("resvg_py")

from kgbuild.cli.app import run
from kgbuild.config import Config
from kgbuild.embeddings.fuse import FusedEncoder, frozen
from kgbuild.errors import ConfigError
from kgbuild.training.fusion import Recipe, embedded, fit
from kgbuild.training.fusion_batches import Table, presence
from kgbuild.training.fusion_data import Corpus, joined, text_corpus, world_corpus
from kgbuild.training.fusion_match import area, f1, homonyms, learn, measure_pairs
from kgbuild.training.fusion_measure import Counts, choose, clusters, measure
from kgbuild.training.linked import linked_tales

RECIPE = [
    "worlds=1",
    "matched=1",
    "chosen=1",
    "tested=1",
    "documents=4",
    "epochs=1",
    "mixed=2",
    "warmup=2",
    "width=32",
    "layers=1",
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Linked text in the form of ``../shared/text``."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "text").mkdir()
    sents = [["Ada", "Brown", "lives", "in", "Oslo", "."], ["Brown", "was", "born", "in", "1990", "."]]
    mentions = [[0, 0, 2, "PER"], [0, 4, 5, "LOC"], [1, 0, 1, "PER"], [1, 4, 5, "TIME"]]
    clusters, relation = [[0, 2], [1], [3]], {"h": 0, "t": 1, "p": "P551", "evidence": [0]}
    base = {"sents": sents, "mentions": mentions, "clusters": clusters, "split": "train", "relations": [relation]}
    rows = {
        "docred_extra": [base | {"cluster_qid": ["Q1", "Q2", "Q3"]}, base | {"cluster_qid": ["Q9", "Q2", None]}, base],
        "gum": [
            base
            | {"wiki": {"0": "Ada"}, "relations": [], "mention_info": [["named"], ["named"], ["pronoun"], ["named"]]}
        ],
        "redocred_train": [base, base | {"split": "val"}],
    }
    for name, documents in rows.items():
        with gzip.open(folder / "text" / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(d) + "\n" for d in documents)
    return folder


@pytest.fixture(scope="module")
def world(config: Config) -> Corpus:
    return world_corpus([0], "train", frozen(config)[0], keep=None, key="")


def test_linked_text_joins_over_documents(data: Path) -> None:
    docred, gum, redocred = linked_tales(data / "text", documents=4, seed=0)
    surfaces = [m.surface for m in docred.mentions]
    assert surfaces == ["Ada Brown", "Brown", "Oslo", "Ada Brown", "Brown", "Oslo"]  # dates are no things
    gold = [docred.gold[m.id] for m in docred.mentions]
    assert gold[0] == gold[1] != gold[3] and gold[2] == gold[5]  # two of one name, one place in both
    assert [m.surface for m in gum.mentions] == ["Ada Brown"] and len(redocred.mentions) == 3
    segments = {s.id: s.text for s in docred.segments}
    for m in docred.mentions:
        place = m.target.selectors[0]
        assert segments[m.segment][place.start : place.end] == m.surface  # type: ignore[union-attr]


def test_corpora_join_and_are_kept(config: Config, data: Path, world: Corpus, tmp_path: Path) -> None:
    encoder = frozen(config)[0]
    text = text_corpus(data / "text", encoder, documents=4, seed=0, keep=tmp_path, key="k")
    again = text_corpus(tmp_path / "gone", encoder, documents=4, seed=0, keep=tmp_path, key="k")
    assert np.array_equal(text.thing, again.thing) and np.array_equal(text.states.words, again.states.words)
    both = joined([world, text, world])
    assert len(both) == 2 * len(world) + len(text) and len(np.unique(both.group)) == 2 + len(np.unique(text.group))
    last = np.arange(len(both) - len(world), len(both))
    assert not set(both.thing[last]) & set(both.thing[: len(world)])
    shown = np.flatnonzero(world.states.whole_of >= 0)
    assert np.array_equal(
        both.states.whole[both.states.whole_of[last[shown]]], world.states.whole[world.states.whole_of[shown]]
    )
    assert (both.stated[-1, :2] - world.stated[-1, :2] == last[0]).all()


def test_a_table_holds_the_modalities_that_are_looked_at(world: Corpus) -> None:
    rows = torch.arange(len(world))
    whole, text = Table(world, "cpu").batch(rows), Table(world, "cpu", ["text"]).batch(rows)
    assert torch.equal(whole["words"], text["words"]) and not any(text[n].any() for n in ("links", "seen", "region"))
    shown = torch.from_numpy(world.states.whole_of >= 0)
    assert whole["region"][shown].any((1, 2)).all() and not whole["region"][~shown].any()
    assert np.array_equal(whole["region"].numpy(), world.states.region.astype(np.float32))


def test_homonyms_are_the_pairs_of_things_of_one_label(world: Corpus) -> None:
    pairs = homonyms(world)
    hard, things = world.hard, world.thing
    assert (hard[pairs.left] == hard[pairs.right]).all() and (hard[pairs.left] >= 0).all()
    count = sum(n * (n - 1) // 2 for n in np.unique(hard[hard >= 0], return_counts=True)[1])  # of one world
    assert len(pairs.left) == count and 0 < pairs.same.mean() < 1
    assert np.array_equal(pairs.same, things[pairs.left] == things[pairs.right])


def test_a_head_learns_what_tells_and_chooses_thresholds(world: Corpus) -> None:
    pairs = homonyms(world)
    random = np.random.default_rng(0)
    x = random.normal(size=(len(pairs.left), 4)).astype(np.float32)
    x[:, 2] += 4 * pairs.same
    blind = np.zeros(len(pairs.left), np.float32)
    blindly = f1(pairs.same, blind >= 0)
    assert area(pairs.same, blind) == 0.5
    assert blindly == pytest.approx(2 * pairs.same.sum() / (pairs.same.sum() + len(pairs.same)))
    head = learn((pairs, x), (pairs, x))
    found = measure_pairs(pairs, head.log_odds(x), head.alone, head.together)
    assert found["AUC"] > 0.8 and found["pairs"] > blindly + 0.1 and found["clusters"] > blindly + 0.1
    again = learn((pairs, x), (pairs, x))
    assert all(np.array_equal(head.weights[n], again.weights[n]) for n in head.weights)


def test_it_learns_and_drops_nothing_that_is_there(world: Corpus) -> None:
    recipe = Recipe(mixed=1, warmup=4, width=32, layers=1, queries=2)
    every = np.ones(len(world), bool)
    scores = []
    for epochs in (1, 40):
        model = fit(world, recipe.but([f"epochs={epochs}"]))
        vectors, gates = embedded(model, world)
        assert (gates[~presence(world)] == 0).all()
        scores.append(measure(world, vectors, choose(world, vectors, every), every)["all"])
    assert scores[1] > scores[0] and scores[1] > 0.8  # its own training mentions


def test_measures_count_pairs(world: Corpus) -> None:
    present = np.ones(len(world), bool)
    truth = np.eye(int(world.thing.max()) + 1, dtype=np.float32)[world.thing]
    assert set(measure(world, truth, 0.5, present).values()) == {1.0}
    one = measure(world, np.ones_like(truth) / np.sqrt(truth.shape[1]), 0.5, present)  # all in one cluster
    pairs = sum(n * (n - 1) // 2 for n in np.unique(world.thing, return_counts=True)[1])
    everything = len(world) * (len(world) - 1) // 2
    assert one["all"] == pytest.approx(2 * pairs / (pairs + everything), abs=1e-4)
    absent = clusters(truth, 0.5, ~present)
    assert len(set(absent)) == len(world)  # of whom nothing is known, nothing is said
    assert Counts().f1 == 1 and Counts(1, 2, 2).f1 == 0.5


def test_the_command_gives_the_same_bytes_twice(data: Path, tmp_path: Path) -> None:
    command = ["train", "fusion", "--data", str(data), "--checkpoints", str(tmp_path / "kept")]
    for out in ("one", "two"):
        assert run([*command, "--out", str(tmp_path / out), *(a for r in RECIPE for a in ("--set", r))]) == 0
    one, two = ((tmp_path / out / "fusion.safetensors").read_bytes() for out in ("one", "two"))
    assert one == two
    for mode in ("attention", "max", "mean"):
        assert FusedEncoder(mode, folder=tmp_path / "one").facts["measured"][mode]["all"] > 0
    assert set(FusedEncoder(folder=tmp_path / "one").heads) > {"attention", "max", "mean", "attention, text only"}
    with pytest.raises(ConfigError, match="speed"):
        Recipe().but(["speed=1"])
