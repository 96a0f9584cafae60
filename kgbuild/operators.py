"""torchvision beside a torch of another build (the registry's beside a CPU one): its compiled operators do not load.

Then neither it nor, where it is installed, any model of ``transformers`` imports: two names are missing. None of the
models here calls those operators.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

_ASKED = ("nms", "qnms")  # by torchvision's own registrations
_FORM = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


@cache
def declare_operators() -> None:
    """Make an installed torchvision importable: declare the operators that it lacks, if they did not load.

    Whoever calls one of them then is told by torch that it has no kernel. Call it before ``transformers`` and
    ``open_clip`` are imported; nothing is imported where there is no torchvision.
    """
    if find_spec("torchvision") is None:
        return
    try:
        import_module("torchvision")
        return
    except RuntimeError as err:
        if "operator torchvision::" not in str(err):
            raise
    import torch

    for name in _ASKED:
        torch.library.define(f"torchvision::{name}", _FORM)
    import_module("torchvision")
