"""The roles of models: configuration key, what a name means, what must be installed; and what is named and present."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kgbuild.cache import Cache
from kgbuild.config import Config
from kgbuild.models.hub import fingerprint, location

_WEIGHTS = frozenset((".safetensors", ".bin", ".pt", ".model"))


@dataclass(frozen=True, slots=True)
class Role:
    """A role of ``[models]``. ``gives``: what a build gains; ``names``: which names it takes; ``extra``: of kgbuild, to
    be installed for it, with which ``libraries``; ``asks_classes``: whether it is asked for the ontologies' classes.
    """

    key: str
    gives: str
    names: str
    extra: str = ""
    asks_classes: bool = False
    libraries: tuple[str, ...] = ()


ROLES = {
    role.key: role
    for role in (
        Role("zero_shot", "classes of pictures and objects", "CLIP, SigLIP; open_clip:ARCH/TAG",
             "clip", asks_classes=True, libraries=("open_clip_torch", "timm", "torchvision")),
        Role("detector", "objects in photos and frames, with boxes", "DETR, RT-DETR, YOLOS, OWLv2, Grounding DINO",
             asks_classes=True),
        Role("captioner", "sentences about photos, read as text", "BLIP, GIT, ViT-GPT2"),
        Role("answers", "answers about a picture (ask --image)", "BLIP for questions, ViLT"),
        Role("speech", "words of audio and video, with times", "whisper:ID, a folder, pocketsphinx", "speech",
             libraries=("pocketsphinx",)),
        Role("actions", "what is done in a video", "VideoMAE, TimeSformer, ViViT"),
        Role("gliner", "names in text, of the ontologies' classes", "GLiNER", "gliner", asks_classes=True,
             libraries=("gliner",)),
        Role("spacy", "names in text", "a spaCy pipeline: its package or folder"),
    )
}  # fmt: skip


def fingerprints(config: Config, roles: Iterable[str] = tuple(ROLES)) -> str:
    """What extractions depend on besides the names of models of some roles: the files under those names, their
    libraries, the classes asked for.
    """
    named = {key: name for key in sorted(roles) if (name := config["models"][key])}
    if not named:
        return ""
    from kgbuild.models.classes import classes

    asked = classes(config) if any(ROLES[key].asks_classes for key in named) else ()
    libraries = [f"{name} {_version(name)}" for key in named for name in ROLES[key].libraries]
    return Cache.key(*(f"{key} {fingerprint(name)}" for key, name in named.items()), *libraries, *map(str, asked))


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"


@dataclass(frozen=True, slots=True)
class Named:
    """A model that the configuration names. ``folder``: where it lies, "" if it is not on this machine.

    ``bytes``: of its weights; ``licence``: what its own card or configuration says, "unknown" else.
    """

    key: str
    name: str
    folder: str
    bytes: int
    licence: str


def named(config: Config) -> list[Named]:
    """The models that ``[models]`` and ``embeddings.vision`` name, in the order of the roles. The hub is not asked."""
    given = {f"models.{key}": config["models"][key] for key in ROLES}
    vision = config["embeddings"]["vision"]
    given["embeddings.vision"] = vision if vision.startswith(("open_clip:", "transformers:")) else ""
    return [_named(key, name) for key, name in given.items() if name]


def _named(key: str, name: str) -> Named:
    path = location(name)
    if path is None:
        return Named(key, name, "", 0, "")
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    size = sum(f.stat().st_size for f in files if f.suffix in _WEIGHTS)
    return Named(key, name, str(path), size, _licence(path) if path.is_dir() else "unknown")


def _licence(folder: Path) -> str:
    """What the head of the model's card says, else its configuration."""
    card, facts = folder / "README.md", folder / "config.json"
    if card.is_file():
        head = card.read_text("utf-8", "replace").split("---")
        found = re.search(r"^license:\s*(\S.*)$", head[1], re.MULTILINE) if len(head) > 2 and not head[0] else None
        if found:
            return found[1].strip(" '\"")
    if facts.is_file():
        try:
            said = json.loads(facts.read_text("utf-8"))
        except ValueError:
            return "unknown"
        return str(said.get("license", "unknown")) if isinstance(said, dict) else "unknown"
    return "unknown"
