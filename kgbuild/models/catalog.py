"""The roles of models: configuration key, what a name means, what must be installed; and what is named and present."""

from __future__ import annotations

from dataclasses import dataclass

from kgbuild.cache import Cache
from kgbuild.config import Config
from kgbuild.models.hub import fingerprint


@dataclass(frozen=True, slots=True)
class Role:
    """A role of ``[models]``. ``gives``: what a build gains; ``names``: which names it takes; ``extra``: of kgbuild, to
    be installed for it; ``asks_classes``: whether it is asked for the classes of the ontologies.
    """

    key: str
    gives: str
    names: str
    extra: str = ""
    asks_classes: bool = False


ROLES = {
    role.key: role
    for role in (
        Role("zero_shot", "classes of pictures and objects", "CLIP, SigLIP; open_clip:ARCH/TAG",
             "clip", asks_classes=True),
        Role("detector", "objects in photos and frames, with boxes", "DETR, RT-DETR, YOLOS, OWLv2, Grounding DINO",
             asks_classes=True),
        Role("captioner", "sentences about photos, read as text", "BLIP, GIT, ViT-GPT2"),
        Role("answers", "answers about a picture (ask --image)", "BLIP for questions, ViLT"),
        Role("speech", "words of audio and video, with times", "whisper:ID, a folder, pocketsphinx", "speech"),
        Role("actions", "what is done in a video", "VideoMAE, TimeSformer, ViViT"),
        Role("gliner", "names in text, of the ontologies' classes", "GLiNER", "gliner", asks_classes=True),
        Role("spacy", "names in text", "a spaCy pipeline: its package or folder"),
    )
}  # fmt: skip


def fingerprints(config: Config) -> str:
    """What extractions depend on besides the names of models: the files under those names, the classes asked for."""
    named = {key: name for key in sorted(ROLES) if (name := config["models"][key])}
    if not named:
        return ""
    from kgbuild.models.classes import classes

    asked = classes(config) if any(ROLES[key].asks_classes for key in named) else ()
    return Cache.key(*(f"{key} {fingerprint(name)}" for key, name in named.items()), *map(str, asked))
