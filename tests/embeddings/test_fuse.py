"""The fused encoder with the shipped weights."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch

from kgbuild.config import Config
from kgbuild.embeddings import spaces
from kgbuild.embeddings.fuse import FusedEncoder, MentionFuser, frozen
from kgbuild.embeddings.pairs import names
from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.embeddings.states import StateEncoder, States
from kgbuild.embeddings.text import TextEncoder
from kgbuild.errors import ConfigError, ModelError
from kgbuild.types import Box, Extraction, Mention, RelationMention, Segment, Target, TextPosition

PICTURE = np.full((120, 240, 3), 255, np.uint8)
PICTURE[20:60, 20:80], PICTURE[60:100, 140:220] = (200, 30, 30), (30, 30, 200)


@pytest.fixture(scope="module")
def encoder(config: Config) -> StateEncoder:
    return frozen(config)[0]


@pytest.fixture(scope="module")
def fused() -> FusedEncoder:
    return FusedEncoder()


def sources() -> tuple[list[Mention], list[RelationMention], list[Segment]]:
    """A text and a picture that name the same two things, and a third that only the text has."""
    said = ("Gateway sends every order to Ledger.", "The Orchard lies in the north.")
    names = (("Gateway", 0), ("Ledger", 0), ("Orchard", 1))
    written = [
        Mention(f"s#t{n}", Target("s", (TextPosition(n, n + 3),)), name, "Thing", 1.0, "t/1", "text", "s#0", said[k])
        for n, (name, k) in enumerate(names)
    ]
    drawn = [
        Mention(f"s#p{n}", Target("s", (box,)), name, "Thing", 1.0, "t/1", "picture", "s#1", name)
        for n, (name, box) in enumerate((("Gateway", Box(20, 20, 60, 40)), ("Ledger", Box(140, 60, 80, 40))))
    ]
    relations = [RelationMention(f"s#r{k}", f"s#{k}0", "sendsTo", f"s#{k}1", Target("s"), 1.0, "t/1") for k in "tp"]
    segments = [
        Segment("s#0", Target("s", (TextPosition(0, 80),)), "text", " ".join(said)),
        Segment("s#1", Target("s", (Box(0, 0, 240, 120),)), "picture", blob="x"),
    ]
    return [*written, *drawn], relations, segments


@pytest.fixture(scope="module")
def states(encoder: StateEncoder) -> States:
    return encoder(*sources(), {"x": PICTURE}.get)


def rows(states: States, chosen: list[int]) -> States:
    """Some mentions' states."""
    return replace(states, **{f.name: getattr(states, f.name)[chosen] for f in fields(States) if f.name != "whole"})


def test_vectors_are_unit_and_gates_shares_of_what_is_there(states: States, fused: FusedEncoder) -> None:
    for mode in ("attention", "max", "mean"):
        found = FusedEncoder(mode).fuse(states)
        assert found.vectors.shape == (5, 256) and np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
        gates = dict(zip(MODALITIES, found.gates.T, strict=True))
        assert np.allclose(found.gates.sum(1), 1, atol=1e-5) and (found.gates >= 0).all()
        assert (gates["picture"][:3] == 0).all() and (gates["picture"][3:] > 0).all()
        assert gates["links"][2] == 0 and (gates["links"][[0, 1, 3, 4]] > 0).all()


def test_a_thing_written_and_drawn_meets_itself(states: States, fused: FusedEncoder) -> None:
    found = fused.fuse(states)
    v = found.vectors
    for written, drawn, other in ((0, 3, 4), (1, 4, 3)):
        assert v[written] @ v[drawn] > max(v[written] @ v[other], v[drawn] @ v[2]) + 0.1
    left, right = np.array([0, 1]), np.array([3, 4])
    same, apart = fused.match(states, found, left, right), fused.match(states, found, left, right[::-1])
    assert (same > apart).all()
    assert np.allclose(fused.match(states, found, right, left), same, atol=1e-4)


def test_heads_look_at_one_modality_or_all(states: States, fused: FusedEncoder) -> None:
    left, right = np.array([0, 0]), np.array([1, 3])
    for m in MODALITIES:
        found = fused.fuse(states, keep=[m])
        alone = fused.match(states, found, left, right, keep=[m])
        assert np.isfinite(alone).all()
        assert fused.heads[f"attention, {m} only"].weights["mean"].shape == (len(names([m])),)
    with pytest.raises(ModelError, match="no match head looks at text and layout"):
        fused.match(states, found, left, right, keep=["text", "layout"])


def test_one_modality_alone_has_a_vector_too(states: States, fused: FusedEncoder) -> None:
    for keep in MODALITIES:
        found = fused.fuse(states, keep=[keep])
        assert np.isfinite(found.vectors).all() and set(np.unique(found.gates.sum(1))) <= {0.0, 1.0}
    seen = fused.fuse(states, keep=["picture"])
    assert np.allclose(seen.vectors[0], seen.vectors[1], atol=1e-6)  # nothing is known of either
    assert seen.vectors[3] @ seen.vectors[4] < 0.999


def test_heads_give_chances(states: States, fused: FusedEncoder) -> None:
    found = fused.fuse(states)
    kinds, related = found.kinds, fused.related(found.vectors[[0]], found.vectors[[1]])
    assert kinds.shape == (5, len(fused.types)) and np.allclose(kinds.sum(1), 1, atol=1e-5)
    assert related.shape == (1, len(fused.relations)) and fused.relations[0] == "none"


def test_rows_depend_on_neither_neighbours_nor_threads(states: States, fused: FusedEncoder) -> None:
    together = fused.fuse(states)
    order = [4, 2, 0, 3, 1]
    turned = fused.fuse(rows(states, order))
    assert np.allclose(turned.vectors, together.vectors[order], atol=1e-5)
    assert np.allclose(turned.gates, together.gates[order], atol=1e-5)
    alone = np.concatenate([fused.fuse(rows(states, [n])).vectors for n in range(5)])
    assert np.allclose(alone, together.vectors, atol=1e-5)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if before > 1 else 2)
        again = fused.fuse(states)
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(again.vectors, together.vectors) and np.array_equal(fused.fuse(states).gates, together.gates)
    assert len(fused.fuse(rows(states, [])).vectors) == 0


def test_text_vectors_come_along_unchanged(config: Config) -> None:
    mentions, relations, segments = sources()
    time = Mention("s#d", Target("s"), "2024", "Time", 1.0, "t/1")
    extraction = Extraction("s", (*mentions, time), tuple(relations))
    text = TextEncoder(config)
    wanted = Config.load(overrides={"embeddings.fusion": "attention"})
    tables = MentionFuser(wanted, text=text)(extraction, segments, lambda blob: b"no picture")
    plain, vectors, gates = tables["mentions"], tables["fused"], tables["gates"]
    assert np.array_equal(plain.matrix, text.mentions(mentions)) and plain.space == text.space
    assert plain.ids == vectors.ids == gates.ids == tuple(m.id for m in mentions)
    assert vectors.space == spaces.FUSED and (gates.matrix[:, 1] == 0).all()  # the picture cannot be decoded


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    for name in ("fusion.json", "fusion.safetensors"):
        shutil.copy(str(files("kgbuild.weights").joinpath(name)), tmp_path)
    assert FusedEncoder(folder=tmp_path).types
    with pytest.raises(ModelError, match="another vision tower"):
        FusedEncoder(folder=tmp_path, tower_sha256="0" * 64)
    with pytest.raises(ModelError, match="no mode 'median'"):
        FusedEncoder("median", folder=tmp_path)
    facts = json.loads((tmp_path / "fusion.json").read_text())
    (tmp_path / "fusion.json").write_text(json.dumps(facts | {"backbone_sha256": "0"}))
    with pytest.raises(ModelError, match="another backbone"):
        FusedEncoder(folder=tmp_path)
    (tmp_path / "fusion.json").write_text(json.dumps(facts))
    data = bytearray((tmp_path / "fusion.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "fusion.safetensors").write_bytes(data)
    with pytest.raises(ModelError, match="checksum"):
        FusedEncoder(folder=tmp_path)
    (tmp_path / "fusion.safetensors").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        FusedEncoder(folder=tmp_path)


def test_the_configuration_knows_the_modes() -> None:
    with pytest.raises(ConfigError, match=r"embeddings.fusion must be one of attention, max, mean, none"):
        Config.load(overrides={"embeddings.fusion": "median"})
