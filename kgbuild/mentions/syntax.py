"""Heads for the grammar of a text: tags, dependency tree, noun phrases with their class, and what they refer to.

- tree: deep biaffine attention (Dozat & Manning 2017); a word that heads itself is the root;
- noun phrases: each word may head one, with a class and pointers to its first and last word;
- reference: mention ranking with a dummy antecedent (Lee et al. 2017), over heads of noun phrases.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NAME_FEATURES = 12
FORMS = 12  # named, nominal, and ten kinds of pronoun: see ``form_of``
_PRONOUNS = (
    ("i", "me", "my", "mine", "myself"),
    ("we", "us", "our", "ours", "ourselves"),
    ("you", "your", "yours", "yourself", "yourselves"),
    ("he", "him", "his", "himself"),
    ("she", "her", "hers", "herself"),
    ("it", "its", "itself"),
    ("they", "them", "their", "theirs", "themselves", "themself"),
    ("who", "whom", "which", "whose", "that"),
    ("this", "these", "those"),
)
_FORM = {word: 2 + n for n, words in enumerate(_PRONOUNS) for word in words}


def form_of(tag: str, word: str) -> int:
    """How a noun phrase refers, by its head: 0 named, 1 nominal, from 2 on a kind of pronoun, 11 any other."""
    if tag == "PROPN":
        return 0
    if tag in ("PRON", "DET"):
        return _FORM.get(word.lower(), FORMS - 1)
    return 1


class SyntaxHeads(nn.Module):
    """Works on word states (w, width) of one window; no shape below has a batch axis."""

    def __init__(
        self, width: int, tags: int, labels: int, kinds: int, dropout: float, *, arc: int = 256, label: int = 96
    ) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.tagger = nn.Linear(width, tags)
        self.arc_word, self.arc_head = nn.Linear(width, arc), nn.Linear(width, arc)
        self.arc_score = nn.Linear(arc + 1, arc, bias=False)
        self.label_word, self.label_head = nn.Linear(width, label), nn.Linear(width, label)
        self.label_score = nn.Parameter(torch.zeros(labels, label + 1, label + 1))
        self.kind = nn.Sequential(nn.Linear(width, 128), nn.GELU(), nn.Dropout(dropout), nn.Linear(128, 1 + kinds))
        self.edge_word, self.edge_place = nn.Linear(width, 2 * label), nn.Linear(width, 2 * label)
        self.refer_project = nn.Linear(width, 128)
        self.refer_form = nn.Embedding(FORMS, 12)
        self.refer_score = nn.Sequential(
            nn.Linear(2 * 128 + NAME_FEATURES + 2 * 12, 96), nn.GELU(), nn.Dropout(dropout), nn.Linear(96, 1)
        )
        self.refer_none = nn.Sequential(nn.Linear(128 + 12, 48), nn.GELU(), nn.Linear(48, 1))

    def arcs(self, words: Tensor, sentence: Tensor) -> Tensor:
        """Scores (w, w): row a word, column its head, the diagonal for the root; -1e4 outside the sentence (w,)."""
        x = F.gelu(self.arc_word(self.dropout(words)))
        y = F.gelu(self.arc_head(self.dropout(words)))
        scores = self.arc_score(F.pad(x, (0, 1), value=1.0)) @ y.T / x.shape[1] ** 0.5
        return scores.masked_fill(sentence[:, None] != sentence[None, :], -1e4)

    def labels(self, words: Tensor, heads: Tensor) -> Tensor:
        """Logits (w, labels) of each word's relation to its head ``heads`` (w,), itself for the root."""
        x = F.pad(F.gelu(self.label_word(self.dropout(words))), (0, 1), value=1.0)
        y = F.pad(F.gelu(self.label_head(self.dropout(words))), (0, 1), value=1.0)[heads]
        return torch.einsum("wi,lij,wj->wl", x, self.label_score, y)

    def edges(self, words: Tensor, heads: Tensor, sentence: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (m, w) for the first and the last word of the noun phrases headed by ``heads`` (m,)."""
        k = self.edge_place.out_features // 2
        x, y = self.edge_word(self.dropout(words[heads])), self.edge_place(self.dropout(words))
        at = torch.arange(len(words))
        outside = sentence[heads][:, None] != sentence[None, :]
        first = (x[:, :k] @ y[:, :k].T / k**0.5).masked_fill(outside | (at[None] > heads[:, None]), -1e4)
        last = (x[:, k:] @ y[:, k:].T / k**0.5).masked_fill(outside | (at[None] < heads[:, None]), -1e4)
        return first, last

    def refer(self, states: Tensor, forms: Tensor, left: Tensor, right: Tensor, features: Tensor) -> Tensor:
        """Scores (m, 1 + m) of noun phrases: column 0 for no antecedent, column 1 + j for phrase j before it.

        ``states`` (m, width), ``forms`` (m,); pairs (left[i], right[i]) with right before left, features (p, f).
        """
        z, form = self.refer_project(self.dropout(states)), self.refer_form(forms)
        a, b = z[left], z[right]
        pairs = torch.cat([a * b, (a - b).abs(), features, form[left], form[right]], -1)
        scores = torch.full((len(states), 1 + len(states)), -1e4)
        scores[:, 0] = self.refer_none(torch.cat([z, form], -1)).squeeze(-1)
        return scores.index_put((left, 1 + right), self.refer_score(pairs).squeeze(-1))
