"""Every domain type that two stages share. Frozen, slotted, standard library only.

Units: text offsets count Unicode code points of the source's *text rendition* (see
``Target``); boxes count pixels of the picture after EXIF rotation, origin top left;
times count seconds from the start of the media. Scores lie in [0, 1]. Ids are IRIs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np


S = TypeVar("S")
# Issue codes of reasons that lie in the machine, not in the file: such files are read again at the next build.
TRANSIENT = frozenset({"timeout", "memory", "crashed", "changed", "io", "model-unavailable", "llm-cap"})
UNSEEN = frozenset({"sound", "clip"})  # modalities of segments whose bytes are for models alone: they are not published

# -- selectors: where inside a source (W3C Web Annotation, Media Fragments 1.0) --


@dataclass(frozen=True, slots=True)
class TextPosition:
    """Half-open character range ``[start, end)`` of the source's text rendition."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TextQuote:
    """The quoted characters with a little text before and after them."""

    exact: str
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a paged document, counted from 1."""

    number: int


@dataclass(frozen=True, slots=True)
class Part:
    """A picture held inside a container file, by the reader's name for it."""

    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of what a file says of itself: ``exif:DateTimeOriginal``, ``iptc:Keywords``, ``xmp:dc:creator``."""

    name: str


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; inside a ``Page`` in points (1/72 inch), origin top left."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Seconds ``[start, end)`` on the media's own clock."""

    start: float
    end: float


Selector = TextPosition | TextQuote | Page | Part | Field | Box | TimeSpan


@dataclass(frozen=True, slots=True)
class Target:
    """A place in a source: selectors from outer to inner (page then span; time then box).

    A text position counts characters of the source's text rendition: for plain-text
    formats the decoded file itself, else the passages' texts joined by blank lines.
    """

    source: str
    selectors: tuple[Selector, ...] = ()

    def within(self, *inner: Selector) -> Target:
        """The same place narrowed by further selectors."""
        return Target(self.source, (*self.selectors, *inner))

    def find(self, kind: type[S]) -> S | None:
        """The innermost selector of one kind, or None."""
        return next((s for s in reversed(self.selectors) if isinstance(s, kind)), None)


# -- what the stages hand on --


@dataclass(frozen=True, slots=True)
class Source:
    """One input file. ``path`` is relative to the corpus, with forward slashes."""

    id: str
    path: str
    media_type: str
    sha256: str
    size: int
    title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """One unit that extractors work on.

    ``modality``: ``text`` (a passage), ``cue`` (a subtitle), ``picture``, ``frame``
    (of a video), ``diagram`` (diagram source code), ``drawing`` (vector graphics),
    ``label`` (words read in a picture), ``caption`` (a model's sentence about a picture, which is its place),
    ``link`` (a reference to a picture of the corpus), ``record`` (a row of a table of records),
    ``metadata`` (one value of what a picture or audio file says of itself), ``sound`` (a stretch of sound),
    ``clip`` (a few seconds of a video).
    ``text`` is what the segment says; for pictures and frames the caption, else "".
    ``context`` keeps what stands around: pairs of (``heading`` | ``caption`` | ``alt``
    | ``before`` | ``after`` | ``title`` | ``link``, text); of what a model heard its ``score``; of a label its
    ``score`` and, in a diagram, its ``role``: ``node`` | ``edge`` | ``group`` | ``part`` (of a node); in a table
    ``cell``; of diagram source and drawings their ``language`` (``mermaid``, ``drawio`` ...). A row of a table that has
    a header keeps one ``column`` (a header's words) for each mark ``cell``, and its ``score``; a cell's label its
    ``column`` and ``row`` ("2.5": fifth row of the picture's second table); of a value of a ``Field`` its ``kind``
    (see ``sources.metadata``).
    ``marks`` are emphasised stretches of ``text``: (start, end, kind), offsets local to
    the segment, kind one of ``strong`` | ``emphasis`` | ``link`` | ``code`` | ``cell``.
    ``blob`` is the SHA-256 of the picture's PNG bytes in the reading; of sound, of its FLAC bytes, of a clip, of its
    frames under each other as PNG.
    ``language`` is the BCP 47 code of a passage or cue ("en"), "" when it is not known.
    ``times``: of what a model heard, the seconds of each word: (start, end of its characters in ``text``, start, end).
    """

    id: str
    target: Target
    modality: str
    text: str = ""
    derived_by: str = ""
    context: tuple[tuple[str, str], ...] = ()
    marks: tuple[tuple[int, int, str], ...] = ()
    blob: str = ""
    language: str = ""
    times: tuple[tuple[int, int, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing named at one place. ``surface`` is what stands there, to the letter.

    ``context`` is the sentence or label around it, for embeddings; ``cluster`` links
    mentions that the extractor holds to be one thing inside the source (coreference);
    ``nominal`` is true for a common noun ("the load balancer"), false for a name.
    ``language`` is that of the surface (BCP 47), "" when it is not known; ``extract`` sets it.
    """

    id: str
    target: Target
    surface: str
    label: str
    score: float
    agent: str
    modality: str = "text"
    segment: str = ""
    context: str = ""
    cluster: str = ""
    nominal: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class RelationMention:
    """A relation stated at one place between two mentions (by mention id).

    ``status``: ``asserted`` | ``negated`` | ``possible`` (can, may, will, or) | ``reported`` (somebody
    says or believes it) | ``hypothetical`` (a condition, a question); only the first makes a fact, ``note``
    says why in words. ``phrase``: the normalised words of an open relation ("post to"), else "".
    """

    id: str
    subject: str
    predicate: str
    object: str
    target: Target
    score: float
    agent: str
    surface: str = ""
    modality: str = "text"
    phrase: str = ""
    status: str = "asserted"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """What went wrong or was left out, and where. Severity: ``error`` | ``warning`` | ``info``."""

    stage: str
    code: str
    message: str
    source: str = ""
    target: Target | None = None
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader made of one file.

    ``text`` is the rendition that text positions count in; ``blobs`` maps SHA-256 to
    PNG bytes of pictures and frames, and to FLAC bytes of sound.
    ``outcome``: ``processed`` | ``rejected`` | ``skipped``.
    """

    source: Source
    segments: tuple[Segment, ...] = ()
    text: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    outcome: str = "processed"


@dataclass(frozen=True, slots=True)
class Event:
    """What happens on the screen from one second to another.

    ``kind``: ``Scene`` | ``BuildUp`` (a scene that grows) | ``Shot`` (of a scene) | ``Appearance`` (a thing is there:
    it appears at the beginning and disappears at the end) | ``Movement`` (it goes to ``into``) | ``Action``.
    ``target``: time, then box if it has one; ``mentions``: ids of those of the things that it shows; ``part_of``: the
    event that it belongs to, ``resumes`` the scene whose picture comes back, "" if there is none.
    """

    id: str
    kind: str
    target: Target
    score: float
    agent: str
    label: str = ""
    mentions: tuple[str, ...] = ()
    part_of: str = ""
    resumes: str = ""
    into: Target | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """New segments of a source, such as labels read in its pictures, and what went wrong with them."""

    segments: tuple[Segment, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Following:
    """What follows from the mentions of a source: events, and groups of ids of mentions that are one thing."""

    events: tuple[Event, ...] = ()
    same: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Extraction:
    """The mentions, relation mentions and events of one source."""

    source: str
    mentions: tuple[Mention, ...] = ()
    relations: tuple[RelationMention, ...] = ()
    issues: tuple[Issue, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingTable:
    """Vectors of one space: ``matrix`` float32 of shape (len(ids), d), rows of unit length."""

    space: str
    ids: tuple[str, ...]
    matrix: np.ndarray


@dataclass(frozen=True, slots=True)
class Match:
    """A scored pair of mention groups with the features that gave the score."""

    left: str
    right: str
    score: float
    features: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Depiction:
    """Two places, in two sources, that show the same picture; their last boxes are what they have in common.

    ``left``, ``right``: the segments of the two pictures, pages or frames, and the places in them.
    """

    id: str
    segments: tuple[str, str]
    left: Target
    right: Target
    score: float
    agent: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing: the mentions held to be it, its labels and types.

    ``types``: the finest class first, last the class that the mentions were given. ``type_score``: how sure the
    finest one is, 1 if it was not guessed.
    """

    id: str
    pref_label: str
    alt_labels: tuple[str, ...]
    types: tuple[str, ...]
    mentions: tuple[str, ...]
    same_as: tuple[str, ...] = ()
    type_score: float = 1.0


@dataclass(frozen=True, slots=True)
class Value:
    """A literal: lexical form, datatype IRI or language tag."""

    lexical: str
    datatype: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a statement is held: a mention or relation mention, with its place and agent."""

    id: str
    target: Target
    surface: str
    score: float
    agent: str
    modality: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A typed fact. ``status``: ``asserted`` | ``inferred`` | ``quarantined``.

    ``reason`` says why a statement is in quarantine, else "". Of an inferred one ``rule`` names what it follows by
    and ``premises`` what it follows from: statement ids, entity ids where the entity's own class is meant. ``note``:
    what else its source says that made it more or less sure, "" if little.
    """

    id: str
    subject: str
    predicate: str
    object: str | Value
    evidence: tuple[Evidence, ...]
    confidence: float
    status: str = "asserted"
    reason: str = ""
    rule: str = ""
    premises: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """What produced a mention or statement: a piece of software with its version."""

    id: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Run:
    """One build. Times are ISO 8601 and stand only in the run record, never in the graph."""

    id: str
    started: str
    ended: str
    config_sha256: str
    agents: tuple[Agent, ...] = ()
