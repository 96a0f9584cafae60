"""A user's own graph as data of the fusion: each picture with its caption, or with what stands beside it, is one thing
seen and told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from kgbuild.config import Config
from kgbuild.embeddings.pictures import whole_pictures
from kgbuild.embeddings.states import StateEncoder
from kgbuild.errors import UsageError
from kgbuild.identity import mention_iri
from kgbuild.models.arrays import pixels
from kgbuild.report import published_report
from kgbuild.stages import Job, load_reading
from kgbuild.training.fusion_data import Corpus, corpus_of
from kgbuild.training.worlds import Tale
from kgbuild.types import Mention, Reading, Segment, Source, Target, TextPosition
from kgbuild.workspace import Workspace

_TELLING = ("caption", "alt", "before")  # what of a picture's context is about it, the best first
_WORDS = 300  # characters of it


def own_corpus(out: Path, encoder: StateEncoder) -> Corpus:
    """The pairs of the graph in a workspace; each document a group, in which two pictures are two things.

    Raises ``UsageError`` if there is no graph, or no picture of it has words.
    """
    workspace = Workspace(out)
    report, _ = published_report(workspace)
    if report is None:
        raise UsageError(f"{out}: no graph is published there. Build it first: `kgbuild build FOLDER --out {out}`.")
    known = Source.__dataclass_fields__.keys()
    sources = [
        Source(**{k: row[k] for k in known & row.keys()}) for row in report.sources if row["outcome"] == "processed"
    ]
    job = Job.of(out, workspace, Config.of(report.config))
    readings = [load_reading(job, source) for source in sources]
    cache = job.store()
    blobs = {s.blob for r in readings for s in whole_pictures(r.segments)}
    pictures = {blob: pixels(png) for blob in sorted(blobs) if (png := cache.get("blobs", blob)) is not None}
    tales = list(own_tales(readings, pictures))
    if not tales:
        raise UsageError(
            f"{out}: no picture has a caption or text beside it, or the cache holds nothing of this graph: build again."
        )
    made = corpus_of(tales, encoder)
    # What only the pixels say must do alone: a picture has no name of its own.
    told = made.drawn == 0
    states = replace(
        made.states, words=made.states.words * told[:, None, None], near=made.states.near * told[:, None],
        named=made.states.named * told[:, None],
    )  # fmt: skip
    return replace(made, states=states)


def own_tales(readings: Sequence[Reading], pictures: Mapping[str, np.ndarray]) -> Iterator[Tale]:
    """The pictures that each document holds or shows, with words about them: one mention in the picture, one in the
    words. ``pictures``: uint8 RGB by blob.
    """
    shown_by = {r.source.path: whole_pictures(r.segments) for r in readings}
    for reading in readings:
        tale = Tale()
        for segment in reading.segments:
            around = dict(segment.context)
            words = next((around[k] for k in _TELLING if around.get(k)), segment.text)[:_WORDS].strip()
            shown = (
                shown_by.get(around.get("link", ""), []) if segment.modality == "link" else whole_pictures([segment])
            )
            for picture in shown:
                if words and picture.blob in pictures:
                    _add(tale, reading.source.id, picture, pictures[picture.blob], words)
        if tale.mentions:
            yield tale


def _add(tale: Tale, source: str, picture: Segment, image: np.ndarray, words: str) -> None:
    thing = len(tale.mentions) // 2
    text = Target(source, (TextPosition(0, len(words)),))
    tale.segments += [picture, Segment(f"{picture.id}-{thing}", text, "text", words)]
    tale.pictures[picture.blob] = image
    for target, modality, segment in ((picture.target, "picture", picture.id), (text, "text", f"{picture.id}-{thing}")):
        iri = mention_iri(target, words, "Thing", f"own/{thing}")
        tale.mentions.append(Mention(iri, target, words, "Thing", 1.0, "own/1", modality, segment, words))
        tale.gold[iri] = thing
