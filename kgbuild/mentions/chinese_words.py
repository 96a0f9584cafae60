"""Words of Chinese sentences and the names among them.

rjieba (the Rust port of jieba) segments and tags by its dictionary, and by a hidden Markov
model what that does not know; its wheel carries both. Tags are those of ICTCLAS (nr person,
ns place, nt organisation, nz other name, n noun, v verb). Dates, numbers and titles are
written so regularly that patterns find them first; words are cut between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kgbuild.mentions.chinese_lists import (
    ACTS,
    ADDED_VERBS,
    AREA_ENDS,
    NO_NAMES,
    PLACES,
    SURNAMES,
    TITLES,
    TRANSLITERATION,
)

_D, _C = "[0-9０-９]", "[一二三四五六七八九十〇零○]"
_UNITS = (
    "平方公里|平方千米|平方米|立方米|公里|千米|厘米|毫米|纳米|英里|海里|公顷|公斤|千克|毫克|美元|欧元|日元|英镑|人民币|港元|小时|分钟|"
    "摄氏度|百分点|兆字节|吉字节|米|亩|吨|克|元|岁|倍|秒|天|年|个月|人次|人|名|位|个|次|台|部|家|座|艘|架|件|条|辆|种|篇|张|项|户|所"
)
_EXACT_UNITS = "平方公里|平方米|公里|厘米|毫米|公斤|美元|欧元|小时|分钟|米|吨|元|岁|倍"
_TIME = (
    f"(?:公元前?)?{_D}{{4}}年(?!度|级)代?(?:{_D}{{1,2}}月(?:{_D}{{1,2}}[日号])?)?|{_D}{{1,2}}月(?:{_D}{{1,2}}[日号]|份)|"
    f"{_C}{{4}}年(?:{_C}{{1,3}}月(?:{_C}{{1,3}}[日号])?)?|{_C}{{1,3}}月{_C}{{1,3}}[日号]|"
    f"(?:{_D}{{1,2}}|{_C}{{1,3}})世纪(?:{_D}{{2}}年代|{_C}{{1,3}}十?年代)?|{_D}{{4}}-{_D}{{2}}-{_D}{{2}}"
)
_QUANTITY = (
    f"(?<![A-Za-z0-9_.\\-]){_D}+(?:[,.，．]{_D}+)*(?:[十百千万亿]+)?(?:多|余)?(?:%|％|{_UNITS})?(?![A-Za-z0-9_])|"
    f"百分之[{_D[1:-1]}{_C[1:-1]}百点]+|[一二三四五六七八九十百千万亿两]{{2,}}(?:多|余)?(?:{_UNITS})|"
    f"[二三四五六七八九十百千万亿两](?:{_EXACT_UNITS})"
)
_WRITTEN = re.compile(f"《(?P<Work>[^《》\\n]{{1,40}})》|(?P<Time>{_TIME})|(?P<Quantity>{_QUANTITY})")
_SENTENCE = re.compile(r"[^。！？!?\n]{1,2000}[。！？!?]*")
PERSON, NOUNS = ("nr", "nrt", "nrfg"), ("n", "nz", "nt", "ns", "nr", "nrt", "nrfg", "vn", "eng", "j", "an")
_PROPER = (*PERSON, "ns", "nt", "nz", "eng", "j")
_FOREIGN = TRANSLITERATION | set("大及委度木俄呼浩新")
_AREA = re.compile("(?:省|市|县|区|镇|乡|村|州|郡|岛|湾|半岛|山|山脉|河|江|湖|高原|盆地|自治区|特区|开发区|街道)")
_BODY = re.compile(
    "(?:公司|集团|大学|学院|中学|小学|银行|研究院|研究所|科学院|委员会|协会|学会|联合会|联盟|基金会|法院|检察院|医院|出版社|报社|通讯社|"
    "电视台|电台|俱乐部|政府|总局|部门|办公厅|办公室|博物馆|图书馆|交响乐团|党委|工厂|交易所)$"
)
_NO_NAME = re.compile("(?:公司|企业|部门|机构)$")  # with a place alone they describe: "芬兰游戏公司"


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its tag and its characters in the segment; ``label`` is the class of a name, else ""."""

    text: str
    tag: str
    start: int
    end: int
    label: str = ""
    score: float = 0.0


@lru_cache(1)
def _jieba() -> Any:
    import rjieba

    jieba = rjieba.Jieba()
    for tag, added in (("v", ADDED_VERBS), ("ns", sorted(PLACES))):
        for word in added:
            jieba.add_word(word, 100_000, tag)  # keeps the tag of a word that it knows
    return jieba


def is_known(word: str) -> bool:
    """Whether the dictionary has a word; the others are put together by likelihood, sometimes from several."""
    return bool(_jieba().has_word(word))


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """(start, sentence) of each sentence, at most 2,000 characters long."""
    for match in _SENTENCE.finditer(text):
        yield match.start(), match.group()


def words(sentence: str, offset: int) -> list[Word]:
    """The words of a sentence, names joined; ``offset`` is added to their places."""
    found: list[Word] = []
    position = 0
    for match in _WRITTEN.finditer(sentence):
        label = str(match.lastgroup)
        start, end = match.span(label)
        found += _cut(sentence[position:start], offset + position)
        found.append(Word(sentence[start:end], label, offset + start, offset + end, label, 0.9))
        position = end
    return _named(found + _cut(sentence[position:], offset + position))


def _cut(text: str, offset: int) -> list[Word]:
    found = []
    for word, tag in _jieba().tag(text) if text else ():
        tag = "ns" if word in PLACES else "n" if word in NO_NAMES else tag
        found.append(Word(word, tag, offset, offset + len(word)))
        offset += len(word)
    return found


def _named(given: list[Word]) -> list[Word]:
    """The words with those of one name joined to one word that has a label."""
    found: list[Word] = []
    i = 0
    while i < len(given):
        for rule in (_organisation, _person, _place, _latin, _other):
            name = rule(given, i)
            if name is not None:
                break
        found.append(name[0] if name else given[i])
        i = name[1] if name else i + 1
    return found


Name = tuple[Word, int] | None


def _join(given: list[Word], i: int, j: int, tag: str, label: str, score: float) -> Name:
    text = "".join(w.text for w in given[i:j])
    return Word(text, tag, given[i].start, given[j - 1].end, label, score), j


def _organisation(given: list[Word], i: int) -> Name:
    """A name followed by nouns up to one that says what kind of body it is."""
    if given[i].tag not in _PROPER or (given[i].text.isascii() and not given[i].text[:1].isupper()):
        return None
    end = 0
    for j in range(i, min(i + 6, len(given))):
        word = given[j]
        if word.tag not in (*_PROPER, "n", "vn", "b", "f", "l"):
            break
        if _BODY.search(word.text) and (j > i or word.tag == "nt"):
            end = j + 1
    if not end:
        return _join(given, i, i + 1, "nt", "Organisation", 0.85) if given[i].tag == "nt" else None
    inner = "".join(w.text for w in given[i:end])
    plain = given[i].tag == "ns" and not any(w.tag in ("nz", "nt", "eng", *PERSON) for w in given[i + 1 : end])
    if plain and _NO_NAME.search(inner) and not re.search("有限|股份|总公司|集团", inner):
        return None
    return _join(given, i, end, "nt", "Organisation", 0.8)


def _person(given: list[Word], i: int) -> Name:
    """A Chinese name with a common surname, or the parts of a foreign one between raised points.

    The dictionary calls many words of daily life persons: names of two characters that it
    knows, and foreign ones, are persons only beside a title or an act of persons.
    """
    j = i
    while j + 2 < len(given) and given[j + 1].text in "·•・" and _is_han(given[j].text) and _is_han(given[j + 2].text):
        j += 2
    if j > i:
        return _join(given, i, j + 1, "nr", "Person", 0.85)
    word = given[i]
    size, native, foreign = len(word.text), word.text[0] in SURNAMES, set(word.text) <= TRANSLITERATION
    if word.tag not in PERSON or not 2 <= size <= 7 or not _is_han(word.text) or word.text[1:] in TITLES:
        return None
    if word.text[-1] in "未不没将会已曾也都摄" and not is_known(word.text):
        return None  # the word has swallowed the next one
    if native and size == 3 and word.tag != "nrt":
        return _join(given, i, i + 1, "nr", "Person", 0.85)
    after = i + 2 if i + 1 < len(given) and given[i + 1].label == "Time" else i + 1
    beside = {given[k].text for k in (i - 1, after) if 0 <= k < len(given)}
    if ((native and size == 2) or (foreign and size > 1)) and beside & (TITLES | ACTS):
        return _join(given, i, i + 1, "nr", "Person", 0.8)
    if native and size == 2 and not is_known(word.text):
        return _join(given, i, i + 1, "nr", "Person", 0.7)
    return _join(given, i, i + 1, "nr", "Thing", 0.6) if foreign and size > 2 else None


def _place(given: list[Word], i: int) -> Name:
    """A place name with the kind of area after it, or with the area inside it: "深圳市龙岗区"."""
    text = given[i].text
    if given[i].tag != "ns" or len(text) < 2 or not _is_han(text):
        return None
    if re.match("[一二三四五六七八九十两各多几]", text) and text.endswith("国"):
        return None
    if not is_known(text) and len(text) == 2:
        return None
    if len(text) > 3 and not text.endswith(AREA_ENDS) and not set(text) <= _FOREIGN and text not in PLACES:
        return None
    j = i + 1
    while j < len(given) and given[j].tag in ("n", "ns") and _AREA.fullmatch(given[j].text[-1:]) and j - i < 4:
        if given[j].tag == "n" and len(given[j].text) > 1 and not _AREA.fullmatch(given[j - 1].text[-1:]):
            break
        j += 1
    return _join(given, i, j, "ns", "Place", 0.85)


def _latin(given: list[Word], i: int) -> Name:
    """Latin words with a capital: in a Chinese sentence they name something."""
    j = i
    while j < len(given) and (given[j].tag == "eng" or (given[j].text in (" ", "-") and j > i)):
        j += 1
    while j > i and given[j - 1].tag != "eng":
        j -= 1
    text = "".join(w.text for w in given[i:j])
    return _join(given, i, j, "eng", "Thing", 0.6) if len(text) > 1 and any(c.isupper() for c in text) else None


def _other(given: list[Word], i: int) -> Name:
    if given[i].tag == "nz" and len(given[i].text) > 1 and _is_han(given[i].text):
        return _join(given, i, i + 1, "nz", "Thing", 0.6)
    return None


def _is_han(text: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in text)
