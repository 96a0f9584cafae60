"""Does every piece of evidence resolve? Checked on the published files alone, as a stranger would.

Text: the characters at the span are the mention's surface. Pictures and frames: the box
lies inside the picture that was looked at. Videos: the time lies inside a shot or cue.
With the corpus at hand, the files themselves are read again and compared.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kgbuild.identity import fragment, place_iri
from kgbuild.queries.places import Annotation, Provenance, parse_fragment
from kgbuild.queries.store import generation, open_store
from kgbuild.queries.why import Texts
from kgbuild.statements.correct import TURNED
from kgbuild.types import Box, Selector, TextPosition, TextQuote, TimeSpan
from kgbuild.vocab import CORE, LABEL, OA, RDF, TYPE


@dataclass(frozen=True, slots=True)
class EvidenceCheck:
    """``checked`` counts by modality; ``failures``: (annotation or statement IRI, what is wrong)."""

    statements: int
    checked: dict[str, int]
    failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of statements and annotations that resolve."""
        total = self.statements + sum(self.checked.values())
        return 1 - len({f for f, _ in self.failures}) / total if total else 1.0


def check_evidence(out: str | Path) -> EvidenceCheck:
    """Resolve all evidence of a published graph. Raises ``WorkspaceError`` if there is none."""
    folder = generation(out)
    provenance = Provenance(open_store(out), folder)
    texts = Texts(folder, provenance)
    segments: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in _rows(folder, "segments"):
        segments[row["source"]].append(row)
    pictures = Pictures(folder)
    checked: Counter[str] = Counter()
    failures: list[tuple[str, str]] = []
    for iri in provenance.subjects(TYPE, CORE + "Mention"):
        try:
            a = provenance.mention(iri)
        except (KeyError, ValueError) as err:
            failures.append((iri, f"no place that can be read: {err}"))
            continue
        checked[a.modality] += 1
        failures += [(iri, wrong) for wrong in _wrong(a, texts, segments[a.target.source], pictures)]
    for iri in provenance.subjects(TYPE, CORE + "SamePicture"):
        for a in provenance.places(iri):
            checked["same picture"] += 1
            failures += [(iri, wrong) for wrong in _wrong(a, texts, segments[a.target.source], pictures)]
    statements, owner = 0, {r["id"]: r["entity"] for r in _rows(folder, "mentions", "id", "entity")}
    seen: set[str] = set()
    for kind in ("Statement", "InferredStatement", "QuarantinedStatement"):
        for iri in provenance.subjects(TYPE, CORE + kind):
            statements += 1
            evidence = provenance.evidence(statement=iri)
            failures += [(iri, wrong) for wrong in _statement_wrong(provenance, iri, kind, evidence, owner)]
            for a in evidence:
                if a.id not in seen:
                    seen.add(a.id)
                    checked[a.modality] += 1
                    failures += [(a.id, wrong) for wrong in _wrong(a, texts, segments[a.target.source], pictures)]
    return EvidenceCheck(statements, dict(sorted(checked.items())), failures)


def _rows(folder: Path, table: str, *columns: str) -> list[dict[str, Any]]:
    from pyarrow import parquet

    rows: list[dict[str, Any]] = parquet.read_table(folder / f"{table}.parquet", columns=[*columns] or None).to_pylist()
    return rows


def _statement_wrong(
    provenance: Provenance, iri: str, kind: str, evidence: list[Annotation], owner: dict[str, str]
) -> Iterator[str]:
    found = provenance.properties(iri)
    places, premises = set(found.get(OA + "hasTarget", ())), found.get(CORE + "premise", [])
    if not places and not premises:
        yield "no evidence"
    if places != {place_iri(a.target) for a in evidence}:
        yield "its places are not those of its evidence"
    if kind == "InferredStatement" and not provenance.follows(found):
        yield "it does not stand in the graph of inferred facts"
    turned = TURNED in found.get(CORE + "rule", ())
    if kind == "InferredStatement":
        yield from _premises_wrong(provenance, iri, premises)
    elif any(not _rests(provenance.properties(p), found) for p in premises):
        yield "what it was made of is neither a statement nor a mention of its subject"
    for a in evidence:
        subject = owner.get(a.subject) or (a.subject if a.subject == a.target.source else None)  # a picture itself
        said = [subject, owner.get(a.object) or found[RDF + "object"][0]]  # a date is no entity
        held = [found[RDF + end][0] for end in ("subject", "object")]
        if said != held and not (turned and said[::-1] == held):
            yield f"its evidence {a.id} is about other things"
        elif kind == "Statement" and not provenance.holds(found, a.target.source):
            yield "it does not stand in the graph of its evidence's source"


def _rests(premise: dict[str, list[str]], found: dict[str, list[str]]) -> bool:
    """Whether a premise is a statement, or a mention of the thing that is spoken of."""
    return RDF + "predicate" in premise or premise.get(OA + "hasBody", ()) == found[RDF + "subject"]


def _premises_wrong(provenance: Provenance, iri: str, premises: list[str]) -> Iterator[str]:
    """What is wrong with a derivation: it has to end at statements with evidence, and at things."""
    stack, seen = list(premises), {iri}
    while stack:
        premise = stack.pop()
        if premise in seen:
            continue
        seen.add(premise)
        found = provenance.properties(premise)
        kinds = found.get(TYPE, ())
        if CORE + "InferredStatement" in kinds:
            stack += found.get(CORE + "premise", [])
        elif CORE + "Statement" not in kinds and LABEL not in found:
            yield f"its premise {premise} is neither a statement that holds nor a thing"
    if iri in premises:
        yield "it follows from itself"


def _wrong(a: Annotation, texts: Texts, segments: list[dict[str, str]], pictures: Pictures) -> Iterator[str]:
    """What does not resolve in one annotation."""
    target, anchored = a.target, False
    if (span := target.find(TextPosition)) is not None:
        anchored = True
        found = texts.text(target.source)[span.start : span.end]
        if found != a.surface:
            yield f"at characters {span.start}-{span.end} stands {found!r}, not {a.surface!r}"
    quote = target.find(TextQuote)
    if quote is not None and quote.exact != a.surface and a.kind == "Mention":
        yield f"quotes {quote.exact!r}, but the surface is {a.surface!r}"
    inside = _segment(target.selectors, segments)
    if (box := target.find(Box)) is not None and span is None:
        anchored = True
        width, height = _canvas(target.selectors, inside, segments, pictures)
        if box.x < 0 or box.y < 0 or box.w < 1 or box.h < 1 or box.x + box.w > width or box.y + box.h > height:
            yield f"box {fragment(box)} lies outside of {width} x {height} pixels"
    if (time := target.find(TimeSpan)) is not None:
        anchored = True
        if time.start < 0 or time.end <= time.start:
            yield f"time {fragment(time)} is no span"
    if not anchored:
        yield "no span, box or time"
    if inside is None:
        yield "its place lies in no segment of the source"


def _canvas(
    selectors: tuple[Selector, ...], inside: dict[str, str] | None, segments: list[dict[str, str]], pictures: Pictures
) -> tuple[int, int]:
    """Width and height of the picture, drawing or page that a box lies in."""
    if inside and inside["picture"] and (size := pictures.size(inside["picture"])):
        return size
    whole = _whole(selectors, segments)
    if whole is not None:
        box = parse_fragment(whole["place"].rpartition(";")[2])
        assert isinstance(box, Box)
        return box.w, box.h
    outer = next(s for s in selectors if isinstance(s, Box))
    return outer.x + outer.w, outer.y + outer.h  # a page: its size is not published


def _whole(selectors: tuple[Selector, ...], segments: list[dict[str, str]]) -> dict[str, str] | None:
    """The segment of the whole picture or drawing around the last box of a place."""
    last = max((n for n, s in enumerate(selectors) if isinstance(s, Box)), default=-1)
    start = ";".join([*(fragment(s) for s in selectors[:last]), "xywh=pixel:0,0,"])
    return next((s for s in segments if s["place"].startswith(start) and ";" not in s["place"][len(start) :]), None)


def _segment(selectors: tuple[Selector, ...], segments: list[dict[str, str]]) -> dict[str, str] | None:
    """The segment whose place is the beginning of this one, or whose text span holds this one's."""
    keys = [fragment(s) for s in selectors]
    prefixes = {";".join(keys[: n + 1]) for n in range(len(keys))}
    found = [s for s in segments if s["place"] in prefixes]
    if found:
        return max(found, key=lambda s: (bool(s["picture"]), len(s["place"])))
    span = next((s for s in reversed(selectors) if isinstance(s, TextPosition)), None)
    if span is None:
        return _whole(selectors, segments)
    first = last = None  # a relation may run over several passages
    for s in segments:
        _, char, numbers = s["place"].rpartition("char=")
        if char:
            start, end = map(int, numbers.split(","))
            first = s if start <= span.start < end else first
            last = s if start < span.end <= end else last
    return first if last is not None else None


class Pictures:
    """Sizes of the published pictures."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "pictures"
        self._sizes: dict[str, tuple[int, int] | None] = {}

    def size(self, blob: str) -> tuple[int, int] | None:
        """(width, height) in pixels, None if the picture was not published."""
        from PIL import Image

        if blob not in self._sizes:
            path = self._folder / f"{blob}.png"
            if path.is_file():
                with Image.open(path) as image:
                    self._sizes[blob] = image.size
            else:
                self._sizes[blob] = None
        return self._sizes[blob]


def compare_with_corpus(out: str | Path, corpus: str | Path, config: Any) -> list[tuple[str, str]]:
    """Read the corpus again and compare: (path, what differs) for each file that is not what was published."""
    from kgbuild.sources import ReaderPool, discover

    folder = generation(out)
    provenance = Provenance(open_store(out), folder)
    texts = Texts(folder, provenance)
    known = {texts.path(s): s for s in provenance.subjects(TYPE, CORE + "Source")}
    known |= {
        texts.path(s): s
        for kind in ("TextDocument", "Picture", "Video", "Audio", "Subtitles", "Diagram")
        for s in provenance.subjects(TYPE, CORE + kind)
    }
    wrong = []
    sources, _ = discover(Path(corpus).resolve(), config)
    by_path = {s.path: s for s in sources}
    with ReaderPool(Path(corpus).resolve(), config, 1) as pool:
        for path, iri in sorted(known.items()):
            source = by_path.get(path)
            if source is None:
                wrong.append((path, "is not in the corpus any more"))
            elif [source.sha256] != provenance.properties(iri).get(CORE + "sha256"):
                wrong.append((path, "has changed since the build"))
            elif (reading := pool.read(source)).text and reading.text != texts.text(iri)[: len(reading.text)]:
                wrong.append((path, "reads differently from the published text"))
            elif missing := [b for b in reading.blobs if not (folder / "pictures" / f"{b}.png").is_file()]:
                wrong.append((path, f"{len(missing)} of its pictures are not published"))
    return wrong
