"""Groups, the words around them and base forms come back from the cache as they were made."""

from __future__ import annotations

from kgbuild.entities.group import group
from kgbuild.entities.grouped import pack, unpack
from kgbuild.entities.surroundings import around
from kgbuild.mentions.lemmas import base_form
from kgbuild.types import Extraction, Mention, RelationMention, Target, TextPosition


def mention(n: int, surface: str, kind: str, context: str, *, cluster: str = "", source: str = "s") -> Mention:
    return Mention(
        f"{source}#m{n}", Target(source, (TextPosition(10 * n, 10 * n + len(surface)),)), surface, kind, 0.9, "text/1",
        "text", f"{source}#0", context, cluster=cluster,
    )  # fmt: skip


def test_what_is_unpacked_is_what_was_made() -> None:
    told = "Ada Keller of São Paulo said “no” \ud800 to the APIs of Keller."
    mentions = [
        mention(0, "Ada Keller", "Person", told, cluster="a"), mention(1, "Keller", "Person", told, cluster="a"),
        mention(2, "São Paulo", "Place", told), mention(3, "APIs", "Product", told), mention(4, "API", "Product", ""),
        mention(5, "she", "Person", told, cluster="a"), mention(6, "Lost \ud800", "Thing", told),
    ]  # fmt: skip
    known = frozenset(m.id for m in mentions[:-1])
    made, phrases = group(mentions, known), ("be hosted on", "read from", "be hosted on", "", "\ud800 said")
    relations = tuple(RelationMention("", "", "", "", mentions[0].target, 0.9, "", phrase=p) for p in phrases)
    extraction = Extraction("s", tuple(mentions), relations)
    packed = pack(extraction, known)
    forms = {"be hosted on": "host on", "read from": "read from", "\ud800 said": base_form("\ud800 said")}
    assert len(made) == 3 and {len(g.mentions) for g in made} == {1, 2}
    assert unpack(packed, mentions, words=False) == (tuple(made), {}, forms)
    assert unpack(packed, mentions, words=True) == (tuple(made), {g.id: around(g) for g in made}, forms)
    assert pack(extraction, frozenset(m.id for m in mentions)) != packed


def test_nothing_is_no_fault() -> None:
    assert unpack(pack(Extraction("s"), frozenset()), [], words=True) == ((), {}, {})
