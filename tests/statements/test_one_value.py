"""One value of a functional property stays, the more exact before the surer; rivals say in quarantine why not they."""

from __future__ import annotations

import pytest

from kgbuild.entities.decisions import Decisions
from kgbuild.statements import Ontology, load_ontology
from kgbuild.statements.one_value import one_value
from kgbuild.types import Statement, Value
from kgbuild.vocab import EDTF, GENERAL

BORN, BIRTH, IN = (GENERAL + n for n in ("placeOfBirth", "dateOfBirth", "locatedInTheAdministrativeTerritorialEntity"))


@pytest.fixture(scope="module")
def general() -> Ontology:
    return load_ontology(["core", "general"])


def run(ontology: Ontology, *said: tuple[str, str, str, float], accept: str = "") -> dict[str, str]:
    """The reason against each value of "ada", "" for what stays; times are written with digits."""
    made = [
        Statement(f"x/{n}", s, p, Value(o, EDTF) if o[0].isdigit() else o, (), sure)
        for n, (s, p, o, sure) in enumerate(said)
    ]
    accepted = frozenset(str(n) for n, row in enumerate(said) if row[2] == accept)
    found = one_value(made, ontology, {}, Decisions(accept=accepted))
    assert [s.id for s in found] == [s.id for s in made]
    return {
        s.object.lexical if isinstance(s.object, Value) else s.object: s.reason for s in found if s.subject == "ada"
    }


def test_the_surest_stays(general: Ontology) -> None:
    found = run(general, ("ada", BORN, "luster", 0.7), ("ada", BORN, "oslo", 0.9))
    assert found == {"luster": "functional: place of birth has one value, and 'oslo' is held more surely", "oslo": ""}


@pytest.mark.parametrize(("town", "county"), [(0.7, 0.9), (0.9, 0.7), (0.8, 0.8)])
def test_a_place_stays_before_those_that_it_lies_in(general: Ontology, town: float, county: float) -> None:
    lies = [("luster", IN, "sogn", 0.9), ("sogn", IN, "norway", 0.9)]
    born = [("ada", BORN, "norway", 0.5), ("ada", BORN, "sogn", county), ("ada", BORN, "luster", town)]
    found = run(general, *lies, *born)
    exact = "functional: place of birth has one value, and 'luster' says it more exactly"
    assert found == {"luster": "", "sogn": exact, "norway": exact}


def test_a_county_that_is_said_supports_its_town_against_another(general: Ontology) -> None:
    born = [("ada", BORN, "luster", 0.6), ("ada", BORN, "sogn", 0.9), ("ada", BORN, "oslo", 0.8)]
    found = run(general, ("luster", IN, "sogn", 0.9), *born)
    assert not found["luster"] and found["oslo"].endswith("is held more surely")


def test_dates_alike(general: Ontology) -> None:
    found = run(general, ("ada", BIRTH, "1906", 0.9), ("ada", BIRTH, "1906-10-07", 0.6), ("ada", BIRTH, "1905-10", 0.8))
    assert not found["1906-10-07"] and "more exactly" in found["1906"] and "more surely" in found["1905-10"]


def test_places_in_a_circle_are_rivals(general: Ontology) -> None:
    circle = [("luster", IN, "sogn", 0.9), ("sogn", IN, "luster", 0.9)]
    found = run(general, *circle, ("ada", BORN, "luster", 0.7), ("ada", BORN, "sogn", 0.8))
    assert not found["sogn"] and "more surely" in found["luster"]


def test_what_the_user_accepted_stays_beside_it(general: Ontology) -> None:
    found = run(general, ("ada", BORN, "luster", 0.7), ("ada", BORN, "oslo", 0.9), accept="luster")
    assert not any(found.values())
