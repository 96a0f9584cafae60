"""Terms as N-Quads writes them: IRIs, strings, literals. Whatever a source holds, the line is legal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from kgbuild.types import Value
from kgbuild.vocab import XSD

# A subject, and what is said of it in one graph: each time a predicate, a blank and an object, in order, each once.
Said = tuple[str, Sequence[str]]

# All that RFC 3987 does not let stand in an IRI, and percent signs that begin no escape.
_PLANES = "".join(f"{chr(p << 16)}-{chr((p << 16) + 0xFFFD)}" for p in range(1, 14)) + "\U000e1000-\U000efffd"
_BAD_IRI = re.compile(rf"[^!#$-;=?-Z_a-z~\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef{_PLANES}]|%(?![0-9A-Fa-f]{{2}})")
_PLAIN_IRI = re.compile(r"[!$&-;=?-Z_a-z~]*(?:#[!$&-;=?-Z_a-z~]*)?\Z")  # ASCII without escapes: most are
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_ESCAPED = re.compile(r'[\\"\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]')


@lru_cache(1 << 16)  # most IRIs stand in several lines
def iri(value: str) -> str:
    """An IRI in N-Quads; characters that may not stand in one are percent-encoded."""
    if _PLAIN_IRI.match(value):
        return f"<{value}>"
    head, mark, rest = value.partition("#")
    whole = head + mark + rest.replace("#", "%23")
    return "<" + _BAD_IRI.sub(lambda m: "".join(f"%{b:02X}" for b in m.group().encode("utf-8", "replace")), whole) + ">"


def text(value: str) -> str:
    """A string literal; lone surrogates and non-characters become U+FFFD."""
    return f'"{_ESCAPED.sub(_escape, value) if _ESCAPED.search(value) else value}"'


def _escape(match: re.Match[str]) -> str:
    c = match.group()
    if c in _ESCAPES:
        return _ESCAPES[c]
    return "\ufffd" if c >= "\ud800" else f"\\u{ord(c):04X}"


def label(value: str, language: str) -> str:
    """A label with its language tag, plain when the language is not known."""
    return f"{text(value)}@{language}" if language else text(value)


def literal(value: Value) -> str:
    """A typed or language-tagged literal."""
    if value.language or not value.datatype or value.datatype == XSD + "string":
        return label(value.lexical, value.language)
    return f"{text(value.lexical)}^^{iri(value.datatype)}"


def decimal(value: float) -> str:
    """A score with four decimals."""
    return f'"{value:.4f}"^^<{XSD}decimal>'
