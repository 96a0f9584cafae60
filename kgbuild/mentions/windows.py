"""Sentences of words packed into windows that the encoder can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kgbuild.backbone import LIMIT


@dataclass(frozen=True, slots=True)
class Window:
    """A run of whole sentences in at most 512 subwords.

    ``words``: (sentence, word) of each word; ``ids``: subword ids with [CLS] and [SEP];
    ``pieces``: per word its half-open range of positions in ``ids``.
    """

    words: tuple[tuple[int, int], ...]
    ids: tuple[int, ...]
    pieces: tuple[tuple[int, int], ...]


def pack(sentences: Sequence[Sequence[str]], tokenizer: Any, *, limit: int = LIMIT) -> list[Window]:
    """Windows in document order; sentences are kept whole unless one alone is too long.

    A word without subwords (a control character) gets the unknown piece.
    """
    windows: list[Window] = []
    words: list[tuple[int, int]] = []
    ids: list[int] = []
    pieces: list[tuple[int, int]] = []

    def close() -> None:
        if words:
            whole = (tokenizer.cls_token_id, *ids, tokenizer.sep_token_id)
            windows.append(Window(tuple(words), whole, tuple(pieces)))
            for part in (words, ids, pieces):
                part.clear()

    flat = [word for sentence in sentences for word in sentence]
    encoded = iter(tokenizer(flat, add_special_tokens=False)["input_ids"] if flat else [])
    for s, sentence in enumerate(sentences):
        tokens = [(next(encoded) or [tokenizer.unk_token_id])[:32] for _ in sentence]
        if len(ids) + sum(map(len, tokens)) > limit - 2:
            close()
        for w, token in enumerate(tokens):
            if len(ids) + len(token) > limit - 2:
                close()
            pieces.append((len(ids) + 1, len(ids) + 1 + len(token)))
            words.append((s, w))
            ids.extend(token)
    close()
    return windows
