"""What the parser says of a sentence.

Labels are Universal Dependencies v2 (de Marneffe et al. 2021, universaldependencies.org).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parse:
    """UD v2 analysis of one sentence of n words."""

    tags: tuple[str, ...]  # UPOS per word
    heads: tuple[int, ...]  # index of the head word in the sentence, -1 for the root
    labels: tuple[str, ...]  # deprel incl. subtype ("nsubj:pass")
    kinds: tuple[str, ...]  # per word: entity class of the noun phrase it heads ("" = none)
