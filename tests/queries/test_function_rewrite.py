"""Binding functions in queries: what is replaced, what is refused, and where mistakes are said to be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kgbuild.errors import QueryError
from kgbuild.queries.functions.rewrite import BINDING, Rows, rewrite, unescape
from kgbuild.queries.functions.things import Iri
from kgbuild.vocab import KGF

ASKED: list[tuple[str, Sequence[str], int]] = []


def find(name: str, arguments: Sequence[str], columns: int) -> Rows:
    ASKED.append((name, tuple(arguments), columns))
    return [("<http://x.org/1>", "0.9", "<http://x.org/2>")[:columns]]


def made(query: str) -> str:
    ASKED.clear()
    return rewrite(query, find).text


def test_a_triple_becomes_values() -> None:
    got = made('SELECT * { ?a ?b ?c . (?e ?s) kgf:nearest ("two words"@en 5) . ?e a ?t }')
    assert got == "SELECT * { ?a ?b ?c . VALUES (?e ?s) { (<http://x.org/1> 0.9) } . ?e a ?t }"
    assert ASKED == [("nearest", ("two words", "5"), 2)]


def test_what_follows_is_said_of_the_subject() -> None:
    assert made('{ ?e kgf:nearest "x" ; a ?t }') == "{ VALUES (?e) { (<http://x.org/1>) } . ?e a ?t }"
    assert made('{ ?e kgf:nearest "x" ; }') == "{ VALUES (?e) { (<http://x.org/1>) } }"
    assert made('{ ?e kgf:nearest "x"@en . }') == "{ VALUES (?e) { (<http://x.org/1>) } . }"


@pytest.mark.parametrize(
    "query",
    [
        f'PREFIX q: <{KGF}> SELECT * {{ ?e q:nearest "x" }}',
        f'SELECT * {{ ?e <{KGF}nearest> "x" }}',
        f'PREFIX : <{KGF}> SELECT * {{ ?e :nearest """x""" }}',
        "SELECT * { OPTIONAL { ?e kgf:nearest ('x') } FILTER EXISTS { ?f kgf:nearest ('x') } }",
    ],
)
def test_however_it_is_written(query: str) -> None:
    assert "VALUES" in made(query) and "nearest" not in made(query).partition("{")[2]
    assert all(asked == ("nearest", ("x",), 1) for asked in ASKED)


def test_words_in_strings_comments_and_other_prefixes_stay() -> None:
    for query in (
        'SELECT * { ?e a "(?e) kgf:nearest ()" }',
        "SELECT * { ?e a ?t } # ?e kgf:nearest 'x'",
        "PREFIX kgf: <http://x.org/> SELECT * { ?e kgf:nearest 'x' }",
        f"PREFIX n: <{KGF}nearest> SELECT * {{ ?e a ?t }}",
    ):
        assert made(query) == query and not ASKED


def test_arguments() -> None:
    made(f'{{ ?e kgf:nearest (<http://x.org/a#t=1,2> 3 gen:Person) . ?p <{KGF}nearestPicture> ("a\\"b\\u0041") }}')
    (first, second) = ASKED
    assert first == ("nearest", ("http://x.org/a#t=1,2", "3", "https://w3id.org/kgbuild/general#Person"), 1)
    assert isinstance(first[1][0], Iri) and second == ("nearestPicture", ('a"bA',), 1)
    assert not isinstance(second[1][0], Iri)


@pytest.mark.parametrize("name", BINDING)
@pytest.mark.parametrize(
    "triple",
    [
        "?e a ?t ; kgf:N 'x'", "?e kgf:N ?x", "?e kgf:N (?x 3)", "?e kgf:N 'x', 'y'", "<http://x.org/> kgf:N 'x'", "?e ^kgf:N 'x'",
        "?e kgf:N/rdfs:label 'x'", "?e kgf:N ()", "?e kgf:N", "[ kgf:N 'x' ]", "(?a ?b ?c ?d) kgf:N 'x'", "() kgf:N 'x'",
        "FILTER(kgf:N('x'))", "kgf:N 'x'",
    ],
)  # fmt: skip
def test_what_cannot_be_bound_is_refused(name: str, triple: str) -> None:
    with pytest.raises(QueryError, match="line 2") as caught:
        made("SELECT * {\n " + triple.replace("N", name) + " }")
    assert caught.value.column > 1


def test_too_many() -> None:
    with pytest.raises(QueryError, match="more than 16"):
        made("SELECT * {" + "?e kgf:nearest 'x' . " * 17 + "}")


def test_places_are_those_of_the_query_as_asked() -> None:
    query = "{ (?e ?s) kgf:nearest ('x') . ?a ?b kgf:c . ?f kgf:nearest 'y' . ?d }"
    done = rewrite(query, find)
    for word in ("kgf:c", "?d", "{", "?a"):
        assert done.original(done.text.index(word)) == query.index(word)
    assert done.original(done.text.index("VALUES") + 9) == query.index("(?e")
    assert done.original(done.text.rindex("VALUES") + 9) == query.index("?f kgf")


def test_constants_of_similarity() -> None:
    done = rewrite(
        "{ FILTER(kgf:similarity(?e, 'a') > kgf:similarity(<http://x.org/>, STR(?y))) BIND('b' AS ?c) }", find
    )
    assert done.constants == ("a", "http://x.org/")


def test_unescape() -> None:
    assert unescape(r"a\tb\n\"c\" \\ é \U0001F600 \'") == 'a\tb\n"c" \\ é 😀 \''
