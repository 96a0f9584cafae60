"""Which pictures of a corpus a talk shows: the right one for each slide, and what is joined besides.

    python benchmarks/same_picture.py ../shared/corpus ../shared/gold/scaling-talk.shots.json [--vision tower]
    python benchmarks/same_picture.py ../shared/diagrams

Reads pictures and frames only (no OCR, no text), embeds them, joins what shows the same (``kgs:depictsSame``), and
prints each slide with the picture of the gold file, then all other pairs, to be looked at. A pair with a copy of the
right picture, pixel for pixel, is right as well.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from kgbuild.cache import Cache
from kgbuild.config import Config
from kgbuild.embeddings.pictures import embed_pictures, whole_pictures
from kgbuild.embeddings.tables import stack
from kgbuild.entities.copies import look
from kgbuild.entities.depicted import Comparer, depictions
from kgbuild.models.arrays import pixels
from kgbuild.queries.places import describe
from kgbuild.stages import Job, list_sources, load_reading, read_sources
from kgbuild.types import Depiction, Segment, TimeSpan


def found_in(corpus: Path, cache: Path, config: Config) -> tuple[list[Segment], tuple[Depiction, ...], dict[str, str]]:
    """Whole pictures of the corpus, what is the same among them, and the paths of the sources."""
    job = Job(str(corpus.resolve()), str(cache), config)
    sources, _ = list_sources(job)
    kept = [s for s in sources if s.media_type.startswith(("image/", "video/")) or s.media_type == "application/pdf"]
    read_sources(job, kept)
    readings = [load_reading(job, s) for s in kept]
    store, started = Cache(str(cache)), time.process_time()
    tables = [embed_pictures(r.segments, config, store) for r in readings]
    embedded = time.process_time()
    shown = [s for r in readings for s in whole_pictures(r.segments)]

    def read(blob: str) -> object:
        png = store.get("blobs", blob)
        return None if png is None else look(pixels(png))

    vectors = [stack([t[name] for t in tables if name in t]) for name in ("pictures", "parts")]
    made = depictions(shown, vectors, Comparer(read, cache=store), base="https://example.org/kg/")  # type: ignore[arg-type]
    seconds = f"{embedded - started:.1f} s to embed, {time.process_time() - embedded:.1f} s to join"
    print(f"{len(shown)} pictures and frames, {seconds}")
    return shown, made, {s.id: s.path for s in kept}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("shots", type=Path, nargs="?", help="gold of a talk; without it all pairs are printed")
    parser.add_argument("--vision", default="tower")
    options = parser.parse_args()
    config = Config.load(overrides={"embeddings.vision": options.vision})
    with tempfile.TemporaryDirectory() as cache:
        shown, made, path = found_in(options.corpus, Path(cache), config)
    blob = {s.id: s.blob for s in shown}
    of_path = {path[s.target.source]: s.blob for s in shown}
    used, right = set(), 0
    gold = json.loads(options.shots.read_text("utf-8")) if options.shots else []
    shots = [s for s in gold if s["picture"]]
    for shot in shots:
        wanted = next(b for p, b in sorted(of_path.items()) if p.endswith(shot["picture"]))
        hits = []
        for d in made:
            for frame, other in ((0, 1), (1, 0)):
                target = (d.left, d.right)[frame]
                span = target.find(TimeSpan)
                if span and span.start < shot["end"] - 0.5 and span.end > shot["start"] + 0.5:
                    used.add(d.id)
                    hits.append((d.score, path[(d.left, d.right)[other].source], blob[d.segments[other]] == wanted))
        good = bool(hits) and all(h[2] for h in hits)
        right += good
        print(f"{'right' if good else 'WRONG'}  {shot['title']}: {hits}")
    if shots:
        print(f"{right} of {len(shots)} slides with the right picture and no other")
    for d in made:
        if d.id not in used:
            same = "same pixels" if blob[d.segments[0]] == blob[d.segments[1]] else "LOOK"
            left, right_one = (f"{path[t.source]} ({describe(t)})" for t in (d.left, d.right))
            print(f"{same}  {d.score:.3f}  {left}  =  {right_one}")


if __name__ == "__main__":
    main()
