"""The garbage collector rests and works again, as it did before."""

from __future__ import annotations

import gc

import pytest

from kgbuild.collector import paused


def test_it_rests_within_and_works_after() -> None:
    assert gc.isenabled()
    with pytest.raises(ValueError, match="in between"), paused():
        with paused():
            assert not gc.isenabled()
        assert not gc.isenabled()  # the inner one leaves it as it was
        raise ValueError("in between")
    assert gc.isenabled()
