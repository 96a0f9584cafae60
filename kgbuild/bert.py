"""The encoder of BERT (Devlin et al. 2019) as modules of torch, in the sizes and by the names of all-MiniLM-L6-v2.

``transformers`` would read the same file, but its import takes more than half of the time in which a process that
extracts comes to work (docs/decisions/0040-own-bert.md).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kgbuild.backbone import LIMIT, WIDTH

HEADS = 12
_INNER, _LAYERS = 1536, 6
_PIECES, _EPS, _DROPOUT = 30522, 1e-12, 0.1


class _Linear(nn.Linear):
    """Without first numbers: drawing them takes longer than reading those of the file."""

    def reset_parameters(self) -> None:
        pass


class _Embedding(nn.Embedding):
    """The same."""

    def reset_parameters(self) -> None:
        pass


class Bert(nn.Module):
    """Token states (b, n, WIDTH) of subword numbers (b, n). Its weights are any numbers until they are loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = Embeddings()
        self.encoder = Encoder()

    def forward(self, ids: Tensor) -> Tensor:
        x: Tensor = self.embeddings(self.embeddings.word_embeddings(ids))
        for layer in self.encoder.layer:
            x, _ = layer(x)
        return x


class Embeddings(nn.Module):
    """What the layers begin with, from vectors (b, n, WIDTH) of words."""

    def __init__(self) -> None:
        super().__init__()
        self.word_embeddings = _Embedding(_PIECES, WIDTH, padding_idx=0)
        self.position_embeddings = _Embedding(LIMIT, WIDTH)
        self.token_type_embeddings = _Embedding(2, WIDTH)
        self.LayerNorm = nn.LayerNorm(WIDTH, eps=_EPS)
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, words: Tensor) -> Tensor:
        x = words + self.token_type_embeddings.weight[0] + self.position_embeddings.weight[: words.shape[1]]
        made: Tensor = self.dropout(self.LayerNorm(x))
        return made


class Encoder(nn.Module):
    """The layers, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer() for _ in range(_LAYERS))


class Layer(nn.Module):
    """Self-attention and what follows it, each added to what it read."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = Attention()
        self.intermediate = Intermediate()
        self.output = Added(_INNER)

    def forward(self, x: Tensor, mask: Tensor | None = None, *, look: bool = False) -> tuple[Tensor, Tensor | None]:
        """States (b, n, WIDTH), and with ``look`` the attention (b, HEADS, n, n).

        ``mask`` (b, 1, 1, n) is added to what attention compares.
        """
        x, weights = self.attention(x, mask, look)
        return self.output(self.intermediate(x), x), weights


class Attention(nn.Module):
    """What every state reads of its text, added to it."""

    def __init__(self) -> None:
        super().__init__()
        self.self = SelfAttention()
        self.output = Added(WIDTH)

    def forward(self, x: Tensor, mask: Tensor | None, look: bool) -> tuple[Tensor, Tensor | None]:
        read, weights = self.self(x, mask, look)
        return self.output(read, x), weights


class SelfAttention(nn.Module):
    """Scaled products of queries and keys weigh the values (Vaswani et al. 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (_Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, x: Tensor, mask: Tensor | None, look: bool) -> tuple[Tensor, Tensor | None]:
        b, n, d = x.shape
        q, k, v = (f(x).view(b, n, HEADS, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        drop, weights = _DROPOUT if self.training else 0.0, None
        if look:
            weights = q @ k.transpose(2, 3) * (d // HEADS) ** -0.5
            weights = F.dropout(torch.softmax(weights if mask is None else weights + mask, -1), drop)
            read = weights @ v
        else:
            read = F.scaled_dot_product_attention(q, k, v, mask, drop)
        return read.transpose(1, 2).reshape(b, n, d), weights


class Intermediate(nn.Module):
    """The wide half of what follows attention."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = _Linear(WIDTH, _INNER)

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(self.dense(x))


class Added(nn.Module):
    """A linear function whose outcome is added to what was there before."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = _Linear(width, WIDTH)
        self.LayerNorm = nn.LayerNorm(WIDTH, eps=_EPS)
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, x: Tensor, before: Tensor) -> Tensor:
        made: Tensor = self.LayerNorm(self.dropout(self.dense(x)) + before)
        return made
