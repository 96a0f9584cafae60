"""Tables of vectors: through bytes and back, one of many; those of an encoder that changed are no one table."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.embeddings.tables import pack, stack, unpack
from kgbuild.errors import UsageError
from kgbuild.types import EmbeddingTable


def table(space: str, ids: str, dim: int) -> EmbeddingTable:
    return EmbeddingTable(space, tuple(ids), np.arange(len(ids) * dim, dtype="<f4").reshape(len(ids), dim))


def test_tables_come_back_from_their_bytes_and_stand_below_one_another() -> None:
    given = {"a": table("s", "xy", 3), "b": table("s", "", 0)}
    found = unpack(pack(given))
    assert found["a"].ids == ("x", "y") and np.array_equal(found["a"].matrix, given["a"].matrix)
    both = stack([given["b"], found["a"], table("s", "z", 3)])  # what has no rows has no width either
    assert both.ids == ("x", "y", "z") and both.matrix.shape == (3, 3) and both.space == "s"
    assert stack([]).ids == () and stack([given["b"]]).space == "s"


@pytest.mark.parametrize("other", [table("s", "z", 4), table("t", "z", 3)])
def test_an_encoder_that_changed_is_named(other: EmbeddingTable) -> None:
    with pytest.raises(UsageError, match=r"'s' with 3 dimensions and .* Remove the folder `vectors`"):
        stack([table("s", "xy", 3), other])
