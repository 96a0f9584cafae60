"""Models by role, each loaded once a process; what cannot be loaded is remembered, and said the same way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.devices import device, first_line, out_of_memory
from kgbuild.models.hub import bare, download, location
from kgbuild.operators import declare_operators

log = logging.getLogger(__name__)

Made = TypeVar("Made")
_EXTRAS = {"open_clip": "clip", "torchvision": "clip", "gliner": "gliner", "pocketsphinx": "speech"}
_made: dict[tuple[object, ...], object] = {}  # a model, or the ModelUnavailable that it came to
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")


def load(config: Config, role: str, make: Callable[[Path, Config, str], Made], *, name: str = "") -> Made:
    """``make(folder, config, role)`` of the model that ``models.ROLE`` names, or ``name``: called once a process.

    ``make`` is a function or class of a module: the same model asked for through it twice is one. It gets a folder on
    this machine, so it never asks the hub; ``pretrained`` loads most. Raises ``ModelUnavailable``, whatever goes
    wrong, and the same again at each later call.
    """
    name = name or config["models"][role]
    return once(config, role, name, make, lambda: make(_folder(config, name), config, role))


def once(config: Config, role: str, name: str, key: object, make: Callable[[], Made]) -> Made:
    """What ``make`` makes, once a process for the same ``key``, name, device and precision: for models without a
    folder (a wheel that carries its own). Raises ``ModelUnavailable`` as ``load`` does.
    """
    settings = config["models"]
    where = (key, name, settings["device"], settings["devices"].get(role), settings["half"])
    if where not in _made:
        try:
            declare_operators()
            _made[where] = make()
        except Exception as err:  # the border: one model's fault stops nothing else
            log.debug("models.%s = %r cannot be used", role, name, exc_info=True)
            unavailable = ModelUnavailable(_message(config, role, name, err), lasting=_lasts(err, config, role, name))
            unavailable.__cause__ = err
            _made[where] = unavailable
    found = _made[where]
    if isinstance(found, ModelUnavailable):
        raise ModelUnavailable(str(found), lasting=found.lasting) from found.__cause__
    return cast(Made, found)


def pretrained(kind: Any, folder: Path, config: Config, role: str, **options: Any) -> Any:
    """A model of ``transformers`` (an ``AutoModel...`` or a class of it) from a folder: safetensors, every weight of it
    there, frozen, on the role's device, in single precision (``devices.batches`` runs it in half precision).

    Raises ``ModelUnavailable``, and what ``transformers`` raises.
    """
    import torch
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    where = device(config, role)
    _check_weights(folder, where)
    model, told = kind.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, trust_remote_code=False, dtype=torch.float32,
        output_loading_info=True, **options,
    )  # fmt: skip
    absent = sorted({*told["missing_keys"], *(k[0] for k in told["mismatched_keys"])})
    if absent:  # transformers would go on with random numbers in their place
        raise ModelUnavailable(
            f"its files lack {len(absent)} weights of {type(model).__name__} ({absent[0]} ...)", lasting=True
        )
    return model.eval().requires_grad_(False).to(where)


def _folder(config: Config, name: str) -> Path:
    found = location(name)
    if found is not None:
        return found
    if not config["models"]["allow_download"]:
        raise ModelUnavailable("it is no folder here, and is not in the model hub's cache", lasting=True)
    return download(name)


def _check_weights(folder: Path, where: str) -> None:
    """Raises ``ModelUnavailable`` if a folder has no safetensors, or more of them than memory can hold."""
    weights = list(folder.glob("*.safetensors")) if folder.is_dir() else [folder]
    if not weights:
        pickled = sorted(f.name for f in folder.iterdir() if f.suffix in _PICKLES)
        raise ModelUnavailable(
            f"it has only pickled weights ({pickled[0]}), which are never loaded: they can run code" if pickled
            else f"there are no weights (*.safetensors) in {folder}", lasting=True,
        )  # fmt: skip
    needed, free = sum(f.stat().st_size for f in weights), _free(where)
    if free is not None and needed > free:
        raise ModelUnavailable(f"too little memory on {where}: {needed >> 20} MiB of weights, {free >> 20} MiB free")


def _free(where: str) -> int | None:
    """Bytes that are free on a device, None if that is not known."""
    if where.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(where)[0])
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:  # no Linux
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable")), None)


def _lasts(err: Exception, config: Config, role: str, name: str) -> bool:
    """Whether an error stays as long as what ``catalog.fingerprints`` tells apart: the files under the configured name
    (not those that ``open_clip`` gives a tag), and the libraries of the role. Another library may be installed later.
    """
    configured = config["embeddings"]["vision"] if role == "vision" else config["models"][role]
    if bare(configured) != bare(name):
        return False
    if isinstance(err, ModelUnavailable):
        return err.lasting
    if isinstance(err, ImportError):
        return role != "vision" and (err.name or "").partition(".")[0] in _EXTRAS
    if isinstance(err, OSError):  # transformers says so of files that are not there, without a number
        return err.errno is None
    return "SafetensorError" in type(err).__name__


def _message(config: Config, role: str, name: str, err: Exception) -> str:
    """Role, name, reason, and what to do."""
    where = f"{'embeddings' if role == 'vision' else 'models'}.{role} = {name!r} cannot be used"
    said = first_line(err)
    if isinstance(err, ModelUnavailable):
        said = str(err).rstrip(".")
    if isinstance(err, ImportError):
        lacking = (err.name or "").partition(".")[0]
        extra = _EXTRAS.get(lacking, lacking)
        return f'{where}: {said}. Install it with `pip install "kgbuild[{extra}]"`.'
    if out_of_memory(err) or "too little memory" in said:
        return f"{where}: {said}. Name a smaller model, or set models.device or models.half."
    if "never loaded" in said:
        return f"{where}: {said}. Name a model with safetensors, or convert this one with its own library."
    if "model hub's cache" in said:
        return f"{where}: {said}. Fetch it with `kgbuild models fetch {role}`, or name a local folder."
    if "SafetensorError" in type(err).__name__:
        return f"{where}: its weights are damaged or cut off ({said}). Fetch or copy it again."
    return f"{where}: {said}."
