"""Alignment on mentions whose identity is known."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgbuild.config import Config
from kgbuild.embeddings import embed
from kgbuild.embeddings.text import TextEncoder
from kgbuild.entities import Alignment, align, read_decisions
from kgbuild.entities.columns import Columns
from kgbuild.entities.group import group, main_type, preferred
from kgbuild.entities.keys import alike, key
from kgbuild.entities.union import Union
from kgbuild.errors import ConfigError
from kgbuild.types import EmbeddingTable, Extraction, Mention, Target, TextPosition


@pytest.fixture(scope="module")
def encoder(config: Config) -> TextEncoder:
    return TextEncoder(config)


def mention(
    name: str, source: str, label: str = "Thing", *, cluster: str = "", context: str = "", n: int = 0
) -> Mention:
    target = Target(f"https://x.org/source/{source}", (TextPosition(n, n + len(name)),))
    ident = f"{target.source}#mention-{n:04d}{len(name)}"
    return Mention(ident, target, name, label, 0.9, "text/1", cluster=cluster, context=context or name)


def run(mentions: Sequence[Mention], encoder: TextEncoder, decisions: str = "", **options: object) -> Alignment:
    config = Config.load(overrides=options)
    table = embed(Extraction("x", tuple(mentions)), encoder)
    return align(mentions, table, config=config, decisions=read_decisions(decisions))


def clusters(found: Alignment, mentions: Sequence[Mention]) -> set[frozenset[str]]:
    names = {m.id: f"{m.surface}@{m.target.source.rsplit('/', 1)[1]}" for m in mentions}
    return {frozenset(names[m] for m in e.mentions) for e in found.entities}


def test_names_spellings_and_acronyms_meet(encoder: TextEncoder) -> None:
    mentions = [
        mention("Space Telescope Science Institute", "a", "Organisation"), mention("STScI", "b", "Organisation"),
        mention("Deep Space Network", "a", "Organisation", n=50), mention("DSN", "b", "Organisation", n=50),
        mention("Load Balancer", "a", n=90), mention("load balancers", "b", n=90), mention("the load balancer", "c", n=90),
    ]  # fmt: skip
    found = clusters(run(mentions, encoder), mentions)
    assert frozenset({"Deep Space Network@a", "DSN@b"}) in found
    assert frozenset({"Load Balancer@a", "load balancers@b", "the load balancer@c"}) in found


def test_a_description_of_a_name_is_no_reading_of_its_acronym(encoder: TextEncoder) -> None:
    mentions = [
        mention("Deep Space Network", "a", "Organisation"), mention("DSN", "b", "Organisation", n=50),
        replace(mention("antennas of the Deep Space Network", "a", n=90), nominal=True),
    ]  # fmt: skip
    found = clusters(run(mentions, encoder), mentions)
    assert frozenset({"Deep Space Network@a", "DSN@b"}) in found


def test_types_keep_things_apart(encoder: TextEncoder) -> None:
    mentions = [mention("Washington", "a", "Person"), mention("Washington", "b", "Place")]
    assert len(run(mentions, encoder).entities) == 2


def test_numbers_keep_things_apart(encoder: TextEncoder) -> None:
    mentions = [mention("Server 1", "a"), mention("Server 2", "b")]
    assert len(run(mentions, encoder).entities) == 2


def test_coreference_joins_like_names_only(encoder: TextEncoder) -> None:
    mentions = [
        mention("NIRCam", "a", cluster="c1"), mention("MIRI", "a", cluster="c1", n=20),
        mention("James E. Webb", "a", "Person", cluster="c2", n=40), mention("Webb", "a", "Person", cluster="c2", n=60),
    ]  # fmt: skip
    assert clusters(run(mentions, encoder), mentions) == {
        frozenset({"NIRCam@a"}), frozenset({"MIRI@a"}), frozenset({"James E. Webb@a", "Webb@a"}),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("API", ["Read API", "Write API", "Search API"]),
        ("Design", ["Design Twitter", "Design Pastebin", "Design Mint"]),
    ],
)
def test_a_word_at_an_end_of_several_names_is_no_short_name(encoder: TextEncoder, word: str, names: list[str]) -> None:
    mentions = [mention(name, "a", cluster=name, n=20 * i) for i, name in enumerate(names)]
    mentions.append(mention(word, "a", cluster=names[0], n=90))
    assert frozenset({f"{word}@a"}) in clusters(run(mentions, encoder), mentions)


def test_an_adjective_said_of_a_place_means_the_country(encoder: TextEncoder) -> None:
    mentions = [
        mention("Norwegian", "a", "Place"), mention("Norway", "b", "Place"), mention("Dutch", "c", "Place"),
        mention("Polish", "d", "Thing"),
    ]  # fmt: skip
    found = {e.pref_label: e.alt_labels for e in run(mentions, encoder).entities}
    assert found == {"Norway": ("Norwegian",), "Netherlands": ("Dutch",), "Polish": ()}


@pytest.mark.parametrize(
    ("surfaces", "wanted"),
    [
        (["the United States", "the United States", "United States"], "United States"),
        (["CDN", "CDNs", "CDNs", "Content Delivery Network"], "Content Delivery Network"),
        (["REST:", "REST:"], "REST"),
    ],
)
def test_the_preferred_name(surfaces: list[str], wanted: str) -> None:
    assert preferred([mention(s, "a", n=20 * i) for i, s in enumerate(surfaces)]) == wanted


def test_what_was_written_is_preferred_to_what_was_read_from_pixels() -> None:
    seen = [replace(mention("Master- Slave", "a", n=20 * i), modality="picture") for i in range(3)]
    assert preferred([*seen, mention("Master-Slave", "b")]) == "Master-Slave"


def test_half_a_bracket_names_nothing(encoder: TextEncoder) -> None:
    mentions = [mention("Reference(s", "a"), mention("Open Systems (OSI)", "a", n=30)]
    assert [e.pref_label for e in run(mentions, encoder).entities] == ["Open Systems (OSI)"]


def test_the_order_of_mentions_does_not_matter(encoder: TextEncoder) -> None:
    names = [
        "NASA",
        "ESA",
        "European Space Agency",
        "Madrid",
        "madrid",
        "Web Server",
        "web servers",
        "Cache",
        "Memory Cache",
    ]
    mentions = [mention(name, s, n=20 * i) for i, name in enumerate(names) for s in "abc"]
    first = run(mentions, encoder)
    shuffled = list(mentions)
    random.Random(3).shuffle(shuffled)
    assert run(shuffled, encoder) == first


def test_the_user_has_the_last_word(encoder: TextEncoder, tmp_path: Path) -> None:
    mentions = [
        mention("Big Apple", "a", "Place"),
        mention("New York", "b", "Place"),
        mention("New York", "c", "Place"),
    ]
    file = tmp_path / "decisions.txt"
    file.write_text("# mine\nsame Big Apple | New York\n", "utf-8")
    assert len(run(mentions, encoder, str(file)).entities) == 1
    one, other = (m.id for m in mentions[1:])
    file.write_text(f"different {one} | {other}\n", "utf-8")
    assert len(run(mentions, encoder, str(file)).entities) == 3


@pytest.mark.parametrize("line", ["same A", "same | B", "merge A | B", "accept"])
def test_decisions_that_cannot_be_read_name_their_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "decisions.txt"
    file.write_text(f"\n{line}\n", "utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        read_decisions(str(file))


def test_merges_are_reported_with_score_and_reason(encoder: TextEncoder) -> None:
    mentions = [mention("European Space Agency", "a"), mention("ESA", "b")]
    (merge,) = run(mentions, encoder).merges
    assert {merge.left, merge.right} == {"European Space Agency", "ESA"}
    assert 0 < merge.score <= 1 and "acronym" in merge.reason and dict(merge.features)["acronym"] == 1.0


@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=60))
def test_union_agrees_with_networkx(pairs: list[tuple[int, int]]) -> None:
    union, graph = Union(30), nx.Graph(pairs)
    graph.add_nodes_from(range(30))
    for a, b in pairs:
        union.join(a, b)
    assert {frozenset(g) for g in union.groups()} == {frozenset(c) for c in nx.connected_components(graph)}


@pytest.mark.parametrize(("a", "b"), [("the Web Servers", "web server"), ("NASA's", "NASA"), ("Queries", "query")])
def test_keys(a: str, b: str) -> None:
    assert key(a) == key(b)


@pytest.mark.parametrize(
    ("surface", "wanted"), [("San Francisco", "san francisco"), ("Maria Theresa", "maria theresa"), ("A Team", "team")]
)
def test_only_a_leading_determiner_is_left_out_of_a_key(surface: str, wanted: str) -> None:
    assert key(surface) == wanted


@pytest.mark.parametrize(("a", "b"), [("HTTPS", "HTTP"), ("AWS", "AW"), ("Press", "Pres")])
def test_keys_that_differ(a: str, b: str) -> None:
    assert key(a) != key(b)


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        ("American", "America", True),
        ("U.S.", "United States", True),
        ("MIRI", "NIRCam", False),
        ("Webb", "James E. Webb", True),
        ("James Webb", "James E. Webb", True),
        ("Mid-Infrared Instrument", "Near Infrared Camera", False),
        ("Near Infrared Spectrograph", "Near Infrared Imager and Slitless Spectrograph", False),
    ],
)
def test_alike(a: str, b: str, wanted: bool) -> None:
    assert alike(a, b) is wanted


def test_a_technical_name_is_one_thing_though_a_model_takes_it_for_a_person(encoder: TextEncoder) -> None:
    mentions = [mention("NIRCam", "a", "Person"), mention("NIRCam", "b", "Organisation"), mention("NIRCam", "b", n=20)]
    (entity,) = run(mentions, encoder).entities
    assert entity.pref_label == "NIRCam"


def test_a_class_that_was_chosen_counts_more_than_none() -> None:
    def agent(m: Mention, name: str) -> Mention:
        return replace(m, agent=name)

    chosen = [agent(mention("Webb", "a"), "text/1")] * 2 + [mention("Webb", "a", "Place")]
    assert main_type(chosen) == "Thing"
    assert main_type([agent(m, "labels/1") for m in chosen[:2]] + chosen[2:]) == "Place"


def test_descriptions_meet_across_sources_only_by_a_named_term() -> None:
    def made(source: str, surface: str, *, nominal: bool, agent: str = "open/1") -> Mention:
        place = Target(source, (TextPosition(0, len(surface)),))
        return Mention(f"{source}#{surface}", place, surface, "Thing", 0.9, agent, nominal=nominal)

    mentions = [
        made("a", "web server", nominal=True), made("b", "web servers", nominal=True),
        made("c", "Web Server", nominal=False, agent="marks/1"), made("a", "server", nominal=True),
        made("c", "Server", nominal=False, agent="marks/1"),
    ]  # fmt: skip
    ids = tuple(m.id for m in mentions)
    groups, table = group(mentions, ids), EmbeddingTable("x", ids, np.ones((len(ids), 4), np.float32))
    row = {m.id: i for i, g in enumerate(groups) for m in g.mentions}

    def allowed(a: str, b: str) -> bool:
        return bool(Columns(groups, table).allowed(np.array([row[a]]), np.array([row[b]]))[0])

    assert not allowed("a#web server", "b#web servers")  # two descriptions may be of two things
    assert allowed("a#web server", "c#Web Server")
    assert not allowed("a#server", "c#Server")  # one word says too little
    assert not allowed("a#web server", "c#Server")
