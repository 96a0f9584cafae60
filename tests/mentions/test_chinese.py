"""Chinese: names and what whole clauses state, to the letter; what is denied, said or asked states nothing."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgbuild.config import Config
from kgbuild.mentions.chinese import ChineseExtractor
from kgbuild.sources.language import with_languages
from kgbuild.types import Extraction, Reading, Segment, Source, Target, TextPosition

EXTRACTOR = ChineseExtractor(Config.load())


def extract(text: str, language: str = "zh") -> Extraction:
    source = Source("https://x.org/source/a.txt", "a.txt", "text/plain", "0" * 64, 1)
    segment = Segment(
        f"{source.id}#segment-1", Target(source.id, (TextPosition(0, len(text)),)), "text", text, language=language
    )
    (found,) = EXTRACTOR([Reading(source, (segment,), text)])
    for m in found.mentions:
        place = m.target.find(TextPosition)
        assert place is not None and text[place.start : place.end] == m.surface
    for r in found.relations:
        place = r.target.find(TextPosition)
        assert place is not None and text[place.start : place.end] == r.surface
    return found


def names(text: str) -> set[tuple[str, str]]:
    return {(m.surface, m.label) for m in extract(text).mentions if not m.nominal}


def stated(text: str) -> set[tuple[str, str, str]]:
    found = extract(text)
    surface = {m.id: m.surface for m in found.mentions}
    return {(surface[r.subject], unquote(r.predicate.rsplit("/", 1)[-1]), surface[r.object]) for r in found.relations}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("习近平和李克强访问了美国。", {("习近平", "Person"), ("李克强", "Person"), ("美国", "Place")}),
        ("詹姆斯·韦伯在美国工作。", {("詹姆斯·韦伯", "Person"), ("美国", "Place")}),
        ("华为技术有限公司总部位于深圳市龙岗区。", {("华为技术有限公司", "Organisation"), ("深圳市龙岗区", "Place")}),
        ("鲁迅的代表作是《狂人日记》。", {("狂人日记", "Work")}),
        ("长江全长6300公里。", {("长江", "Place"), ("6300公里", "Quantity")}),
        ("2021年12月25日，火箭升空。", {("2021年12月25日", "Time")}),
        ("百分之五十的用户在二十世纪。", {("百分之五十", "Quantity"), ("二十世纪", "Time")}),
        ("我们使用Redis缓存。", {("Redis", "Thing")}),
        ("城市的文明程度很高。", set()),  # the dictionary takes both for names
    ],
)
def test_names(text: str, wanted: set[tuple[str, str]]) -> None:
    assert names(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("马云在杭州创立了阿里巴巴集团。", {("马云", "创立", "阿里巴巴集团")}),
        ("北京大学位于海淀区。", {("北京大学", "位于", "海淀区")}),
        ("王小明于1998年出生在上海。", {("王小明", "出生在", "上海")}),
        ("清华大学成立于1911年。", {("清华大学", "成立于", "1911年")}),
        ("《狂人日记》由王小明研制。", {("王小明", "研制", "狂人日记")}),
        ("吕布由裘巧芳扮演。", {("裘巧芳", "扮演", "吕布")}),
        ("清华大学的校长是邱勇。", {("清华大学", "校长", "邱勇")}),
        ("习近平和李克强访问了美国、日本。", {(s, "访问", o) for s in ("习近平", "李克强") for o in ("美国", "日本")}),
    ],
)
def test_what_a_clause_states(text: str, wanted: set[tuple[str, str, str]]) -> None:
    assert stated(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "马云没有创立阿里巴巴集团。",
        "马云未在杭州创立阿里巴巴集团。",
        "马云从不访问美国。",
        "马云拒绝访问美国。",
        "马云可能访问美国。",
        "马云将访问美国。",
        "据报道，马云访问了美国。",
        "王小明说马云访问了美国。",
        "王小明表示，马云访问了美国。",
        "如果马云访问美国，他很高兴。",
        "马云访问了美国吗？",
        "马云是否访问了美国。",
        "“马云访问了美国。”",
        "北京大学并非位于上海。",
    ],
)
def test_what_is_denied_said_or_asked_states_nothing(text: str) -> None:
    assert stated(text) == set()


def test_only_a_named_subject_of_a_whole_sentence_is_sure() -> None:
    sure, headline, unnamed = (
        extract(t).relations[0].score for t in ("北京大学位于海淀区。", "北京大学位于海淀区", "政府加强宏观调控职能。")
    )
    assert sure > headline == unnamed


def test_other_languages_are_left_to_others() -> None:
    assert extract("北京大学位于海淀区。", language="").mentions == ()


def test_characters_that_nobody_sees_change_no_place() -> None:
    (relation,) = extract(text := "北\u200b京大学\u2066位于\u2069海淀\ufeff区。").relations
    assert {m.surface for m in extract(text).mentions} == {"北\u200b京大学", "海淀\ufeff区"}
    assert unquote(relation.predicate).endswith("/位于")


@given(
    st.text(
        alphabet=st.sampled_from("王小明在北京大学1998年月日《》·A z。，不的是把\u200b\u202e\ud800\u0308👩‍🚀\n"),
        max_size=80,
    )
)
def test_any_text_gives_exact_places(text: str) -> None:
    assert extract(text) == extract(text)


def test_a_line_of_legal_size_is_read() -> None:
    line = "马云在杭州创立了阿里巴巴集团" * 3000  # no end of a sentence anywhere
    source = Source("https://x.org/source/a.txt", "a.txt", "text/plain", "0" * 64, 1)
    reading = with_languages(
        Reading(
            source,
            (Segment(f"{source.id}#segment-1", Target(source.id, (TextPosition(0, len(line)),)), "text", line),),
            line,
        )
    )
    (found,) = EXTRACTOR([reading])
    assert len(found.mentions) > 5000
