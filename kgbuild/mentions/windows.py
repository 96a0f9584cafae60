"""Sentences of words packed into windows that the encoder can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kgbuild.backbone import LIMIT, Tokenizer


@dataclass(frozen=True, slots=True)
class Window:
    """A run of whole sentences in at most 512 subwords.

    ``words``: (sentence, word) of each word; ``ids``: subword ids with [CLS] and [SEP];
    ``cases``: per subword how its word is written (see ``case_of``);
    ``pieces``: per word its half-open range of positions in ``ids``.
    """

    words: tuple[tuple[int, int], ...]
    ids: tuple[int, ...]
    cases: tuple[int, ...]
    pieces: tuple[tuple[int, int], ...]


CASES = 9


def case_of(word: str, first: bool) -> int:
    """How a word is written, in [1, 9); 0 is kept for unknown. The backbone's subwords have lost it."""
    if not any(c.isalnum() for c in word):
        return 1
    if any(c.isdigit() for c in word):
        return 2 if not any(c.isalpha() for c in word) else 3
    if word == word.lower():
        return 4
    if len(word) > 1 and word == word.upper():
        return 5
    if word[1:] == word[1:].lower():
        return 6 if first else 7
    return 8


def pack(sentences: Sequence[Sequence[str]], tokenizer: Tokenizer, *, limit: int = LIMIT) -> list[Window]:
    """Windows in document order; sentences are kept whole unless one alone is too long.

    A word without subwords (a control character) gets the unknown piece.
    """
    windows: list[Window] = []
    words: list[tuple[int, int]] = []
    ids: list[int] = []
    cases: list[int] = []
    pieces: list[tuple[int, int]] = []

    def close() -> None:
        if words:
            whole = (tokenizer.begin, *ids, tokenizer.end)
            windows.append(Window(tuple(words), whole, (0, *cases, 0), tuple(pieces)))
            for part in (words, ids, cases, pieces):
                part.clear()

    flat = [word for sentence in sentences for word in sentence]
    encoded = iter(tokenizer.words(flat))
    for s, sentence in enumerate(sentences):
        tokens = [(next(encoded) or [tokenizer.unknown])[:32] for _ in sentence]
        if len(ids) + sum(map(len, tokens)) > limit - 2:
            close()
        for w, token in enumerate(tokens):
            if len(ids) + len(token) > limit - 2:
                close()
            pieces.append((len(ids) + 1, len(ids) + 1 + len(token)))
            words.append((s, w))
            ids.extend(token)
            cases.extend([case_of(sentence[w], w == 0)] * len(token))
    close()
    return windows
