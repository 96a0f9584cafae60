"""What a name calls a thing corrects the kind that text guessed, where the name describes; the guess stays on record."""

from __future__ import annotations

import pytest

from kgbuild.entities.decisions import Decisions
from kgbuild.statements import load_ontology
from kgbuild.statements.correct import corrections
from kgbuild.statements.heads import by_head
from kgbuild.types import Entity, Mention, Target, TextPosition
from kgbuild.vocab import GENERAL, TYPE

BASE = "https://example.org/kg/"
SOFTWARE = load_ontology(["general", "software"])


def named(label: str, guess: str, *, modality: str = "picture", nominal: bool = False, accept: tuple[str, ...] = ()):
    place = Target("s", (TextPosition(0, len(label)),))
    said = {
        m.id: m
        for m in (
            Mention("s#m0", place, label, guess, 0.8, "text/3", nominal=nominal),
            Mention(
                "s#m1", place, label, guess if modality == "text" else "Thing", 0.7, "x/1", modality, nominal=nominal
            ),
        )
    }
    thing = Entity(BASE + "entity/x", label, (), (guess,), tuple(said))
    (found,), refused = by_head([thing], said, SOFTWARE, base=BASE, decisions=Decisions(accept=frozenset(accept)))
    return found, refused


@pytest.mark.parametrize(
    ("label", "guess", "wanted"),
    [
        ("Photo Cache", "Organisation", ("Cache", "Product")), ("Order Queue", "Person", ("MessageQueue", "Product")),
        ("Photo Cache of Ann", "Organisation", ("Cache", "Product")), ("Photo Cache", "Thing", ("Thing", "Thing")),
        ("Cache Inc", "Organisation", ("Organisation", "Organisation")), ("Board Games Company", "Organisation", ("Organisation",) * 2),
        ("Ann Keller", "Person", ("Person", "Person")),
    ],
)  # fmt: skip
def test_a_label_in_a_drawing_is_a_description(label: str, guess: str, wanted: tuple[str, str]) -> None:
    found, refused = named(label, guess)
    assert (found.types[0].rpartition("#")[2], found.types[-1]) == wanted
    assert bool(refused) == (wanted[-1] != guess)


def test_the_guess_is_kept_with_its_mentions_and_counted() -> None:
    found, (guess,) = named("Photo Cache", "Organisation")
    assert (guess.subject, guess.predicate, guess.object, guess.status) == (
        found.id,
        TYPE,
        GENERAL + "Organisation",
        "quarantined",
    )
    assert guess.premises == ("s#m0",) and guess.rule == "named" and "drawn and called 'cache'" in guess.reason
    assert corrections([guess])["classes that the name rules out"] == 1


@pytest.mark.parametrize(
    ("label", "guess", "nominal", "root"),
    [
        ("weapons manufacturer", "Person", True, "Organisation"), ("Green Bay", "Organisation", False, "Organisation"),
        ("oldest newspaper", "Organisation", True, "Organisation"),  # a firm may be one: only what is disjoint is ruled out
    ],
)  # fmt: skip
def test_in_text_only_common_nouns_are_descriptions(label: str, guess: str, nominal: bool, root: str) -> None:
    assert named(label, guess, modality="text", nominal=nominal)[0].types[-1] == root


def test_a_guess_that_the_user_accepts_stays() -> None:
    _, (guess,) = named("Photo Cache", "Organisation")
    found, refused = named("Photo Cache", "Organisation", accept=(guess.id.rsplit("/", 1)[-1],))
    assert found.types == ("Organisation",) and not refused
