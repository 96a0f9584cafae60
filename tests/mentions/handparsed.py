"""Parses written by hand, and a text extractor that has them in place of a parser's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from kgbuild.config import Config
from kgbuild.mentions.annotate import Annotation
from kgbuild.mentions.parse import Parse
from kgbuild.mentions.text import TextExtractor


def sentence(text: str) -> tuple[list[str], Parse]:
    """Words and parse of ``word/TAG/head/label[/kind]`` items; heads count from 1, 0 is the root."""
    items = [item.split("/") for item in text.split()]
    words = [i[0] for i in items]
    return words, Parse(
        tuple(i[1] for i in items),
        tuple(int(i[2]) - 1 for i in items),
        tuple(i[3] for i in items),
        tuple(i[4] if len(i) > 4 else "" for i in items),
    )


class Noted(Annotation):
    """An annotation with parses."""


TEXTS = [
    "The/DET/2/det Client/NOUN/3/nsubj posts/VERB/0/root a/DET/5/det tweet/NOUN/3/obj/Thing to/ADP/9/case the/DET/9/det "
    "Web/PROPN/9/compound Server/PROPN/3/obl/Thing ,/PUNCT/11/punct running/VERB/9/acl as/ADP/15/case a/DET/15/det "
    "reverse/ADJ/15/amod proxy/NOUN/11/obl ./PUNCT/3/punct",
    "The/DET/4/det Web/PROPN/4/compound Server/PROPN/4/compound cache/NOUN/7/nsubj does/AUX/7/aux not/PART/7/advmod "
    "store/VERB/0/root deleted/VERB/9/amod tweets/NOUN/7/obj ./PUNCT/7/punct",
    "The/DET/3/det Write/PROPN/3/compound API/PROPN/4/nsubj calls/VERB/0/root the/DET/8/det Fan/PROPN/8/compound "
    "Out/PROPN/8/compound Service/PROPN/4/obj ,/PUNCT/11/punct which/PRON/11/nsubj does/VERB/8/acl:relcl the/DET/13/det "
    "following/NOUN/11/obj :/PUNCT/4/punct",
    "Queries/VERB/0/root the/DET/4/det user/NOUN/4/compound graph/NOUN/1/obj ./PUNCT/1/punct",
    "The/DET/2/det vendor/NOUN/3/nsubj claims/VERB/0/root that/SCONJ/7/mark the/DET/6/det Client/NOUN/7/nsubj "
    "encrypts/VERB/3/ccomp user/NOUN/9/compound passwords/NOUN/7/obj ./PUNCT/3/punct",
]
KNOWN = {tuple(words): parse for words, parse in map(sentence, TEXTS)}


def with_parses(note: Annotation) -> Annotation:
    """The annotation with the parses of the sentences that are known here."""
    made = Noted(**{f.name: getattr(note, f.name) for f in fields(note)})
    made.parses = [KNOWN.get(tuple(s), Parse((), (), (), ())) for s in note.sentences]
    return made


class Parsed(TextExtractor):
    """The text extractor with the parses of this file."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        annotate = self.component.annotator

        def annotated(sentences: Sequence[Sequence[str]]) -> Annotation:
            return with_parses(annotate(sentences))

        annotated.types, annotated.properties = annotate.types, annotate.properties  # type: ignore[attr-defined]
        self.component.annotator = annotated  # type: ignore[assignment]
