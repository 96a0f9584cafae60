"""The language of passages and documents: by script where a script tells, else by py3langid; "" when unsure.

py3langid is a naive Bayes classifier over byte n-grams in 140 languages (Lui & Baldwin 2012, langid.py: an
off-the-shelf language identification tool); its wheel carries the model. Tags are BCP 47 primary subtags.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from kgbuild.identity import segment_iri
from kgbuild.types import Reading, Segment, TextPosition

SPOKEN = frozenset({"text", "cue"})  # modalities whose text is language, not code
_HAN = re.compile("[々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d]+")
_HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]+")
_NOT_LATIN_LETTER = re.compile("[\u0370-\u1dff\u2c00-\ua6ff\ua800-\ud7ff\uf900-\ufefe\U00010000-\U0003ffff]")
_LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"[^。！？!?.\n]*(?:[。！？!?.\n]+[」』”’)）\]\s]*|$)")
_SAMPLE = 10_000  # characters that are classified: more changes nothing
_SURE = 0.9  # with as many letters as below, no English sentence of CrossNER and GUM is called anything else
_ENOUGH = 20  # letters, for alphabets
_ENOUGH_HAN = 12  # Japanese without kana is seldom longer
_WEIGHT = 3  # letters that say as much as one Chinese character
_SHARE = 0.8  # of a document's text, for the document to have a language
# Written like the language they are filed under, as far as labels and models here are concerned.
_FILED = {"wuu": "zh", "yue": "zh", "ext": "es", "nn": "no", "arz": "ar", "ary": "ar", "uzs": "uz", "zxx": ""}
_NOT_LATIN = re.compile(
    "am|ar|as|ba|be|bg|bn|dz|el|fa|gom|grc|gu|hbo|he|hi|hy|ka|kk|km|kn|ky|lo|mk|ml|mn|mr|my|ne|or|pa|ps|ru|sa|sdh|si|"
    "ta|te|tg|th|ug|uk|ur"
)


@lru_cache(1)
def _classifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(len(m.group()) for m in pattern.finditer(text))


def _scripts(text: str) -> tuple[int, int, int, int]:
    """How many characters are Han, kana, Hangul, and letters of any other script."""
    han, kana, hangul = (_count(p, text) for p in (_HAN, _KANA, _HANGUL))
    return han, kana, hangul, max(0, _count(_LETTERS, text) - han - kana - hangul)


def script(text: str) -> str:
    """The script that says most in a text: "EAST ASIAN", or Unicode's name of it ("LATIN"); "" without letters."""
    *asian, other = _scripts(text)
    if sum(asian) and _WEIGHT * sum(asian) >= other:
        return "EAST ASIAN"
    letters = "".join(_LETTERS.findall(text[:_SAMPLE]))[: _SAMPLE // 10]
    counts = Counter(unicodedata.name(c, "").partition(" ")[0] for c in letters)
    return min(counts, key=lambda name: (-counts[name], name), default="")


def detect(text: str) -> str:
    """The language of a text as ISO 639 code ("en", "zh"), "" when the text is too short or mixed to be sure."""
    sample = text[:_SAMPLE]
    han, kana, hangul, other = _scripts(sample)
    if han + kana + hangul and _WEIGHT * (han + kana + hangul) >= other:
        if hangul > han + kana:
            return "ko" if hangul >= 2 else ""
        if kana:  # loan words in a Chinese text are no Japanese
            return "ja" if kana >= 2 and 10 * kana >= han else ""
        sentence = han >= _ENOUGH_HAN // 2 and re.search("[。！？，；：]", sample)  # a Japanese one has kana
        return "zh" if han >= _ENOUGH_HAN or sentence or _only_chinese(sample) else ""
    if other < _ENOUGH:
        return ""
    likely: Counter[str] = Counter()
    for code, share in _classifier().rank(sample):
        likely[_FILED.get(code, code)] += share
    ((best, share),) = likely.most_common(1)
    return best if share >= _SURE else ""


def _only_chinese(text: str) -> bool:
    """Whether a Chinese character stands in it that the Japanese standards do not have (JIS X 0208 and cp932's)."""
    for run in _HAN.findall(text):
        try:
            run.encode("cp932")
        except UnicodeEncodeError:
            return True
    return False


def label_language(label: str, passage: str) -> str:
    """The language of a label that stands in a passage of the language ``passage``; "" if its letters are foreign."""
    if not passage:
        return detect(label)
    han, kana, hangul, other = _scripts(label)
    asian = {"zh": han and not kana and not hangul, "ja": han + kana, "ko": hangul}
    if passage in asian:
        return passage if asian[passage] and _WEIGHT * (han + kana + hangul) >= other else ""
    if _NOT_LATIN.fullmatch(passage) and label.isascii():
        return ""
    return passage if other and not han + kana + hangul else ""


def declared(tag: str) -> str:
    """The primary language subtag of what a document says of itself, "" if that is no tag of BCP 47."""
    found = re.match(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9-]*)?$", tag.strip())
    code = found[1].lower() if found else ""
    return "" if code in ("und", "mul", "zxx", "mis") else code


def with_languages(reading: Reading) -> Reading:
    """The reading with the language of the source and of each passage; passages that change script are split.

    A passage that is too short to tell has the language of its document, if it is written like it. What the
    document declares of itself (``Source.language``) counts where its text does not tell.
    """
    segments = [part for s in reading.segments for part in _parts(s)]
    if len(segments) != len(reading.segments):
        iri = reading.source.id
        segments = [replace(s, id=segment_iri(iri, n)) for n, s in enumerate(segments, 1)]
    own = [detect(s.text) if s.modality in SPOKEN else "" for s in segments]
    language = _of_document(segments, own) or declared(reading.source.language)
    spoken = [
        replace(s, language=found or label_language(s.text, language)) if s.modality in SPOKEN and s.text else s
        for s, found in zip(segments, own, strict=True)
    ]
    return replace(reading, source=replace(reading.source, language=language), segments=tuple(spoken))


def _of_document(segments: Sequence[Segment], own: Sequence[str]) -> str:
    weights: Counter[str] = Counter()
    for segment, language in zip(segments, own, strict=True):
        weights[language] += len(segment.text) if language else 0
    total = sum(weights.values())
    if not total:
        sample = "\n".join(s.text[:_SAMPLE] for s in segments[:500] if s.modality in SPOKEN)
        return detect(sample)
    best = min(weights, key=lambda code: (-weights[code], code))
    return best if weights[best] >= _SHARE * total else ""


def _parts(segment: Segment) -> list[Segment]:
    """The segment, or its parts where sentences of different scripts follow each other."""
    place = segment.target.find(TextPosition)
    if segment.modality != "text" or place is None or not _NOT_LATIN_LETTER.search(segment.text):
        return [segment]
    cuts = [0]
    before = ""
    for sentence in _SENTENCE.finditer(segment.text):
        *asian, other = _scripts(sentence.group())
        if max(_WEIGHT * sum(asian), other) < _ENOUGH // 2:
            continue  # too short to be a passage of its own
        found = script(sentence.group())
        if before and found != before:
            cuts.append(sentence.start())
        before = found
    cuts.append(len(segment.text))
    return [_cut(segment, place, a, b) for a, b in pairwise(cuts)] if len(cuts) > 2 else [segment]


def _cut(segment: Segment, place: TextPosition, start: int, end: int) -> Segment:
    """Characters ``[start, end)`` of a segment as one of its own, without blanks at its ends."""
    text = segment.text[start:end]
    start += len(text) - len(text.lstrip())
    end -= len(text) - len(text.rstrip())
    here = TextPosition(place.start + start, place.start + end)
    selectors = tuple(here if s is place else s for s in segment.target.selectors)
    marks = tuple((a - start, b - start, kind) for a, b, kind in segment.marks if start <= a and b <= end)
    return replace(
        segment, target=replace(segment.target, selectors=selectors), text=segment.text[start:end], marks=marks
    )
