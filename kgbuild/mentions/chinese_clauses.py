"""Subject, verb and object of Chinese clauses, by patterns over the whole clause.

A clause that does not fit a pattern from its first to its last word says nothing; neither
does one that is negated, possible, reported, conditional or asked. So most clauses are
passed over, and what is found is nearly always what the clause states.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kgbuild.mentions.chinese_lists import ADVERBS, NO_VERBS, TITLES
from kgbuild.mentions.chinese_words import NOUNS, Word, is_known

LONGEST = 6  # words of a subject or object
NEAR = 3  # words of one that is sure to be whole
SURE, UNSURE = 0.9, 0.6  # the share that holds: see docs/chinese.md
_CUTS = re.compile("[，,；;：:。！？!?…—]+")
# Anywhere in the sentence: reported, conditional or asked.
_DOUBTFUL = re.compile(
    "据|声称|宣称|自称|[称说道]$|表示|认为|以为|相信|指出|透露|强调|希望|建议|传闻|传说|如果|假如|假设|倘若|要是|只要|除非|除了|"
    "即使|是否|吗|呢|什么|谁|哪|怎么|怎样|为何|几乎|差点|险些|好像|似乎|仿佛|否则"
)
# In the clause: negated, possible, wished.
_NEGATED = re.compile(
    "[不没未勿甭]|^(?:无|非|无法|并非|绝非|毫无|莫|别|拒绝|否认|停止|避免|防止|禁止|阻止|放弃|取消|反对|缺乏|缺少|失去|"
    "可能|也许|或许|大概|将|将要|将会|即将|会|能|能够|可|可以|应|应该|应当|必须|须|需|需要|要|想|想要|愿|愿意|打算|计划|准备|拟|"
    "试图|企图|争取|力争|请|让|使|令|叫|或|或者|还是|假|所谓|最)$"
)
_SWALLOWED = re.compile("[将会能可应须需要拟欲愿别无非]$")
_LINKS = {
    **dict.fromkeys("在从向对给为于自到至", "p"), **dict.fromkeys("与和同跟及、", "c"), "以及": "c", "把": "b",
    "被": "i", "由": "i", "是": "y", "的": "e", "了": "u", "过": "u", "着": "u",
}  # fmt: skip
_GOES_ON = frozenset("于在到至自给向为成")  # what makes one verb of itself and a verb before it: 位于, 成立于, 出生在
_N = "N(?:cN)*"
_AT = "[Td]*(?:p[NT][dT]*)*"  # when, where, how
_HAS = re.compile("(?P<s>N)e(?P<v>N)y(?P<o>N)")
_IS = re.compile("[Td]*(?P<s>N)[Td]*(?P<v>y)(?P<o>N)")
_BA = re.compile(f"[Td]*(?P<s>{_N})[Td]*b(?P<o>{_N})[dT]*(?P<v>v)(?:p?N|u)?")
_PASSIVE = re.compile(f"[Td]*(?P<o>{_N})[Td]*i(?P<s>{_N})[dT]*(?P<v>v)u?")
_ACTIVE = re.compile(f"[Td]*(?P<s>{_N}){_AT}(?P<v>v)u?(?P<o>{_N})")
_ONWARD = re.compile(f"[Td]*(?P<s>{_N}){_AT}(?P<v>vp?)(?P<o>{_N}|T)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row that name one thing; ``start`` and ``end`` are characters of the segment."""

    words: tuple[Word, ...]

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end


@dataclass(frozen=True, slots=True)
class Triple:
    """What a clause states. ``predicate`` is the verb as it stands there (位于, 收购); places are in the segment."""

    subject: Phrase
    predicate: str
    object: Phrase
    start: int
    end: int
    score: float


def triples(sentence: Sequence[Word]) -> Iterator[Triple]:
    """The triples of a sentence, clause by clause."""
    plain = [w.text for w in sentence if not w.label]
    if any(_DOUBTFUL.search(text) or text in '“”"「」?？' for text in plain):
        return
    whole = bool(sentence) and sentence[-1].text[0] in "。！；;."  # headlines leave out words
    clause: list[Word] = []
    for word in (*sentence, None):
        if word is None or (_CUTS.fullmatch(word.text) and not word.label):
            yield from _clause(clause, whole)
            clause = []
        elif not word.text.isspace() and word.text not in "《》":
            clause.append(word)


def _clause(clause: list[Word], whole: bool) -> Iterator[Triple]:
    if any(_denies(w) for w in clause) or not 3 <= len(clause) <= 40:
        return
    codes, parts = _parts(clause)
    for pattern in (_HAS, _IS, _BA, _PASSIVE, _ACTIVE, _ONWARD):
        match = pattern.fullmatch(codes)
        if match is None:
            continue
        verb = "".join(w.text for p in parts[match.start("v") : match.end("v")] for w in p)
        if not _is_predicate(verb, onward=pattern is _ONWARD):
            return
        for s in _each(parts, codes, *match.span("s")):
            if pattern is _IS and not any(w.label for w in s.words):
                continue  # "the headmaster is": whose?
            for o in _each(parts, codes, *match.span("o")):
                score = SURE if whole and _is_named(s) and len(o.words) <= NEAR else UNSURE
                yield Triple(s, verb, o, clause[0].start, clause[-1].end, score)
        return


def _denies(word: Word) -> bool:
    """Whether a word denies its clause or makes it possible; one that the dictionary lacks may have swallowed such."""
    if word.label in ("Work", "Time", "Quantity"):
        return False
    if not is_known(word.text) and (_SWALLOWED.search(word.text) or _NEGATED.search(word.text)):
        return True
    return not word.label and word.tag != "n" and bool(_NEGATED.search(word.text))


def _is_named(phrase: Phrase) -> bool:
    """Whether a subject is a name, with a word or two beside it: common nouns often belong to a longer subject."""
    first, *others = phrase.words
    if first.label == "Person":
        return all(w.text in TITLES for w in others)
    return len(phrase.words) <= NEAR and (bool(first.label) or bool(phrase.words[-1].label))


def _is_predicate(verb: str, *, onward: bool) -> bool:
    if onward and verb[-1] not in _GOES_ON:
        return False
    return verb not in NO_VERBS and (len(verb) > 1 or verb == "是")


def _each(parts: list[list[Word]], codes: str, start: int, end: int) -> Iterator[Phrase]:
    for code, part in zip(codes[start:end], parts[start:end], strict=True):
        if code in "NT":
            yield Phrase(tuple(part))


def _parts(clause: list[Word]) -> tuple[str, list[list[Word]]]:
    """The clause as one letter per part: N noun phrase, T time, v verb, d adverb, c p b i y e u links, X others."""
    codes, parts = "", list[list[Word]]()
    for word, after in zip(clause, (*clause[1:], None), strict=True):
        code = _code(word)
        if word.tag == "vn" and ((after and after.text in "了过") or (not after and parts and parts[-1][-1].label)):
            code = "v"  # an act that somebody did, not one that is spoken of
        if code == "N" and codes.endswith("N"):
            parts[-1].append(word)
            continue
        codes += code
        parts.append([word])
    return "".join("X" if c == "N" and not _is_phrase(p) else c for c, p in zip(codes, parts, strict=True)), parts


def _code(word: Word) -> str:
    if word.label == "Time":
        return "T"
    if word.label == "Quantity":
        return "X"
    if word.label or word.tag in NOUNS:
        return "N"
    if word.text in _LINKS:
        return _LINKS[word.text]
    if word.text in ADVERBS:
        return "d"
    return "v" if word.tag == "v" else "X"


def _is_phrase(words: list[Word]) -> bool:
    """Whether nouns in a row name one thing: no act at the end ("调用"), and no person but at the beginning."""
    last = words[-1]
    if len(words) > LONGEST or last.tag in ("vn", "an") or (not last.label and len(last.text) < 2 and len(words) < 2):
        return False
    return not any(w.label in ("Person", "Work") for w in words[1:])
