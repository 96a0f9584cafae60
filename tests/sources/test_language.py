"""Languages of texts: sure or silent, by script in mixed documents, exact places after a cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgbuild.sources.language import declared, detect, label_language, with_languages
from kgbuild.types import Reading, Segment, Source, Target, TextPosition

CHINESE = "负载均衡器把请求转发给应用服务器。"
ENGLISH = "The load balancer sends every request to one of the application servers."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (CHINESE, "zh"),
        ("臺北市長柯文哲訪問了日本東京。", "zh"),
        ("该系统使用Redis缓存和MySQL数据库。", "zh"),
        ("La tour Eiffel est une tour de fer de 330 mètres de hauteur située à Paris, en France.", "fr"),
        ("Москва является столицей Российской Федерации.", "ru"),
        ("クライアントはサーバーに要求を送信します。", "ja"),
        ("클라이언트가 서버에 요청을 보낸다.", "ko"),
        ("القاهرة هي عاصمة جمهورية مصر العربية وأكبر مدنها من حيث عدد السكان.", "ar"),
        ("Web Server", ""),  # too short to be sure
        ("東京", ""),  # Chinese or Japanese
        ("2021-12-25 14:03:11", ""),
        ("", ""),
    ],
)
def test_detect(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    ("label", "passage", "language"),
    [
        ("Deep Space Network", "en", "en"),
        ("北京", "zh", "zh"),
        ("Redis", "zh", ""),  # a foreign name in a Chinese sentence
        ("北京", "en", ""),
        ("Google", "ru", ""),
        ("Гугл", "ru", "ru"),
        ("Archive", "", ""),
        ("2021", "en", ""),
    ],
)
def test_label_language(label: str, passage: str, language: str) -> None:
    assert label_language(label, passage) == language


@pytest.mark.parametrize(
    ("tag", "code"),
    [("en-US", "en"), ("zh_Hans", "zh"), (" DE ", "de"), ('en" evil', ""), ("und", ""), ("x", ""), ("", "")],
)
def test_declared(tag: str, code: str) -> None:
    assert declared(tag) == code


def reading(*texts: str, language: str = "") -> Reading:
    source = Source("https://x.org/source/a.txt", "a.txt", "text/plain", "0" * 64, 1, language=language)
    segments, start = [], 0
    for n, text in enumerate(texts, 1):
        place = Target(source.id, (TextPosition(start, start + len(text)),))
        segments.append(Segment(f"{source.id}#segment-{n}", place, "text", text))
        start += len(text) + 2
    return Reading(source, tuple(segments), "\n\n".join(texts))


def test_a_document_has_a_language_and_its_short_passages_have_it() -> None:
    found = with_languages(reading("Overview", ENGLISH, "Write API"))
    assert found.source.language == "en" and [s.language for s in found.segments] == ["en"] * 3


def test_a_mixed_document_has_none_and_its_passages_have_their_own() -> None:
    found = with_languages(reading(ENGLISH, CHINESE * 4, "Write API"))
    assert found.source.language == "" and [s.language for s in found.segments] == ["en", "zh", ""]


def test_what_a_document_declares_counts_where_its_text_does_not_tell() -> None:
    assert with_languages(reading("Archive", language="fr-CA")).source.language == "fr"
    assert with_languages(reading(ENGLISH, language="fr")).source.language == "en"


def test_a_passage_is_cut_where_the_script_changes() -> None:
    text = f"{ENGLISH} {CHINESE}北京是首都。 {ENGLISH}"
    found = with_languages(reading("Notes", text))
    assert [(s.text, s.language) for s in found.segments[1:]] == [
        (ENGLISH, "en"),
        (f"{CHINESE}北京是首都。", "zh"),
        (ENGLISH, "en"),
    ]
    assert [s.id[-1] for s in found.segments] == ["1", "2", "3", "4"]
    assert_exact(found)


def test_one_foreign_name_cuts_nothing() -> None:
    text = "The capital of China is 北京 (Beijing). It is an old city with many temples and gardens."
    assert [s.text for s in with_languages(reading(text)).segments] == [text]


def test_marks_stay_on_their_words() -> None:
    (segment,) = reading(text := f"{ENGLISH} {CHINESE}").segments
    at = text.index("应用服务器")
    whole = Reading(
        Source(segment.target.source, "a", "text/plain", "", 1),
        (
            Segment(
                **{f: getattr(segment, f) for f in ("id", "target", "modality", "text")},
                marks=((4, 17, "strong"), (at, at + 5, "strong")),
            ),
        ),
        text,
    )
    first, second = with_languages(whole).segments
    assert [first.text[a:b] for a, b, _ in first.marks] == ["load balancer"]
    assert [second.text[a:b] for a, b, _ in second.marks] == ["应用服务器"]


def assert_exact(reading: Reading) -> None:
    for s in reading.segments:
        place = s.target.find(TextPosition)
        assert place is not None and reading.text[place.start : place.end] == s.text


@given(
    st.lists(
        st.text(alphabet=st.sampled_from("ab .\n。中文的，é\u200d\u202e\ud800е한か"), min_size=1, max_size=60),
        min_size=1,
        max_size=4,
    )
)
def test_any_text_keeps_its_places(texts: list[str]) -> None:
    found = with_languages(reading(*texts))
    assert_exact(found)
    assert with_languages(reading(*texts)) == found
