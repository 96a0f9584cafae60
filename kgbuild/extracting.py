"""What an extraction worker does: some sources from cache to cache, their mentions and then their vectors."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kgbuild.cache import Cache
from kgbuild.collector import paused
from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable, WorkspaceError
from kgbuild.forks import beside
from kgbuild.models.spending import Ledger
from kgbuild.serialise import from_json
from kgbuild.stages import (
    FAILURES,
    WARM,
    Job,
    extracted,
    extraction_of,
    load_extraction,
    load_reading,
    store_extraction,
    store_groups,
    texts_only,
)
from kgbuild.types import (
    TRANSIENT,
    EmbeddingTable,
    Extraction,
    Issue,
    Reading,
    Segment,
    Source,
    Target,
    TextPosition,
)
from kgbuild.workers import Frames

if TYPE_CHECKING:
    from kgbuild.embeddings.fuse import MentionFuser


_SENTENCE = (
    "Mary Berg was born in Oslo and grew up in Bergen, where Berg sold a boat in 1912. "
    "The boat was built by Tom Keller and painted in Lyon."
)


def serve_extractor(setup: bytes) -> Callable[[bytes], Frames]:
    """What an extraction worker does with each request: some sources, from cache to cache. It answers the seconds of
    each.
    """
    given = json.loads(setup)
    job = Job(given["root"], given["cache"], Config.of(given["config"]), tuple(given["ledger"]))

    def answer(request: bytes) -> Frames:
        if request == WARM:
            rehearse(job)
            return []
        _models(json.dumps(job.config.as_dict(), sort_keys=True))  # loaded once: none of the source's time
        try:
            some = from_json(tuple[tuple[Source, Source | None], ...], request.decode())
            took = extract_group(job, [s for s, _ in some], {s: was for s, was in some if was})
        except WorkspaceError as err:  # the disk is full, the store is away: no fault of this source
            kind = next(kind for kind, error in reversed(FAILURES.items()) if isinstance(err, error))
            return [kind, str(err).encode("utf-8", "replace")]
        return [json.dumps([round(seconds, 4) for seconds in took]).encode()]

    return answer


def rehearse(job: Job) -> None:
    """Load the models, and read a sentence with kgbuild's own: what loads at the first sentence is there then."""
    with paused():
        _rehearse(job)
    gc.freeze()  # it stays: the collector need not walk it, nor make a copy of this process have pages of its own


def _rehearse(job: Job) -> None:
    from kgbuild.embeddings import embed_relations
    from kgbuild.embeddings.around import embed_in_context
    from kgbuild.mentions import extract_all

    settings = json.dumps(job.config.as_dict(), sort_keys=True)
    extractors, encoder = _models(settings)
    if not texts_only(job, ()):
        return
    source = Source("rehearsal:", "rehearsal.txt", "text/plain", "", len(_SENTENCE))
    segment = Segment("rehearsal:#0", Target(source.id, (TextPosition(0, len(_SENTENCE)),)), "text", _SENTENCE,
                      language="en")  # fmt: skip
    ((_, extraction),) = extract_all([Reading(source, (segment,), _SENTENCE)], extractors)
    embed_in_context(extraction, encoder)
    embed_relations(extraction, _relation_encoder(settings, encoder), job.config)


def extract_group(
    job: Job, sources: Sequence[Source], former: Mapping[Source, Source] = MappingProxyType({})
) -> list[float]:
    """Extract and embed some sources. Returns the seconds of each; what they share is shared out.

    ``former``: some of them as they were before.

    Of several texts a copy of this process does half.
    """
    if len(sources) < 2 or not texts_only(job, [load_reading(job, s) for s in sources]):
        return _extract_group(job, sources, former)
    took = [0.0] * len(sources)
    with beside(lambda: json.dumps(_extract_group(job, sources[1::2], former)).encode()) as rest:
        took[::2] = _extract_group(job, sources[::2], former)
        took[1::2] = json.loads(rest())
    return took


def _extract_group(job: Job, sources: Sequence[Source], former: Mapping[Source, Source]) -> list[float]:
    begun, cache = time.monotonic(), job.store()
    todo = [s for s in sources if cache.get("extractions", job.extraction_key(s)) is None]
    whole = {s: reading for s in todo if (reading := _with_blobs(job, cache, s)) is not None}
    _extract(job, cache, list(whole.values()))
    shared, took = (time.monotonic() - begun) / len(sources), []
    for source in sources:
        begun = time.monotonic()
        if source in whole or source not in todo:
            _embed(job, cache, source, former.get(source))
        took.append(shared + time.monotonic() - begun)
    return took


def _with_blobs(job: Job, cache: Cache, source: Source) -> Reading | None:
    """A reading with the bytes of its pictures, None if the cache has lost some: it is read again at the next build."""
    reading = load_reading(job, source)
    blobs = {s.blob: cache.get("blobs", s.blob) for s in reading.segments if s.blob}
    if None not in blobs.values():
        return replace(reading, blobs={name: png for name, png in blobs.items() if png})
    cache.drop("readings", job.reading_key(source))  # what is extracted without them would be kept for good
    issue = Issue("extract", "io", "a picture of it is damaged in the cache; build again", source.id)
    store_extraction(job, source, reading, Extraction(source.id, issues=(issue,)), "extractions-transient")
    return None


def _extract(job: Job, cache: Cache, readings: Sequence[Reading]) -> None:
    from kgbuild.mentions import extract_all
    from kgbuild.mentions.parts import Parts

    extractors, _ = _models(json.dumps(job.config.as_dict(), sort_keys=True))
    for one in extractors:
        if hasattr(one, "share"):
            one.share(cache, Ledger(job.config, *job.ledger))
    parts = [Parts(cache, job.reading_key(reading.source)) for reading in readings]
    for n, (reading, extraction) in enumerate(extract_all(readings, extractors, config=job.config, parts=parts)):
        parts[n].save()
        _store(job, reading, extraction)


def _store(job: Job, reading: Reading, extraction: Extraction) -> None:
    passing = any(i.code in TRANSIENT for i in extraction.issues)
    stage = "extractions-transient" if passing else "extractions"
    store_extraction(job, reading.source, reading, extraction, stage)


def _embed(job: Job, cache: Cache, source: Source, former: Source | None) -> None:
    """Vectors of what was found in a source, those of then for what stood in the former one as well; a model of vectors
    that cannot be used is an issue of stage ``embed``.
    """
    from kgbuild.embeddings import embed_relations, open_relations
    from kgbuild.embeddings.around import embed_in_context
    from kgbuild.embeddings.former import known_mentions, known_relations
    from kgbuild.embeddings.pictures import embed_pictures
    from kgbuild.embeddings.tables import embedded, pack
    from kgbuild.entities.grouped import pack as pack_groups
    from kgbuild.mentions import unavailable

    settings = json.dumps(job.config.as_dict(), sort_keys=True)
    _, encoder = _models(settings)
    reading, extraction = load_extraction(job, source)
    missed: list[Issue] = []
    tables, fuser = dict[str, EmbeddingTable](), None
    (was, then), base = _former(job, cache, former), job.config["graph"]["base"]
    try:
        fuser = _fuser(settings, encoder)
        tables = fuser(extraction, reading.segments, lambda blob: cache.get("blobs", blob)) if fuser is not None else {}
    except ModelUnavailable as err:
        fuser, missed = None, [unavailable(source, err, "embed")]
    if fuser is None or tables["mentions"].space != encoder.space:  # another text encoder than that of the fusion
        plain, *around = embed_in_context(extraction, encoder, known_mentions(was, then, encoder.space))
        tables = {name: tables[name] for name in ("fused", "gates") if name in tables}
        tables |= {"mentions": plain, **{t.space: t for t in around}}
    if open_relations(extraction, base):
        relations = _relation_encoder(settings, encoder)
        tables["relations"] = embed_relations(extraction, relations, job.config, known_relations(was, then, base))
    try:
        tables |= embed_pictures(reading.segments, job.config, cache)
    except ModelUnavailable as err:
        missed.append(unavailable(source, err, "embed"))
    found = [i for i in extraction.issues if i.stage != "embed"]
    if missed or len(found) < len(extraction.issues):  # this time or last time
        extraction = replace(extraction, issues=tuple(dict.fromkeys((*found, *missed))))
        cache.drop("extractions", job.extraction_key(source))
        _store(job, reading, extraction)
    passing = any(i.code in TRANSIENT for i in extraction.issues)
    if not passing:
        store_groups(job, cache, source, pack_groups(extraction, embedded(tables)))
    cache.put("vectors-transient" if passing else "vectors", job.vectors_key(source), pack(tables))


def _former(job: Job, cache: Cache, former: Source | None) -> tuple[Extraction, dict[str, EmbeddingTable]]:
    """Extraction and vectors of a former version; empty if there was none, or the cache has lost them."""
    from kgbuild.embeddings.tables import unpack

    if former is None or (found := extracted(job, cache, former)) is None:
        return Extraction(""), {}
    return extraction_of(found[0]), unpack(found[1])


@lru_cache(1)
def _relation_encoder(config: str, encoder: Any) -> Any:
    """Loaded once, and only where there are open relations; shares the backbone with the encoder of mentions."""
    from kgbuild.embeddings.relation import RelationEncoder
    from kgbuild.embeddings.text import TextEncoder

    shared = encoder if isinstance(encoder, TextEncoder) else None
    return RelationEncoder(Config.of(json.loads(config)), text=shared)


@lru_cache(1)
def _fuser(config: str, encoder: Any) -> MentionFuser | None:
    """The fused encoder, loaded once; shares the backbone with the encoder of mentions. None if it is not wanted."""
    from kgbuild.embeddings.fuse import MentionFuser
    from kgbuild.embeddings.text import TextEncoder

    resolved = Config.of(json.loads(config))
    if resolved["embeddings"]["fusion"] == "none":
        return None
    return MentionFuser(resolved, text=encoder if isinstance(encoder, TextEncoder) else None)


@lru_cache(1)
def _models(config: str) -> tuple[Any, Any]:
    from kgbuild import registry
    from kgbuild.mentions import load

    resolved = Config.of(json.loads(config))
    return load(resolved), registry.load("encoders", resolved["embeddings"]["encoder"])(resolved)
