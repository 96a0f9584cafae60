"""Groups of one source's mentions, the words around each and the base forms of its relations' words, as bytes of the
cache: they hang on the source alone.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from sys import intern

from kgbuild.entities.group import Group, group
from kgbuild.entities.surroundings import Around, around
from kgbuild.mentions.lemmas import base_form
from kgbuild.types import Extraction, Mention


def pack(extraction: Extraction, known: Container[str]) -> bytes:
    """The groups of ``group`` by the numbers of their mentions, the words around them by theirs among all, and
    ``base_form`` of the words of open relations.
    """
    number, words = {m.id: n for n, m in enumerate(extraction.mentions)}, dict[str, int]()
    rows = [
        (
            g.id, g.key, g.name, g.keys, g.type, g.guard, g.source, [number[m.id] for m in g.mentions], g.described,
            g.seen, *([words.setdefault(w, len(words)) for w in found] for found in around(g)),
        )
        for g in group(extraction.mentions, known)
    ]  # fmt: skip
    forms = {r.phrase: base_form(r.phrase) for r in extraction.relations if r.phrase}
    return json.dumps([list(words), rows, forms], separators=(",", ":")).encode()


def unpack(
    value: bytes, mentions: Sequence[Mention], *, words: bool
) -> tuple[tuple[Group, ...], Mapping[str, Around], Mapping[str, str]]:
    """The groups of ``pack`` from the same mentions, with ``words`` what stands around each, by its id, and the base
    forms.
    """
    told, rows, forms = json.loads(value)
    word = list(map(intern, told if words else ())).__getitem__  # each word of a corpus is in memory once
    groups, near = [], {}
    for id, key, name, keys, kind, guard, source, own, described, seen, *found in rows:
        groups.append(
            Group(id, key, name, tuple(keys), kind, guard, source, tuple([mentions[n] for n in own]), described, seen)
        )
        if words:
            around_it, named, of_names = (tuple(map(word, row)) for row in found)
            near[id] = around_it, named, of_names
    return tuple(groups), near, forms
