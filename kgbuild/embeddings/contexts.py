"""Where open relation mentions stand: the text with subject and object found in it again."""

from __future__ import annotations

from collections.abc import Mapping

from kgbuild.embeddings.relation import Context
from kgbuild.identity import clean
from kgbuild.types import Mention, RelationMention, TextPosition
from kgbuild.vocab import words


def contexts(relations: list[RelationMention], mentions: Mapping[str, Mention]) -> dict[str, Context]:
    """Contexts by relation mention id; relations whose mentions are unknown are passed over."""
    found = {}
    for r in relations:
        subject, object = mentions.get(r.subject), mentions.get(r.object)
        if subject is not None and object is not None:
            found[r.id] = _context(r, subject, object)
    return found


def backward(c: Context) -> Context:
    """The same place with subject and object changed."""
    return Context(c.text, c.object, c.subject, c.phrase)


def _context(r: RelationMention, subject: Mention, object: Mention) -> Context:
    """The relation's own text if both ends stand in it, else "subject phrase object" (lines of diagrams)."""
    phrase = r.phrase or words(r.predicate)
    if r.modality != "diagram":  # code is no sentence
        first = _find(r, subject, taken=None)
        second = _find(r, object, taken=first)
        if first is not None and second is not None:
            return Context(r.surface, first, second, phrase)
    left, right = clean(subject.surface), clean(object.surface)
    text = f"{left} {phrase} {right}"
    return Context(text, (0, len(left)), (len(text) - len(right), len(text)), phrase)


def _find(r: RelationMention, m: Mention, *, taken: tuple[int, int] | None) -> tuple[int, int] | None:
    """The characters of a mention in the relation's text: by position, else the first place free."""
    whole, own = r.target.find(TextPosition), m.target.find(TextPosition)
    if whole is not None and own is not None:
        start = own.start - whole.start
        if start >= 0 and r.surface[start : start + len(m.surface)] == m.surface:
            return start, start + len(m.surface)
    start = r.surface.find(m.surface)
    while start >= 0 and taken is not None and start < taken[1] and start + len(m.surface) > taken[0]:
        start = r.surface.find(m.surface, start + 1)
    return (start, start + len(m.surface)) if start >= 0 and m.surface else None
