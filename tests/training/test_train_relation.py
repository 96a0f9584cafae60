"""Training of the relation encoder on a tiny corpus: it learns, the same bytes come twice, the unseen stay unseen."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from kgbuild.cli.app import run
from kgbuild.config import Config
from kgbuild.embeddings.relation import Context, RelationEncoder
from kgbuild.errors import ConfigError, ModelError
from kgbuild.training.relation import Recipe
from kgbuild.training.relation_data import SEMEVAL, UNSEEN, fewrel, training_examples

PEOPLE = ["Ada Brown", "Tom Fields", "Mia Stone", "Leo Hart", "Eva Winter", "Sam Rivers"]
TOWNS = ["Lisbon", "Oslo", "Vienna", "Dublin", "Turin", "Ghent"]
PROPERTIES = {
    "P19": ("place of birth", "where a person was born", "was born in", True),
    "P20": ("place of death", "where a person died", "died in", True),
    "P551": ("residence", "where a person lives", "lives in", True),
    "P26": ("spouse", "the person that a person is married to", "is married to", False),
    "P412": ("voice type", "a singer's voice", "sings as a", True),
}
RECIPE = ["steps=40", "batch=16", "warmup=5", "folds=2", "cap=8", "rate=0.001"]


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(r) + "\n" for r in rows)


def _row(p: str, n: int) -> dict[str, object]:
    _, _, phrase, to_town = PROPERTIES[p]
    subject, object = PEOPLE[n % 6].split(), (TOWNS[n % 6] if to_town else PEOPLE[(n + 1) % 6]).split()
    words = [*subject, *phrase.split(), *object, "."]
    end = len(words) - 1
    return {
        "tokens": words,
        "h": [0, 2],
        "t": [end - len(object), end],
        "p": p,
        "name": p,
        "split": "zero_shot" if p in UNSEEN else "train",
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    _write(folder / "fewrel.jsonl.gz", [_row(p, n) for p in PROPERTIES for n in range(6)])
    semeval = [_row("P19", n) | {"p": k, "direction": "e1,e2"} for n, k in enumerate(SEMEVAL)]
    _write(folder / "semeval.jsonl.gz", semeval)
    text = "Ada Brown and Tom Fields live in Oslo."
    facts = [{"s": [0, 9], "o": [33, 37], "p": "P551"}, {"s": [14, 24], "o": [33, 37], "p": "P412"}]
    _write(folder / "knowledgenet.jsonl.gz", [{"text": text, "facts": facts, "split": "train"}])
    document = {
        "split": "train", "sents": [["Mia", "was", "born", "in", "Ghent", "and", "sings", "as", "a", "tenor", "."]],
        "mentions": [[0, 0, 1, "PER"], [0, 4, 5, "LOC"], [0, 9, 10, "MISC"]], "clusters": [[0], [1], [2]],
        "relations": [{"h": 0, "t": 1, "p": "P19"}, {"h": 0, "t": 2, "p": "P412"}],
    }  # fmt: skip
    _write(folder / "redocred_train.jsonl.gz", [document])
    rows = [
        {"p": p, "name": label, "description": about, "aliases": [phrase]}
        for p, (label, about, phrase, _) in PROPERTIES.items()
    ]
    _write(
        folder / "wikidata_properties.jsonl.gz",
        [*rows, {"p": "P2048", "name": "height", "description": None, "aliases": []}],
    )
    (folder / "properties.json").write_text(json.dumps({p: {"symmetric": p == "P26"} for p in PROPERTIES}), "utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("weights")
    before = torch.get_num_threads()
    assert (
        run(["train", "relation", "--data", str(data), "--out", str(out), *(a for s in RECIPE for a in ("--set", s))])
        == 0
    )
    torch.set_num_threads(before)
    return out


def test_the_unseen_relations_are_in_no_example(data: Path) -> None:
    examples = training_examples(data, cap=100, seed=1)
    assert {e.family for e in examples} == {"fewrel", "semeval", "knowledgenet", "redocred"}
    assert not {p for e in examples for p in e.properties} & set(UNSEEN)
    assert {p for e in fewrel(data, "zero_shot") for p in e.properties} == {"P412"}


def test_spans_name_what_the_sets_name(data: Path) -> None:
    ends = {
        (e.context.text[slice(*e.context.subject)], e.context.text[slice(*e.context.object)], e.properties)
        for e in training_examples(data, cap=100, seed=1)
    }
    assert ("Mia", "Ghent", ("P19",)) in ends and ("Ada Brown", "Oslo", ("P551",)) in ends
    assert ("Eva Winter", "Sam Rivers", ("P26",)) in ends


def test_it_learns_relations_and_their_direction(trained: Path, config: Config) -> None:
    encoder = RelationEncoder(config, folder=trained)
    asked = ["P19", "P20", "P551", "P26"]
    properties = encoder.properties([(PROPERTIES[p][0], PROPERTIES[p][1], [PROPERTIES[p][2]]) for p in asked])
    texts = [f"Nora Falk {PROPERTIES[p][2]} {'Bergen' if PROPERTIES[p][3] else 'Jan Moe'} ." for p in asked]
    contexts = [Context(t, (0, 9), (t.index(t.split()[-2]), len(t) - 2)) for t in texts]
    scores = encoder.relations(contexts) @ properties.T
    assert scores.argmax(1).tolist() == [0, 1, 2, 3]
    backward = encoder.relations([Context(c.text, c.object, c.subject) for c in contexts]) @ properties.T
    assert (np.diag(scores)[:3] > np.diag(backward)[:3]).all()


def test_the_weights_are_small_and_come_again(data: Path, trained: Path, tmp_path: Path) -> None:
    state = load_file(trained / "relation.safetensors")
    assert {t.dtype for t in state.values()} == {torch.float16}
    assert (trained / "relation.safetensors").stat().st_size < 1_500_000
    before = torch.get_num_threads()
    assert (
        run(
            [
                "train",
                "relation",
                "--data",
                str(data),
                "--out",
                str(tmp_path),
                *(a for s in RECIPE for a in ("--set", s)),
            ]
        )
        == 0
    )
    torch.set_num_threads(before)
    for name in ("relation.safetensors", "relation.json"):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes()


def test_damaged_weights_are_refused(trained: Path, tmp_path: Path, config: Config) -> None:
    for name in ("relation.safetensors", "relation.json"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    raw = bytearray((tmp_path / "relation.safetensors").read_bytes())
    raw[-7] ^= 1
    (tmp_path / "relation.safetensors").write_bytes(raw)
    with pytest.raises(ModelError, match="kgbuild train relation"):
        RelationEncoder(config, folder=tmp_path)
    (tmp_path / "relation.json").write_text("{", "utf-8")
    with pytest.raises(ModelError, match=r"relation\.json"):
        RelationEncoder(config, folder=tmp_path)


def test_numbers_of_the_recipe() -> None:
    assert Recipe().but(["steps=3", "rate=1"]) == Recipe(steps=3, rate=1.0)
    for wrong in ("step=3", "steps=many", "steps"):
        with pytest.raises(ConfigError, match="negatives"):
            Recipe().but([wrong])
