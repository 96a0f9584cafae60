"""A row times a matrix is the same whatever stands beside it, on any kernels."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import numpy as np
from kgbuild.models.arrays import product

random = np.random.default_rng(0)
rows, matrix = random.normal(size=(70, 384)).astype("f4"), random.normal(size=(384, 128)).astype("f4")
whole = product(rows, matrix)
assert np.allclose(whole, rows.astype("f8") @ matrix.astype("f8"), atol=1e-3)
print(all((product(rows[-n:], matrix) == whole[-n:]).all() for n in range(1, 71)), product(rows[:0], matrix).shape)
"""


@pytest.mark.parametrize("kernels", ["Haswell", "SkylakeX", "Prescott", ""])
def test_rows_are_multiplied_by_themselves(kernels: str) -> None:
    env = {**os.environ, **({"OPENBLAS_CORETYPE": kernels} if kernels else {})}
    done = subprocess.run([sys.executable, "-c", CODE], env=env, capture_output=True, text=True, check=False)
    if done.returncode < 0 and kernels == "SkylakeX":
        pytest.skip("this processor has no AVX-512")
    assert done.stdout == "True (0, 128)\n", done.stderr
