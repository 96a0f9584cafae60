"""Training on a tiny corpus: it learns, goes on after a break with the same result, and its weights work."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import MPNetConfig, MPNetModel

from kgbuild.cli.app import run
from kgbuild.config import Config
from kgbuild.errors import ConfigError, ModelError
from kgbuild.mentions.annotate import Annotator
from kgbuild.training import text as training
from kgbuild.training.taught import load_teacher
from kgbuild.training.text import Recipe

PEOPLE = ["Ada Brown", "Tom Fields", "Mia Stone", "Leo Hart", "Eva Winter", "Sam Rivers"]
TOWNS = ["Lisbon", "Oslo", "Vienna", "Dublin", "Turin", "Ghent"]
RECIPE = Recipe(
    epochs=2, again_epochs=2, extra_epochs=2, tree_epochs=1, teach_from=1, threads=1, teachers=2, teacher_epochs=1,
    teacher_again=1, student_epochs=1, student_rank=20,
)  # fmt: skip


def document(n: int, choose: random.Random) -> dict[str, object]:
    person, town = choose.choice(PEOPLE), choose.choice(TOWNS)
    sents = [[*person.split(), "was", "born", "in", town, "."], ["The", "town", "of", town, "is", "old", "."]]
    return {
        "id": f"d{n}", "split": "train" if n % 4 else "val", "sents": sents,
        "mentions": [[0, 0, 2, "PER"], [0, 5, 6, "LOC"], [1, 3, 4, "LOC"]],
        "clusters": [[0], [1, 2]], "relations": [{"h": 0, "t": 1, "p": "P19"}],
    }  # fmt: skip


def tree(n: int) -> dict[str, object]:
    return {
        "id": f"t{n}", "split": "train",
        "sents": [["The", "old", "town", "sleeps", "."], ["It", "is", "quiet", "."]],
        "upos": [["DET", "ADJ", "NOUN", "VERB", "PUNCT"], ["PRON", "AUX", "ADJ", "PUNCT"]],
        "head": [[3, 3, 4, 0, 4], [3, 3, 0, 3]],
        "deprel": [["det", "amod", "nsubj", "root", "punct"], ["nsubj", "cop", "root", "punct"]],
        "mentions": [[0, 0, 3, "place"], [1, 0, 1, "place"]], "mention_info": [["nominal", 2, "new"], ["pronoun", 0, "giv"]],
        "clusters": [[0, 1]], "relations": [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    choose = random.Random(1)
    for name, count in (("redocred_train", 16), ("docred_extra", 8)):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(document(n, choose)) + "\n" for n in range(count))
    with gzip.open(folder / "gum.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(tree(n)) + "\n" for n in range(4))
    names = {"P19": {"name": "place of birth"}, "P20": {"name": "place of death"}}
    (folder / "properties.json").write_text(json.dumps(names), "utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("trained")
    before = torch.get_num_threads()
    training.train(data, home / "weights", config=Config.load(), recipe=RECIPE, checkpoints=home / "state")
    torch.set_num_threads(before)
    return home / "weights"


def test_a_run_that_was_broken_off_ends_the_same(
    data: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = training.keep_state

    def broken(*arguments: object) -> None:
        keep(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "keep_state", broken)
    options = {"config": Config.load(), "recipe": RECIPE, "checkpoints": tmp_path / "state"}
    with pytest.raises(KeyboardInterrupt):
        training.train(data, tmp_path / "weights", **options)  # type: ignore[arg-type]
    monkeypatch.undo()
    training.train(data, tmp_path / "weights", **options)  # type: ignore[arg-type]
    for name in ("text.safetensors", "text.json"):
        assert (tmp_path / "weights" / name).read_bytes() == (trained / name).read_bytes()


def test_a_checkpoint_of_another_recipe_is_refused(data: Path, tmp_path: Path) -> None:
    for epochs, wanted in ((1, True), (2, False)):
        recipe = Recipe(epochs=epochs, extra_epochs=0)
        options = {"config": Config.load(), "recipe": recipe, "checkpoints": tmp_path / "state"}
        if wanted:
            training.train(data, tmp_path / "weights", **options)  # type: ignore[arg-type]
        else:
            with pytest.raises(ConfigError, match="--checkpoints"):
                training.train(data, tmp_path / "weights", **options)  # type: ignore[arg-type]


def test_larger_networks_teach_relations_and_nothing_else(data: Path, trained: Path, tmp_path: Path) -> None:
    small = {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    made: list[MPNetModel] = []

    def network() -> MPNetModel:
        made.append(MPNetModel(MPNetConfig(**small, vocab_size=30527), add_pooling_layer=False))
        return made[-1]

    training.train(
        data, tmp_path, config=Config.load(), recipe=RECIPE, checkpoints=trained.parent / "state", teacher=network
    )
    before, after = (load_file(folder / "text.safetensors") for folder in (trained, tmp_path))
    assert len(made) == 4  # two in each of two rounds
    changed = {n.split(".")[0] for n, t in after.items() if before[n].shape != t.shape or not torch.equal(before[n], t)}
    assert changed == {"again", "bilinear", "head", "marks", "near_embedding", "tail", "type_embedding"}
    assert {len(t) for n, t in after.items() if n.startswith("again.") and n.endswith(".a")} == {20}
    sentence = ["Ada", "Brown", "was", "born", "in", "Oslo", "."]
    notes = [Annotator(Config.load(overrides={"text.weights": str(f)}))([sentence]) for f in (trained, tmp_path)]
    assert notes[0].mentions == notes[1].mentions and notes[0].clusters == notes[1].clusters


def test_another_network_is_no_teacher(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="all-mpnet-base-v2"):
        load_teacher(tmp_path)


def test_the_weights_are_small_and_half_precision(trained: Path) -> None:
    state = load_file(trained / "text.safetensors")
    assert {t.dtype for t in state.values()} == {torch.float16}
    assert not any(".base." in name for name in state)  # the frozen backbone is not in it


def test_a_user_trains_and_evaluates(
    data: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "predictions.jsonl"
    config = tmp_path / "own.toml"
    config.write_text(f'[text]\nweights = "{trained}"\n', "utf-8")
    file = str(data / "redocred_train.jsonl.gz")
    for extra in ([], ["--gold"]):
        arguments = ["evaluate", "text", file, "--split", "val", "--predictions", str(out), "--config", str(config)]
        assert run([*arguments, *extra]) == 0
        assert "4 documents" in capsys.readouterr().out
        rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        assert [r["id"] for r in rows] == ["d0", "d4", "d8", "d12"]
        for row in rows:
            used = sorted(i for c in row["clusters"] for i in c)
            assert used == list(range(len(row["mentions"])))
            assert all(r["p"] in ("P19", "P20") and r["h"] < len(row["clusters"]) for r in row["relations"])
    assert all(len(r["mentions"]) == 3 for r in rows)  # --gold keeps the file's own


def test_damaged_weights_are_refused(trained: Path, tmp_path: Path) -> None:
    for name in ("text.safetensors", "text.json"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    raw = bytearray((tmp_path / "text.safetensors").read_bytes())
    raw[-7] ^= 1
    (tmp_path / "text.safetensors").write_bytes(raw)
    with pytest.raises(ModelError, match="sha256"):
        Annotator(Config.load(overrides={"text.weights": str(tmp_path)}))


def test_numbers_of_the_recipe() -> None:
    assert Recipe().but(["epochs=3", "case_noise=1"]) == Recipe(epochs=3, case_noise=1.0)
    for wrong in ("epoch=3", "epochs=many", "epochs"):
        with pytest.raises(ConfigError, match="adapter_rate"):
            Recipe().but([wrong])
