"""Linking to a reference: names, context, types, what is not there, what is not sure, and the user's word."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from kgbuild.config import Config
from kgbuild.embeddings.text import TextEncoder
from kgbuild.entities.decisions import Decisions
from kgbuild.entities.link import Linking, link
from kgbuild.entities.references import Item, References, read_references
from kgbuild.errors import ConfigError
from kgbuild.types import Entity, Mention, Target, TextPosition
from kgbuild.vocab import OWL, SKOS

BASE = "https://x.org/kg/"
CLASSES = {"person": "Person", "city": "Place", "https://schema.org/Organization": "Organisation"}


@pytest.fixture(scope="module")
def encoder(config: Config) -> TextEncoder:
    return TextEncoder(config)


def thing(name: str, kind: str = "Thing", context: str = "", *others: str) -> tuple[Entity, Mention]:
    ident = f"{BASE}source/a#{name}-{kind}-{len(context)}"
    mention = Mention(ident, Target(f"{BASE}source/a", (TextPosition(0, 1),)), name, kind, 1.0, "t/1", context=context)
    return Entity(f"{BASE}entity/{name}-{kind}-{len(context)}", name, others, (kind,), (ident,)), mention


def run(
    things: Sequence[tuple[Entity, Mention]], items: Sequence[Item], encoder: TextEncoder, **decided: tuple[str, str]
) -> Linking:
    entities, mentions = [e for e, _ in things], [m for _, m in things]
    decisions = Decisions(**{word: (pair,) for word, pair in decided.items()})
    return link(
        entities, mentions, References(list(items)), encode=encoder.encode, classes=CLASSES, decisions=decisions
    )


def item(number: int, *names: str, types: tuple[str, ...] = (), about: str = "", **more: float) -> Item:
    return Item(f"https://w.org/Q{number}", names, types, about, **more)


ITEMS = [
    item(1, "Goldstone Observatory", "GDSCC", about="antenna complex of the Deep Space Network in California"),
    item(2, "Mercury", about="the planet of the Solar System that is closest to the Sun"),
    item(3, "Mercury", about="a metal that is liquid at room temperature, used in thermometers"),
    item(4, "Ada Lovelace", types=("person",)),
    item(5, "Canberra", types=("city",), about="capital city of Australia"),
]


def test_names_and_other_names_are_found_and_the_unknown_is_left_alone(encoder: TextEncoder) -> None:
    things = [thing("Goldstone Observatory"), thing("GDSCC"), thing("Ada Lovelace", "Person"), thing("Charles Babbage")]
    found = run(things, ITEMS, encoder)
    assert [e.same_as for e in found.entities] == [
        ("https://w.org/Q1",), ("https://w.org/Q1",), ("https://w.org/Q4",), (),
    ]  # fmt: skip
    assert all(made.predicate == OWL + "sameAs" and 0.5 <= made.score <= 1 and made.reason for made in found.links)
    (shared,) = found.issues
    assert shared.code == "same-item" and "'GDSCC'" in shared.message and "`same G" in shared.message


def test_a_context_tells_two_things_of_one_name_apart(encoder: TextEncoder) -> None:
    things = [
        thing("Mercury", "Thing", "Mercury is the planet closest to the Sun in the Solar System."),
        thing(
            "Mercury", "Thing", "The thermometer broke and liquid metal, mercury, at room temperature ran out of it."
        ),
        thing("Mercury", "Thing", "Mercury was nice."),
    ]
    found = run(things, ITEMS, encoder)
    same = {e.id: e.same_as for e in found.entities}
    assert same[things[0][0].id] in (("https://w.org/Q2",), ())
    assert same[things[1][0].id] in (("https://w.org/Q3",), ())
    best = {made.entity: made.item or made.candidates[0][0] for made in found.links}
    assert [best[e.id] for e, _ in things[:2]] == ["https://w.org/Q2", "https://w.org/Q3"]
    assert same[things[2][0].id] == ()
    unsure = next(made for made in found.links if made.entity == things[2][0].id)
    assert not unsure.predicate and {c[0] for c in unsure.candidates} == {"https://w.org/Q2", "https://w.org/Q3"}


def test_types_that_exclude_one_another_are_not_linked(encoder: TextEncoder) -> None:
    found = run([thing("Canberra", "Person"), thing("Canberra", "Place")], ITEMS, encoder)
    assert [e.same_as for e in found.entities] == [(), ("https://w.org/Q5",)]


def test_the_much_better_known_of_two_is_meant(encoder: TextEncoder) -> None:
    twins = [item(1, "Paris", popularity=9000.0), item(2, "Paris", popularity=3.0)]
    unknown = [item(1, "Paris"), item(2, "Paris")]
    assert run([thing("Paris")], twins, encoder).entities[0].same_as in ((), ("https://w.org/Q1",))
    assert run([thing("Paris")], unknown, encoder).entities[0].same_as == ()


def test_concepts_match_and_things_are_the_same(encoder: TextEncoder) -> None:
    found = run([thing("solar panel")], [Item("https://w.org/c", ("solar panels",), concept=True)], encoder)
    assert [made.predicate for made in found.links] == [SKOS + "exactMatch"]


def test_the_users_word_holds(encoder: TextEncoder) -> None:
    goldstone = [thing("Goldstone Observatory")]
    other = run(goldstone, ITEMS, encoder, same=("Goldstone Observatory", "<https://w.org/Q9>"))
    assert other.entities[0].same_as == ("https://w.org/Q9",)
    assert other.links[0].score == 1 and other.links[0].reason == "the user's decision"
    own = link(
        [e for e, _ in goldstone], [m for _, m in goldstone], References(), encode=encoder.encode, base=BASE,
        decisions=Decisions(same=(("Goldstone Observatory", f"{BASE}entity/b"),)),
    )  # fmt: skip
    assert own.links == ()  # that is a decision about two entities of the graph
    barred = run(goldstone, ITEMS, encoder, different=("https://w.org/Q1", "Goldstone Observatory"))
    assert barred.entities[0].same_as == ()


def test_order_changes_nothing(encoder: TextEncoder) -> None:
    things = [thing("Mercury"), thing("Ada Lovelace", "Person"), thing("Canberra", "Place", "Canberra in Australia.")]
    assert run(things, ITEMS, encoder).links == run(things[::-1], ITEMS, encoder).links


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def test_rdf_and_tables_say_the_same(tmp_path: Path) -> None:
    turtle = write(
        tmp_path, "a.ttl",
        '@prefix s: <https://schema.org/> . @prefix k: <http://www.w3.org/2004/02/skos/core#> .\n'
        '<https://w.org/1> a s:Organization ; s:name "Agence"@fr, "Agency"@en ; k:altLabel "AG" ; s:description "It acts."@en .\n'
        '<https://w.org/2> a k:Concept ; k:prefLabel "idea" . <https://w.org/3> a s:Person . _:b s:name "nobody" .\n',
    )  # fmt: skip
    table = write(
        tmp_path, "a.csv",
        'iri,label,aliases,type,description,popularity\nhttps://w.org/1,Agency,AG|Agence,https://schema.org/Organization,It acts.,7\n',
    )  # fmt: skip
    lines = write(tmp_path, "a.jsonl", '{"id": "n 1", "label": "Agency", "aliases": ["AG"], "type": "company"}\n\n')
    first, second = read_references([turtle], BASE).items
    assert first == Item(
        "https://w.org/1", ("Agency", "Agence", "AG"), ("https://schema.org/Organization",), "It acts."
    )
    assert second == Item("https://w.org/2", ("idea",), (), "", 0.0, True)
    (row,) = read_references([table], BASE).items
    assert (row.iri, set(row.names), row.types, row.description) == (
        first.iri, set(first.names), first.types, first.description,
    )  # fmt: skip
    assert row.popularity == 7
    (made,) = read_references([lines], BASE).items
    assert made.iri == f"{BASE}reference/a/n%201" and made.types == ("company",)
    assert len(read_references([turtle, table, lines], BASE).items) == 3  # one IRI is one item


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.ttl", "<https://w.org/1> a\n<<< .", r"a\.ttl, line 2"),
        ("a.nt", "<https://w.org/1> nonsense .\n", r"a\.nt, line 1"),
        ("a.csv", "name,kind\nx,y\n", r"a\.csv: columns are name, kind; `id`"),
        ("a.csv", "", r"a\.csv: columns are none"),
        ("a.jsonl", '{"id": 1, "label": "x"}\n{"id"', r"a\.jsonl, line 2: no JSON"),
        ("a.jsonl", '{"id": 1}\n', r"a\.jsonl, line 1: must be"),
        ("a.csv", b"id,label\n1,\xff\n".decode("latin-1"), None),
        ("a.doc", "x", r"\.doc\? Known endings"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path, name: str, text: str, message: str | None) -> None:
    path = write(tmp_path, name, text)
    if message is None:
        assert read_references([path], BASE).items[0].names == ("ÿ",)
        (tmp_path / name).write_bytes(text.encode("latin-1"))
        message = "cannot be read"
    with pytest.raises(ConfigError, match=message):
        read_references([path], BASE)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.ttl: cannot be read"):
        read_references([str(tmp_path / "none.ttl")], BASE)


def test_bad_rows_are_reported_and_the_others_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path, "a.csv", "id,label,aliases,popularity\n1,Alpha,,x\n2,,b,\n1,Beta,,2\n,Gamma,,\n3,Delta,,\n"
    )  # fmt: skip
    found = read_references([path], BASE)
    assert [i.names for i in found.items] == [("Alpha", "Beta"), ("Delta",)]
    assert [(i.code, i.severity) for i in found.issues] == [
        ("popularity", "warning"), ("empty-label", "warning"), ("duplicate-id", "warning"), ("empty-label", "warning"),
    ]  # fmt: skip
    assert "a.csv, line 3: has no label" in found.issues[1].message


def test_a_thousand_items_of_one_name(encoder: TextEncoder) -> None:
    crowd = [item(n, "Spring") for n in range(1000)]
    found = run([thing("Spring")], crowd, encoder)
    assert found.entities[0].same_as == ()
