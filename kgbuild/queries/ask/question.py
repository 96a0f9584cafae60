"""The form of a question: what is asked for, of what, in which role, by which words.

Names are replaced by plain ones before the parse ("What does Alpha contact?"): a parser trained on running text
tags such questions well, and those with names of many words badly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from kgbuild.mentions.lemmas import lemma
from kgbuild.queries.ask.bases import base
from kgbuild.queries.ask.naming import Link
from kgbuild.queries.ask.wordlists import (
    AUXILIARY,
    BE,
    CONVERSE,
    DO,
    IMPERATIVE,
    JOINED,
    PREPOSITIONS,
    QUESTION,
    RELATIVE,
    SMALL,
    TIMES,
)  # fmt: skip

Tagger = Callable[[Sequence[str]], Sequence[str]]
_STAND_INS = ("Alpha", "Berta", "Carla", "Delta", "Erika", "Fiona")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a whole name (``link``), or a described thing (``hole``: the question that it answers)."""

    text: str
    lemma: str
    tag: str
    link: Link | None = None
    hole: Question | None = None

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def is_end(self) -> bool:
        """Whether it stands for a thing that facts can have at an end."""
        return self.hole is not None or (self.link is not None and self.link.how != "word")


@dataclass(frozen=True, slots=True)
class Question:
    """``form``: ``who`` | ``what`` | ``which`` | ``where`` | ``when`` | ``count`` | ``yesno``.

    ``noun``: the class asked for ("station"), "" if none; ``plural``: several answers are expected. ``anchor``: the
    named thing that the facts are looked for at, or the question whose answers they are; ``role``: ``agent`` |
    ``patient`` | ``any``, what the anchor does in the relation; ``others``: further things named. ``relation``: its
    content words in base form, ``phrase`` as they stand. ``passive``: the relation is in the passive. ``words``: all.
    ``also``: a second question whose answers these must be too.
    """

    form: str
    noun: str = ""
    plural: bool = False
    anchor: Word | None = None
    role: str = "any"
    others: tuple[Word, ...] = ()
    relation: tuple[str, ...] = ()
    phrase: str = ""
    passive: bool = False
    words: tuple[Word, ...] = field(default=())
    also: Question | None = None

    @property
    def lemmas(self) -> frozenset[str]:
        """The base forms of all its words that are no names."""
        return frozenset(w.lemma for w in self.words if not w.is_end)


def tagged(words: Sequence[str], links: Sequence[Link], tagger: Tagger) -> list[Word]:
    """The words of a question, each name as one; ``tagger`` gives a UPOS tag for each word of a sentence."""
    at = {k.start: k for k in links if k.how != "word"}
    common = {k.start: k for k in links if k.how == "word"}
    plain: list[str] = []
    named: list[Link | None] = []
    i = names = 0
    while i < len(words):
        link = at.get(i)
        if link is not None:
            plain.append(_STAND_INS[names % len(_STAND_INS)])
            names += 1
            i = link.end
        else:
            plain.append(words[i])
            link = common.get(i)
            i += 1
        named.append(link)
    tags = tagger(plain)
    made = []
    for word, tag, link in zip(plain, tags, named, strict=True):
        text = word if link is None else link.text
        made.append(Word(text, lemma(word, tag) if link is None or link.how == "word" else text, tag, link))
    return made


def analyse(words: Sequence[Word]) -> Question:
    """The form of a question given as words."""
    words = _imperative([w for w in words if w.text != "?"])
    words = _with_holes(_whose(words))
    for i in range(2, len(words)):  # "what does E connect to that is fed by F"
        if (
            words[i].lower in RELATIVE
            and words[i].hole is None
            and words[0].lower in QUESTION
            and words[i - 1].tag == "ADP"
        ):
            also = analyse([Word("what", "what", "PRON"), *words[i + 1 :]])
            return replace(analyse(words[:i]), also=also if also.anchor is not None else None)
    wh = next((i for i, w in enumerate(words) if w.lower in QUESTION and w.hole is None), None)
    if wh is None:
        return _yesno(words)
    form, noun, plural, after = _asked(words, wh)
    before = [w for w in words[:wh] if w.text != ","]
    body = list(words[after:])
    return _roles(form, noun, plural, before, body, tuple(words))


def _imperative(words: list[Word]) -> list[Word]:
    """ "List the stations of X" asks "which stations of X"."""
    if not words or (words[0].lemma not in IMPERATIVE and words[0].lower not in IMPERATIVE):
        return words
    rest = words[1:]
    if len(rest) > 1 and rest[-2].lower == "about" and rest[-1].is_end:  # "tell me about E"
        return [Word("what", "what", "PRON"), Word("is", "be", "AUX"), rest[-1]]
    while rest and rest[0].lower in SMALL:
        rest = rest[1:]
    if rest and rest[0].lower in QUESTION:
        return rest
    return [Word("which", "which", "DET"), *rest]


def _asked(words: Sequence[Word], wh: int) -> tuple[str, str, bool, int]:
    """Form, class noun, whether it is plural, and where the rest begins."""
    word, i = words[wh].lower, wh + 1
    form = {"whom": "who", "whose": "who"}.get(word, word)
    if word == "how":
        measured = i < len(words) and words[i].lower in ("many", "much")
        form = "count" if measured else "how"
        i += 1 if i < len(words) else 0
    nouns: list[Word] = []
    if word in ("which", "what", "how", "whose"):
        while i < len(words) and not words[i].is_end and _is_nominal(words, i, wh):
            nouns.append(words[i])
            i += 1
    if form == "what" and nouns:
        form = "which"
    head = nouns[-1] if nouns else None
    noun = lemma(head.text, "NOUN") if head else ""
    if form == "which" and noun in TIMES:
        form = "when"
    return form, noun, bool(head) and noun != head.lower, i  # type: ignore[union-attr]


def _is_nominal(words: Sequence[Word], i: int, wh: int) -> bool:
    """Whether a word after "which" belongs to the noun phrase: a verb form that ends it is the clause's own."""
    w = words[i]
    if w.lower in AUXILIARY or w.lower in PREPOSITIONS or w.lower in RELATIVE or w.text == ",":
        return False
    if i == wh + 1:
        return (
            w.tag in ("NOUN", "PROPN", "ADJ", "VERB", "X") and words[wh].lower in ("which", "how")
        ) or w.tag == "NOUN"
    return w.tag in ("NOUN", "PROPN")


def _roles(
    form: str, noun: str, plural: bool, before: Sequence[Word], body: list[Word], words: tuple[Word, ...]
) -> Question:
    """Who does what in a question with a question word: by where the auxiliary, the verb and the names stand."""
    ends = [w for w in body if w.is_end]
    content = _content(body, before)
    if not content and form == "where":
        content = ("locate",)
    phrase = " ".join(w.text for w in body if not w.is_end and w.lower not in DO and w.tag != "PUNCT")
    made = Question(form, noun, plural, relation=content, phrase=phrase, words=words)
    if not ends:
        return made
    anchor, others = ends[0], tuple(ends[1:])
    if anchor.hole is not None and not content and form in ("what", "which", "who"):  # "what are the parts that E has"
        return replace(anchor.hole, plural=True)
    at = body.index(anchor)
    first = next(w for w in body if w.lower not in ("the", "a", "an"))
    if first is anchor and any(w.tag in ("VERB", "NOUN") and not w.is_end for w in body[at + 1 :]):
        role = "patient" if any(w.lemma in CONVERSE for w in body) else "agent"  # "that E contacts"
        return replace(made, anchor=anchor, others=others, role=role)
    verb_before = any(w.tag in ("VERB", "NOUN", "ADJ") and not w.is_end for w in body[:at])
    if form == "count" and first.lower in ("is", "are", "was", "were") and at > 0:
        return replace(made, anchor=anchor, others=others, role="any")
    if first.lower in BE:
        participles = [w for w in body[1:] if _is_participle(w)]
        joined = any(w.lower in JOINED for w in participles)
        if not participles:  # a copula: "is the administrator of E", "is E in"
            return replace(made, anchor=anchor, others=others, role="any", phrase=phrase)
        if at == 1 or (at == 2 and body[1].lower in ("the", "a")):  # "was E launched"
            role = "agent" if joined else "patient"
            return replace(made, anchor=anchor, others=others, role=role, passive=not joined)
        by = any(w.lower == "by" for w in body[:at])
        role = "patient" if joined else "agent" if by else "oblique"
        return replace(made, anchor=anchor, others=others, role=role, passive=not joined)
    if first.lower in DO or (first.lower in AUXILIARY and not verb_before):
        role = "agent" if not verb_before else _by_preposition(body, at)
    else:
        role = "patient"
    if role != "any" and any(w.lemma in CONVERSE for w in body):
        role = {"agent": "patient", "patient": "agent"}[role]
    return replace(made, anchor=anchor, others=others, role=role)


def _by_preposition(body: Sequence[Word], at: int) -> str:
    """The role of a name after the verb: "from E" acts, "to E" is acted on."""
    near = [w.lower for w in body[max(0, at - 2) : at]]
    return "agent" if "from" in near else "patient" if {"to", "into"} & set(near) else "any"


def _is_participle(w: Word) -> bool:
    return not w.is_end and (w.tag == "VERB" or w.lower in JOINED or (w.tag == "ADJ" and w.lower.endswith("ed")))


def _content(body: Sequence[Word], before: Sequence[Word] = ()) -> tuple[str, ...]:
    """Content words in base form; a bare "in" or "where" after "be" asks where something is."""
    idle = ("PUNCT", "ADV")
    found = [w.lemma for w in body if not w.is_end and w.lower not in SMALL | AUXILIARY and w.tag not in idle]
    if not found and any(w.lower in BE for w in body):
        where = {w.lower for w in (*before, *body)} & {"in", "at"}
        found = ["locate"] if where else []
    return tuple(dict.fromkeys(found))


def _yesno(words: Sequence[Word]) -> Question:
    ends = [w for w in words if w.is_end]
    body = list(words[1:]) if words and words[0].lower in AUXILIARY else list(words)
    content = _content(words)
    if not content and any(w.lower in ("in", "at") for w in words):
        content = ("locate",)
    phrase = " ".join(w.text for w in body if not w.is_end)
    role = "agent"
    by = [i for i, w in enumerate(body) if w.lower == "by"]
    passive = any(_is_participle(w) for w in body) and bool(words) and words[0].lower in BE
    if (by and len(ends) > 1 and body.index(ends[1]) > by[0]) or any(w.lemma in CONVERSE for w in body):
        role = "patient"
    return Question(
        "yesno", anchor=ends[0] if ends else None, role=role, others=tuple(ends[1:]), relation=content,
        phrase=phrase, passive=passive and not any(w.lower in JOINED for w in body), words=tuple(words),
    )  # fmt: skip


def _whose(words: list[Word]) -> list[Word]:
    """ "The instrument whose maker is E" as "the instrument that is maker E": said of whichever of both."""
    for i in range(2, len(words) - 2):
        if words[i].lower == "whose" and words[i].link is None:
            be = next((j for j in range(i + 2, len(words)) if words[j].lower in BE), None)
            if be is not None:
                said = [Word("that", "that", "PRON"), Word("is", "be", "AUX")]
                return [*words[:i], *said, *words[i + 1 : be], *words[be + 1 :]]
    return words


def _with_holes(words: list[Word]) -> list[Word]:
    """Described things ("the instrument that E built") as one word each, whose ``hole`` asks for them."""
    for i in range(len(words) - 1, 0, -1):  # the innermost stands last
        if words[i].lower not in RELATIVE or words[i].is_end or words[i - 1].text == ",":
            continue
        noun, start = _antecedent(words, i)
        end = _clause_end(words, i + 1)
        if end <= i + 1:
            continue
        clause = words[i + 1 : end]
        if noun is None:  # "what does E connect to that is fed by F": both must hold
            continue
        wanted = Word("which", "which", "DET")
        inner = analyse([wanted, noun, *clause])
        if inner.anchor is None:
            continue
        hole = Word(" ".join(w.text for w in words[start:end]), "", "PROPN", None, inner)
        return _with_holes([*words[:start], hole, *words[end:]])
    return words


def described(words: Sequence[Word], *, agents: bool = False) -> Question | None:
    """The question with the last "leader of E" as one described thing; None if there is none.

    ``agents``: only a noun of who does something, in a question that asks more than who that is.
    """
    for i in range(len(words) - 3, 0, -1):
        end, noun = i + 2 + (words[i + 2].lower in ("the", "a", "an")), words[i]
        if noun.is_end or noun.tag != "NOUN" or words[i + 1].lower != "of":
            continue
        if end >= len(words) or not words[end].is_end or (agents and base(noun.lemma) == noun.lemma):
            continue
        start = i - (words[i - 1].lower in ("the", "a", "an"))
        rest = [*words[:start], *words[end + 1 :]]
        if agents and not any(w.lower in ("where", "when") or w.tag in ("VERB", "NOUN") for w in rest):
            continue
        asked = [Word("what", "what", "PRON"), Word("is", "be", "AUX"), noun, words[i + 1], words[end]]
        hole = Word(" ".join(w.text for w in words[start : end + 1]), "", "PROPN", None, analyse(asked))
        return analyse([*words[:start], hole, *words[end + 1 :]])
    return None


def _antecedent(words: Sequence[Word], i: int) -> tuple[Word | None, int]:
    """The noun before a relative pronoun and where its phrase begins; None where there is none or it is named."""
    before = words[i - 1]
    if before.is_end or before.tag not in ("NOUN", "PROPN", "VERB", "ADJ") or i < 2:
        return None, i
    start = i - 1
    while start > 0 and words[start - 1].tag in ("ADJ", "NOUN") and not words[start - 1].is_end:
        start -= 1
    if start > 0 and words[start - 1].lower in ("the", "a", "an", "all"):
        start -= 1
    elif words[start - 1].lower in QUESTION:
        return None, i
    return replace(before, tag="NOUN"), start


def _clause_end(words: Sequence[Word], i: int) -> int:
    """Where the relative clause that begins at ``i`` ends: with the question, or before a second finite verb."""
    verb = False
    j = i
    if j < len(words) and (words[j].is_end or words[j].lower in ("the", "a")):  # "that E contacts ..."
        while j < len(words) and not words[j].is_end:
            j += 1
        j += 2  # the name, and what must be its verb
        verb = True
        if j < len(words) and words[j].lower in PREPOSITIONS and (j + 1 == len(words) or not _opens(words[j + 1])):
            j += 1
    while j < len(words):
        w = words[j]
        finite = w.lower in AUXILIARY or (w.tag == "VERB" and not w.is_end)
        if finite and verb and words[j - 1].lower not in AUXILIARY:
            return j
        if verb and w.text == ",":
            return j
        verb = verb or finite
        j += 1
    return min(j, len(words))


def _opens(w: Word) -> bool:
    """Whether a word begins a noun phrase."""
    return w.is_end or w.lower in ("the", "a", "an") or w.tag in ("NOUN", "PROPN", "ADJ", "NUM")
