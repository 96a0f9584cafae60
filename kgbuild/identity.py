"""The only place that mints an IRI.

Ids depend on content and relative paths alone: never on absolute paths, time, order of
work or the hash seed. Everything that a source says has an id under the source's own IRI.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from html import unescape
from urllib.parse import quote, unquote

from kgbuild.types import Box, Field, Page, Part, Selector, Target, TextPosition, TextQuote, TimeSpan

# Control characters, zero-width space, soft hyphen, byte-order mark, direction marks; not the joiners of emoji.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)

_ENTITY = re.compile(r"[&#](amp|lt|gt|quot|apos|nbsp|#?\d{1,6});")  # Mermaid writes them with a number sign


def digest(*parts: object, length: int = 16) -> str:
    """Hexadecimal SHA-256 prefix over the parts' text, separated by U+001F."""
    text = "\x1f".join(str(p) for p in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def clean(surface: str) -> str:
    """A surface as a person would write it, without characters that nobody sees.

    Escapes and tags of diagram code, and runs of blanks, become one blank.
    """
    surface = _UNSEEN.sub("", surface) or surface
    surface = surface.replace('\\"', '"')
    bare = re.sub(r"\\[nlrtNGE]|<[^<>]{1,200}>|[{}|](?=.*[{}|])|[{}]", " ", surface)
    return _ENTITY.sub(_character, " ".join(bare.split()) or surface.strip())


def _character(entity: re.Match[str]) -> str:
    name = entity.group(1)
    return unescape(f"&#{name};" if name.isdigit() else f"&{name};")


def normalise(label: str) -> str:
    """The key under which labels are the same: NFKC, case-folded, letters and digits, single blanks.

    Labels without any letter or digit fall back to their case-folded text.
    """
    folded = unicodedata.normalize("NFKC", clean(label)).casefold()
    return " ".join(re.findall(r"\w+", folded.replace("_", " "))) or folded.strip()


def slug(label: str, limit: int = 48) -> str:
    """A readable ASCII path segment made from a label; ``x`` if nothing is left."""
    text = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", text)[:limit].strip("-") or "x"


def source_iri(base: str, path: str) -> str:
    """IRI of the file at a path relative to the corpus (forward slashes)."""
    return f"{base}source/{quote(path, safe='/', encoding='utf-8', errors='surrogateescape')}"


def source_path(iri: str) -> str:
    """The path of a source by its IRI, "" if it is none of a file."""
    path = iri.partition("/source/")[2]
    return "" if "#" in path else unquote(path, encoding="utf-8", errors="surrogateescape")


def graph_iri(base: str, name: str) -> str:
    """IRI of one of the graphs that are no source: entities, relations, sources, provenance, quarantine, inferred."""
    return f"{base}graph/{name}"


def text_name(path: str, source: str) -> str:
    """File name of the text rendition of a source (its path and IRI) under ``texts/``."""
    return f"{slug(path)}-{digest(source, length=8)}.txt"


def segment_iri(source: str, number: int) -> str:
    """IRI of the n-th segment of a source."""
    return f"{source}#segment-{number}"


def mention_iri(target: Target, surface: str, label: str, agent: str) -> str:
    """IRI of a mention under its source."""
    return f"{target.source}#mention-{digest(selectors_key(target.selectors), surface, label, agent)}"


def event_iri(target: Target, kind: str, *about: str) -> str:
    """IRI of an event under its source; ``about``: ids of the mentions of what it shows."""
    return f"{target.source}#event-{digest(selectors_key(target.selectors), kind, *about)}"


def open_relation_iri(base: str, phrase: str) -> str:
    """IRI of an open relation by its normalised phrase: "post to" -> ``relation/post_to``."""
    return f"{base}relation/{quote(phrase.replace(' ', '_'), safe='-', encoding='utf-8', errors='replace')}"


def relation_iri(subject: str, predicate: str, object: str, target: Target, agent: str) -> str:
    """IRI of a relation mention under its source; subject and object are mention ids."""
    key = digest(subject, predicate, object, selectors_key(target.selectors), agent)
    return f"{target.source}#relation-{key}"


def entity_iri(base: str, label: str, kind: str, discriminator: str = "") -> str:
    """IRI of an entity: readable slug plus a short hash of normalised label, type and discriminator."""
    return f"{base}entity/{slug(label)}-{digest(normalise(label), kind, discriminator, length=8)}"


def reference_iri(base: str, name: str, given: str) -> str:
    """IRI of an item of a reference table (its file's name without ending) that has an id but no IRI of its own."""
    return f"{base}reference/{slug(name)}/{quote(given, safe='', encoding='utf-8', errors='replace')}"


def link_iri(base: str, entity: str, item: str) -> str:
    """IRI of the record that an entity is an item of a reference."""
    return f"{base}link/{digest(entity, item)}"


def statement_iri(base: str, subject: str, predicate: str, object: object, status: str = "asserted") -> str:
    """IRI of the statement s p o, the same whichever sources state it; what is denied or said has one of its own."""
    parts = (subject, predicate, object) if status == "asserted" else (subject, predicate, object, status)
    return f"{base}statement/{digest(*parts)}"


def depiction_iri(base: str, left: Target, right: Target) -> str:
    """IRI of the claim that two places show the same picture."""
    places = (part for t in (left, right) for part in (t.source, selectors_key(t.selectors)))
    return f"{base}depiction/{digest(*places)}"


def place_iri(target: Target) -> str:
    """IRI of a place: the source's with one fragment that says the place, outer to inner, joined by ``&``.

    ``char=`` as RFC 5147 has it, ``page=`` as RFC 8118, ``t=`` and ``xywh=`` as Media Fragments 1.0, ``text=`` as Text
    Fragments; a part of a page or picture follows what it lies in.
    """
    return f"{target.source}#{'&'.join(map(_said, target.selectors))}" if target.selectors else target.source


def _said(selector: Selector) -> str:
    if not isinstance(selector, TextQuote):
        return fragment(selector)
    before, exact, after = (_quoted(part) for part in (selector.prefix, selector.exact, selector.suffix))
    return "text=" + (f"{before}-," if before else "") + exact + (f",-{after}" if after else "")


def _quoted(text: str) -> str:
    return quote(re.sub("[\ud800-\udfff]", "\ufffd", text), safe="").replace("-", "%2D")


def extraction_iri(base: str, agent: str, modality: str) -> str:
    """IRI of what an agent (``name/version``) does with sources of one modality."""
    name, _, version = agent.partition("/")
    return f"{base}extraction/{slug(name)}-{quote(version, safe='.')}/{modality}"


def agent_iri(base: str, name: str, version: str) -> str:
    """IRI of the software that produced something."""
    return f"{base}agent/{slug(name)}-{quote(version, safe='.')}"


def selectors_key(selectors: Iterable[Selector]) -> str:
    """Text form of a selector path, the same for equal places."""
    return ";".join(fragment(s) for s in selectors)


def fragment(selector: Selector) -> str:
    """One selector as a media fragment or RFC 5147 / PDF style fragment."""
    match selector:
        case TextPosition(start, end):
            return f"char={start},{end}"
        case TextQuote(exact, _, _):
            return f"text={quote(exact)}"
        case Page(number):
            return f"page={number}"
        case Part(name):
            return f"part={quote(name)}"
        case Field(name):
            return f"field={quote(name)}"
        case Box(x, y, w, h):
            return f"xywh=pixel:{x},{y},{w},{h}"
        case TimeSpan(start, end):
            return f"t=npt:{seconds(start)},{seconds(end)}"


def seconds(value: float) -> str:
    """Seconds with at most three decimals and no trailing zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
