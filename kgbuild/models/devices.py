"""Where models run, and how: device by role, batches, half precision, smaller batches when memory ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable

Item = TypeVar("Item")
Made = TypeVar("Made")


def device(config: Config, role: str = "") -> str:
    """The torch device of a role: ``models.devices`` for that role, else ``models.device``; "auto" is CUDA if there is.

    Raises ``ModelUnavailable`` if the configuration names a device that this machine has not.
    """
    import torch

    name: str = config["models"]["devices"].get(role) or config["models"]["device"]
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind, number = torch.device(name).type, torch.device(name).index or 0
    except RuntimeError as err:
        raise ModelUnavailable(f"models.device = {name!r} is no device: write auto, cpu, cuda or cuda:1.") from err
    if kind == "cuda" and number >= torch.cuda.device_count():
        raise ModelUnavailable(
            f"models.device = {name!r}: this machine has {torch.cuda.device_count()} CUDA devices that torch can use. "
            'Set models.device = "auto", or install the torch that fits its driver.'
        )
    return name


def batches(
    items: Sequence[Item], config: Config, run: Callable[[Sequence[Item]], Sequence[Made]], *, role: str = "",
    size: int = 0, fill: bool = False,
) -> list[Made]:  # fmt: skip
    """``run`` over all items, ``size`` or ``models.batch`` at a time, without gradients; in half precision if
    ``models.half``. ``fill``: a batch that is not full is filled up with its last item.

    When memory ends the batch is halved, and stays so for the rest. Raises ``ModelUnavailable`` if it ends at one item.
    """
    size, made, at = size or max(1, config["models"]["batch"]), list[Made](), 0
    with _mode(config, role):
        while at < len(items):
            given = items[at : at + size]
            filled = [*given, *([given[-1]] * (size - len(given) if fill else 0))]
            try:
                made += run(filled)[: len(given)]
            except Exception as err:
                if not out_of_memory(err):
                    raise
                if len(filled) == 1:
                    raise ModelUnavailable(
                        f"models.{role or 'batch'}: memory ends with a single item ({first_line(err)}). "
                        "Name a smaller model, set models.half = true, or give it another device."
                    ) from err
                size = len(filled) // 2
                _release()
                continue
            at += len(given)
    return made


def each(
    items: Sequence[Item], config: Config, run: Callable[[Sequence[Item]], Sequence[Made]], *, role: str,
    shape: Callable[[Item], Hashable] = lambda item: None,
) -> list[Made]:  # fmt: skip
    """As ``batches``, with the same bytes for an item in whatever company: items may come from many sources.

    What a network gives for a row hangs a little on the sizes of its batch. On a processor each item passes alone,
    which costs the same work; on a GPU batches are of items of one ``shape``, and filled up to ``models.batch``.
    """
    if not device(config, role).startswith("cuda"):
        return batches(items, config, run, role=role, size=1)
    alike: dict[Hashable, list[int]] = {}
    for n, item in enumerate(items):
        alike.setdefault(shape(item), []).append(n)
    made: dict[int, Made] = {}
    for numbers in alike.values():
        some = batches([items[n] for n in numbers], config, run, role=role, fill=True)
        made.update(zip(numbers, some, strict=True))
    return [made[n] for n in range(len(items))]


def out_of_memory(err: BaseException) -> bool:
    """Whether an error says that memory ended, of the machine or of a device."""
    kinds = {kind.__name__ for kind in type(err).__mro__}
    if kinds & {"MemoryError", "OutOfMemoryError"}:
        return True
    said = str(err).lower()
    return isinstance(err, RuntimeError) and ("out of memory" in said or "can't allocate memory" in said)


def first_line(err: BaseException) -> str:
    """What an error says, short."""
    said = next((line.strip() for line in str(err).splitlines() if line.strip()), "")
    return f"{type(err).__name__}: {said}"[:240] if said else type(err).__name__


@contextlib.contextmanager
def _mode(config: Config, role: str) -> Any:
    import torch

    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        if config["models"]["half"]:
            kind = torch.device(device(config, role)).type
            stack.enter_context(torch.autocast(kind, torch.float16 if kind == "cuda" else torch.bfloat16))
        yield


def _release() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
