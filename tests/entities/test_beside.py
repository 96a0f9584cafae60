"""What stands beside the forest: rules on acronyms, compounds, and names in sources of one subject."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.entities.beside import Beside
from kgbuild.entities.columns import Columns
from kgbuild.entities.group import group
from kgbuild.types import EmbeddingTable, Mention, Target, TextPosition


def mention(name: str, source: int | str, label: str = "Thing", *, n: int = 0, context: str = "") -> Mention:
    target = Target(f"https://x.org/source/{source}", (TextPosition(n, n + len(name)),))
    return Mention(f"{target.source}#{n:05d}", target, name, label, 0.9, "text/1", context=context or name)


def said(mentions: Sequence[Mention], vectors: Sequence[Sequence[float]], *, bare: bool = False) -> dict[str, float]:
    """What is said of the first two mentions."""
    matrix = np.array(vectors, np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    table = EmbeddingTable("x", tuple(m.id for m in mentions), matrix)
    groups = group(mentions, table.ids)
    columns = Columns(groups, table)
    rows = [next(i for i, g in enumerate(groups) if m in g.mentions) for m in mentions[:2]]
    names = columns.first_name(np.array(rows))[None]
    beside = Beside(groups, columns, names, columns.names.features(*names.T), np.full(len(groups), bare))
    vector = (columns.vectors[rows[:1]] * columns.vectors[rows[1:]]).sum(1)
    found = beside.features(np.array([rows]), np.array([0]), vector)
    return {name: float(value[0]) for name, value in found.items() if value[0]}


def two(a: str, b: str, cosine: float, *, context: str = "") -> dict[str, float]:
    """What is said of two names in sentences."""
    found = said([mention(a, 1), mention(b, 2, context=context)], [[1, 0], [cosine, (1 - cosine**2) ** 0.5]])
    assert found.pop("unlike_names") == 1
    return found


def test_initials_alone_make_no_acronym() -> None:
    assert two("RDS", "Root DNS Server", 0.05) == {"strange_acronym": 1}
    assert two("IE", "Instagram Engineering", 0.3) == {"strange_acronym": 1}
    assert two("DNS", "Domain Name System", 0.6) == {"sure_acronym": 1}
    assert two("US", "United States", 0.7) == {}


def test_an_acronym_that_the_text_explains_is_not_strange() -> None:
    assert two("RDS", "Root DNS Server", 0.05, context="A Root DNS Server (RDS) answers.") == {"sure_acronym": 1}


def test_a_head_that_says_a_part_makes_another_thing() -> None:
    assert "kind_of" in two("TCP", "TCP Host", 0.8) and "kind_of" in two("Forums", "Forums DB", 0.8)
    for a, b in (
        ("S3", "Amazon S3"),
        ("Pacific", "Pacific Ocean"),
        ("Warner", "Warner Brothers"),
        ("Acme", "Acme Inc"),
    ):
        assert "kind_of" not in two(a, b, 0.8)


def test_a_title_is_not_what_it_is_about() -> None:
    assert "kind_of" in two("Elasticsearch", "Elasticsearch architecture", 0.9)
    assert "inside" in two("DNS", "I will ask another DNS Server", 0.7)
    assert "inside" not in two("S3", "Amazon S3", 0.7)


def test_a_word_of_several_names_is_short_for_none() -> None:
    names = ("Load", "Add Load", "Load Balancer", "Page Load")
    mentions = [mention(n, s, n=20 * s) for s, n in enumerate(names)]
    assert "shared_word" in said(mentions, [[1.0, 0.0]] * 4)
    assert "shared_word" not in said(mentions[:3], [[1.0, 0.0]] * 3)
    kings = [
        mention(n, s, "Person" if s else "Thing", n=20 * s) for s, n in enumerate(("Henry", "King Henry", "Henry IV"))
    ]
    assert "shared_word" not in said([*kings, mention("Henry V", 4, "Person")], [[1.0, 0.0]] * 4)


def test_a_name_of_several_words_is_of_one_thing_of_a_class() -> None:
    def both(name: str, label: str) -> bool:
        return "class_name" in said([mention(name, 1, label), mention(name, 2, label)], [[1, 0], [1, 0]])

    assert both("United Kingdom", "Place") and not both("Paris", "Place")
    assert not both("John Smith", "Person") and not both("Load Balancer", "Thing")


def test_a_list_of_things_is_none_of_them() -> None:
    assert "one_of" in two("NoSQL", "SQL or NoSQL", 0.8) and "one_of" in two("JS", "HTML/CSS/JS", 0.8)
    assert "one_of" not in two("CSS/JS", "HTML/CSS/JS", 0.8)


def test_one_name_is_one_thing_in_sources_of_one_subject() -> None:
    names = ("Cache", "Queue", "Server", "Worker")
    one, other = ([mention(name, s, n=20 * i) for i, name in enumerate(names)] for s in (1, 2))
    mentions = [one[0], other[0], *one[1:], *other[1:]]
    near, far = [[1.0, 0.1]] * 8, [[1.0, 0.0] if m.target.source.endswith("1") else [0.0, 1.0] for m in mentions]
    assert said(mentions, near) == {"one_name": 1} and said(mentions, far) == {"like_names": 1}
    assert said(mentions[:2], near[:2]) == {"like_names": 1}  # two names tell no subject
    assert said(mentions, far, bare=True) == {"one_name": 1}  # labels without words around them


def test_the_title_of_a_task_is_not_what_it_is_about() -> None:
    assert "task" in two("Bit.ly", "Design Bit.ly", 0.8)
    assert "task" in two("System Design Interview", "Crack the system design interview", 0.8)
    assert "task" not in two("Bit.ly", "Old Bit.ly", 0.8)


def test_a_name_may_begin_with_its_maker() -> None:
    maker = mention("AWS", 3)
    pair = [mention("Elasticache", 1), mention("AWS ElastiCache", 2), maker]
    vectors = [[1, 0], [0.8, 0.6], [0, 1]]
    assert "made_by" in said(pair, vectors)
    ordinary = [*pair[:2], mention("AWS", 3, context="AWS has one elasticache more.")]
    assert "made_by" not in said(ordinary, vectors)
    placed = [*pair[:2], mention("AWS", 3, "Place")]
    assert "made_by" not in said(placed, vectors)


def test_a_role_written_small_somewhere_keeps_nothing_apart_as_a_person() -> None:
    shown = [mention("Master", 1, "Person"), mention("Master", 2, "Concept")]
    table = EmbeddingTable("x", tuple(m.id for m in shown), np.eye(2, dtype=np.float32))
    columns = Columns(group(shown, table.ids), table)
    assert not columns.allowed(np.array([0]), np.array([1]))[0]
    small = [*shown, mention("master", 3, "Concept")]
    table = EmbeddingTable("x", tuple(m.id for m in small), np.eye(3, dtype=np.float32))
    columns = Columns(group(small, table.ids), table)
    assert columns.allowed(np.array([0]), np.array([1]))[0]


def test_two_people_of_one_family_are_two() -> None:
    anton, oskar = mention("Anton Lindqvist", 1, "Person"), mention("Oskar Lindqvist", 2, "Person")
    assert "other_given_names" in said([anton, oskar], [[1, 0], [0.9, 0.4]])
    assert "other_given_names" in said([anton, mention("Oskar Lindqvist", 2)], [[1, 0], [0.9, 0.4]])  # no class known
    river = [mention("Nanpan River", 1, "Place"), mention("Pearl River", 2, "Place")]
    assert "other_given_names" not in said(river, [[1, 0], [0.9, 0.4]])
