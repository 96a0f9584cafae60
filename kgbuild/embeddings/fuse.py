"""The fused encoder: one vector for a mention from its words, its picture, its place and its neighbours."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild import backbone
from kgbuild.config import Config
from kgbuild.embeddings import around, as_read, spaces, things
from kgbuild.embeddings.pairs import Fused, MatchHead, features
from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.embeddings.states import COLOURS, StateEncoder, States
from kgbuild.embeddings.text import TextEncoder, mixed
from kgbuild.errors import ModelError
from kgbuild.models.arrays import pixels
from kgbuild.types import EmbeddingTable, Extraction, Segment

_BATCH = 256
log = logging.getLogger(__name__)


class MentionFuser:
    """Fused vectors and gates of all mentions of a source, and beside them the plain text vectors at no extra cost.

    A tower that the fusion was not trained with gives no states: its pictures are left out.
    Raises ``ModelError`` as the encoders do.
    """

    def __init__(self, config: Config, *, text: TextEncoder | None = None) -> None:
        folder = config["embeddings"]["fusion_weights"]
        self.fused = FusedEncoder(config["embeddings"]["fusion"], folder=Path(folder) if folder else None)
        states, tower = frozen(config, text=text)
        if tower and tower != self.fused.facts["tower_sha256"]:
            log.warning("the fusion was trained with another vision tower: pictures are left out of fused vectors")
        if tower != self.fused.facts["tower_sha256"]:
            states = states.without_pictures(self.fused.facts["shape"]["patch"] - COLOURS)
        self._states = states

    def __call__(
        self, extraction: Extraction, segments: Sequence[Segment], picture: Callable[[str], bytes | None]
    ) -> dict[str, EmbeddingTable]:
        """Tables ``mentions`` (text vectors), ``around`` ones, ``fused`` and ``gates``, in the order of the mentions.

        ``picture`` gives the PNG of a blob; one that is missing or cannot be decoded leaves the picture out.
        """
        mentions = as_read(things(extraction))
        ids = tuple(m.id for m in mentions)
        states, read = self._states.read(mentions, extraction.relations, segments, lambda blob: _pixels(picture(blob)))
        found = self.fused.fuse(states)
        return {
            "mentions": EmbeddingTable(TextEncoder.space, ids, mixed(read.own, read.around)),
            around.SPACE: EmbeddingTable(around.SPACE, ids, around.project(read.states, around.shipped_directions())),
            "fused": EmbeddingTable(spaces.FUSED, ids, found.vectors),
            "gates": EmbeddingTable(spaces.GATES, ids, found.gates),
        }


def frozen(config: Config, *, text: TextEncoder | None = None) -> tuple[StateEncoder, str]:
    """The frozen encoders and the digest of the vision tower ("" without one).

    ``[embeddings] vision`` that is neither ``tower`` nor a model by name: pictures have no states.
    """
    from kgbuild.embeddings.hub_states import HubStates, is_named, tower_key
    from kgbuild.embeddings.vision import TOWER_WIDTH, VisionTower

    text = text or TextEncoder(config)
    if is_named(config):
        return StateEncoder(text, HubStates(config)), tower_key(config)
    if config["embeddings"]["vision"] != "tower":
        return StateEncoder(text, None, width=TOWER_WIDTH), ""
    digest = json.loads(files("kgbuild.weights").joinpath("vision.json").read_text("utf-8"))["sha256"]
    return StateEncoder(text, VisionTower(config)), digest


def _pixels(png: bytes | None) -> np.ndarray | None:
    try:
        return pixels(png) if png else None
    except OSError:
        return None


class FusedEncoder:
    """The trained fusion. ``mode``: ``attention``, or ``max`` or ``mean`` for comparison.

    ``folder``: weights of your own. Raises ``ModelError`` if they are damaged or made for another backbone or tower.
    """

    name = "fusion"
    version = "1"
    space = spaces.FUSED
    dim = 256

    def __init__(self, mode: str = "attention", *, folder: Path | None = None, tower_sha256: str = "") -> None:
        from kgbuild.embeddings.crossing import Fusion, Shape

        self.facts, self.mode = facts(folder), mode
        if tower_sha256 and tower_sha256 != self.facts["tower_sha256"]:
            raise ModelError("fusion.json is made for another vision tower. Train again: `kgbuild train fusion`.")
        if mode not in self.facts["modes"]:
            raise ModelError(f"fusion.safetensors knows no mode {mode!r}: {', '.join(self.facts['modes'])}.")
        self.types, self.relations = tuple(self.facts["types"]), tuple(self.facts["relations"])
        self._net = Fusion(Shape(**self.facts["shape"]), mode).eval().requires_grad_(False)
        tensors = _tensors(folder, self.facts["sha256"])
        self._net.load_state_dict({n: t.float() for n, t in _under(f"{mode}/", tensors).items()})
        self.heads = {
            head: MatchHead({n: t.numpy() for n, t in _under(f"head/{head}/", tensors).items()}, *thresholds)
            for head, thresholds in self.facts["heads"].items()
        }

    def fuse(self, states: States, *, keep: Sequence[str] = MODALITIES) -> Fused:
        """Vectors and gates of mentions; ``keep``: the modalities that are looked at.

        Rows do not depend on one another.
        """
        import torch

        counts = torch.tensor([g in keep for g in MODALITIES])
        widths = (self.dim, len(MODALITIES), len(self.types))
        vectors, gates, kinds = (np.zeros((len(states), width), np.float32) for width in widths)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # sums do not depend on how many threads there are
        try:
            for b in range(0, len(states), _BATCH):
                rows = np.arange(b, min(b + _BATCH, len(states)))
                with torch.inference_mode():
                    v, g = self._net(batch(states, rows), counts.expand(len(rows), -1))
                    k = self._net.kinds(v).softmax(-1)
                vectors[rows], gates[rows], kinds[rows] = v.numpy(), g.numpy(), k.numpy()
        finally:
            torch.set_num_threads(threads)
        return Fused(vectors, gates, kinds)

    def match(
        self, states: States, fused: Fused, left: np.ndarray, right: np.ndarray, *, keep: Sequence[str] = MODALITIES
    ) -> np.ndarray:
        """How likely the mentions of these rows are one thing, pair by pair: log-odds (m,), for mentions of one name.

        ``keep``: all modalities, or one that is looked at alone; ``fused`` comes from ``fuse`` with the same.
        Raises ``ModelError`` where no head was trained for it.
        """
        head = self.heads.get(head_name(self.mode, keep))
        if head is None:
            raise ModelError(f"no match head looks at {' and '.join(keep)}: there are {', '.join(self.heads)}.")
        return head.log_odds(features(states, fused, left, right, keep=keep))

    def related(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Chances (n, len(relations)) of what holds from the left mention to the right one, from their vectors."""
        import torch

        given = (torch.from_numpy(np.ascontiguousarray(v)) for v in (left, right))
        with torch.inference_mode():
            made: np.ndarray = self._net.relates(*given).softmax(-1).numpy()
        return made


def head_name(mode: str, keep: Sequence[str]) -> str:
    """What the match head of a mode is called, or one of ``attention`` that looks at some modalities only."""
    return mode if set(keep) == set(MODALITIES) else f"{mode}, {' and '.join(keep)} only"


def batch(states: States, rows: np.ndarray) -> dict[str, Any]:
    """Some mentions' states as float32 tensors by name, as the network takes them."""
    import torch

    at = states.whole_of[rows]
    parts = np.zeros((len(rows), *states.whole.shape[1:]), np.float32)
    parts[at >= 0] = states.whole[at[at >= 0]]
    given = {n: getattr(states, n)[rows] for n in ("words", "links", "seen", "region", "layout")} | {"parts": parts}
    return {n: torch.from_numpy(np.ascontiguousarray(a, dtype=np.float32)) for n, a in given.items()}


def facts(folder: Path | None = None) -> dict[str, Any]:
    """What ``fusion.json`` says. Raises ``ModelError`` if it cannot be read or is for another backbone."""
    try:
        text = (folder or files("kgbuild.weights")).joinpath("fusion.json").read_text("utf-8")
        found: dict[str, Any] = json.loads(text)
    except (OSError, ValueError) as err:
        raise ModelError(f"fusion.json cannot be read: {err}. Reinstall kgbuild.") from err
    if found.get("backbone_sha256") != backbone.SHA256:
        raise ModelError("fusion.json is made for another backbone. Train again: `kgbuild train fusion`.")
    return found


def _tensors(folder: Path | None, sha256: str) -> dict[str, Any]:
    from safetensors.torch import load

    try:
        with as_file((folder or files("kgbuild.weights")).joinpath("fusion.safetensors")) as path:
            data = Path(path).read_bytes()
    except OSError as err:
        raise ModelError(f"fusion.safetensors cannot be read: {err}. Reinstall kgbuild.") from err
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError("fusion.safetensors does not match its checksum in fusion.json. Reinstall kgbuild.")
    return load(data)


def _under(prefix: str, tensors: dict[str, Any]) -> dict[str, Any]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
