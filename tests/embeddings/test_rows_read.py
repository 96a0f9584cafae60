"""Of a long table only the first rows are read as sentences; the names of all are."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild import embeddings
from kgbuild.config import Config
from kgbuild.embeddings.around import embed_in_context
from kgbuild.embeddings.text import TextEncoder
from kgbuild.types import Extraction, Mention, Target, TextPosition


def test_rows_after_the_first_ones_are_read_by_their_names(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["Ada Pump", "Bea Valve", "Cid Gauge"]
    rows = [
        Mention(f"m{n}", Target("s", (TextPosition(n, n + 1),)), name, "Thing", 1.0, "records/1", "text", f"row{n}",
                f"{name}; city: Zurich; price: {n}")
        for n, name in enumerate(names)
    ]  # fmt: skip
    told = Mention(
        "t", Target("s", (TextPosition(9, 12),)), "Zurich", "Thing", 1.0, "text/1", "text", "p", "In Zurich."
    )
    given, encoder = Extraction("s", mentions=(*rows, told)), TextEncoder(config)
    whole, around = embed_in_context(given, encoder)
    monkeypatch.setattr(embeddings, "_ROWS", 2)
    cut, beside = embed_in_context(given, encoder)
    assert cut.ids == whole.ids == ("m0", "m1", "m2", "t")
    same = [0, 1, 3]
    assert np.array_equal(cut.matrix[same], whole.matrix[same])
    assert np.array_equal(beside.matrix[same], around.matrix[same])
    assert np.allclose(cut.matrix[2], encoder.encode(names)[2], atol=1e-6)
    assert not np.allclose(cut.matrix[2], whole.matrix[2], atol=1e-3)
    assert given.mentions[2].context  # what evidence shows stays whole
