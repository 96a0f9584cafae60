"""The spaCy component ``kgbuild``: everything that our network says of a text, in spaCy's own places.

    nlp = spacy.blank("en"); nlp.add_pipe("kgbuild"); doc = nlp("NASA built the telescope.")

``doc.ents``: names, dates and numbers. ``doc.spans["mentions"]``: the same;
``doc.spans["nominals"]``: noun phrases that take part in an open relation.
``doc.sents``, ``token.pos_``, ``token.dep_``, ``token.head``: the parse (Universal
Dependencies v2), where the weights have a parser. Extension attributes:

* ``doc._.kgbuild_clusters``: coreference, a list of lists of spans;
* ``doc._.kgbuild_relations``: (subject span, property name, object span, score);
* ``doc._.kgbuild_triples``: open relations, (subject span, phrase, object span, status, score).

All of it is written by ``Doc.to_bytes``; ``nlp.to_disk`` and ``spacy.load`` keep the settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np
from spacy.attrs import DEP, HEAD, POS
from spacy.language import Language
from spacy.pipeline import Sentencizer
from spacy.tokens import Doc, Span, Token

from kgbuild.config import Config
from kgbuild.mentions.annotate import Annotation, Annotator
from kgbuild.mentions.opens import End, open_relations

LONGEST = 120  # words of a sentence
PUNCTUATION = [".", "!", "?", "…", "。", "！", "？", "\n\n"]
_KEY = "kgbuild"
_AT_ONCE = 1000  # characters without a blank that are read as one: no word is as long
_RUN = re.compile(r"\S{1001,}")
SETTINGS = {"weights": "", "backbone": "", "allow_download": False, "relation_threshold": 0.0}


class Component:
    """Annotates a document; ``annotate`` gives the network's own view, calling it writes into the document."""

    def __init__(self, annotator: Annotator) -> None:
        self.annotator = annotator
        self._sentencizer = Sentencizer(punct_chars=PUNCTUATION)

    def annotate(self, doc: Doc) -> Annotation:
        """The annotation of a document, over ``sentences_of(doc)``."""
        return self.annotator([[t.text for t in s] for s in sentences_of(self.split(doc))])

    def split(self, doc: Doc) -> Doc:
        """The document with the ends of its sentences, if it has none yet."""
        return doc if doc.has_annotation("SENT_START") else self._sentencizer(doc)

    def __call__(self, doc: Doc) -> Doc:
        note = self.annotate(doc)
        sentences = list(sentences_of(doc))
        mentions = [
            _span(doc, sentences[m.sentence][m.start : m.end], self.annotator.types[m.type]) for m in note.mentions
        ]
        ranges = [(s.start, s.end, s.label_) for s in mentions]
        nominals: dict[tuple[int, int], str] = {}

        def place(end: End) -> tuple[int, int]:
            words = sentences[end.sentence][end.start : end.end]
            if end.mention < 0:
                nominals[words[0].i, words[-1].i + 1] = end.label
            return words[0].i, words[-1].i + 1

        opened = open_relations(note, self.annotator.types)
        doc.user_data[_KEY] = {
            "clusters": [[ranges[i] for i in c] for c in note.clusters],
            "relations": [
                (ranges[r.subject], self.annotator.properties[r.property]["name"], ranges[r.object], round(r.score, 4))
                for r in note.relations
            ],
            "triples": [(place(o.subject), o.relation, place(o.object), o.status, o.score) for o in opened],
        }
        doc.spans["mentions"] = mentions
        doc.spans["nominals"] = [Span(doc, a, b, label=label) for (a, b), label in sorted(nominals.items())]
        _write_parse(doc, sentences, getattr(note, "parses", None) or [])
        doc.set_ents([Span(doc, a, b, label=label) for a, b, label in ranges])
        return doc


def _span(doc: Doc, words: list[Token], label: str) -> Span:
    return Span(doc, words[0].i, words[-1].i + 1, label=label)


def _write_parse(doc: Doc, sentences: list[list[Token]], parses: list[Any]) -> None:
    """Tags, heads and labels of the words; blanks hang on the word before them."""
    if not parses or not len(doc):
        return
    values = np.zeros((len(doc), 3), dtype="uint64")
    store, heads = doc.vocab.strings, np.arange(-1, len(doc) - 1)
    heads[0] = 0
    for words, parse in zip_longest(sentences, parses):
        parsed = parse is not None and len(parse.heads) == len(words) and -1 in parse.heads
        root = parse.heads.index(-1) if parsed else 0
        for i, token in enumerate(words):
            head = parse.heads[i] if parsed else root
            heads[token.i] = words[head if head >= 0 else root].i
            values[token.i, 1] = store.add("ROOT" if i == root else parse.labels[i] if parsed else "dep")
            values[token.i, 2] = store.add(parse.tags[i]) if parsed else 0
    offsets = heads - np.arange(len(doc))
    values[:, 0] = offsets.astype("int64").astype("uint64")
    doc.from_array([HEAD, DEP, POS], values)  # type: ignore[arg-type]


def sentences_of(doc: Doc) -> Iterator[list[Token]]:
    """Words of each sentence; what runs on without an end (lists, logs) is cut."""
    for sentence in doc.sents:
        words = [t for t in sentence if not t.is_space]
        for start in range(0, len(words), LONGEST):
            yield words[start : start + LONGEST]


def _attribute(name: str, spans: Any) -> None:
    def get(doc: Doc) -> list[Any]:
        return [spans(doc, row) for row in doc.user_data.get(_KEY, {}).get(name, [])]

    if not Doc.has_extension(f"kgbuild_{name}"):
        Doc.set_extension(f"kgbuild_{name}", getter=get)


def _labelled(doc: Doc, place: Any) -> Span:
    return Span(doc, place[0], place[1], label=place[2] if len(place) > 2 else "")


_attribute("clusters", lambda doc, row: [_labelled(doc, place) for place in row])
_attribute("relations", lambda doc, row: (_labelled(doc, row[0]), row[1], _labelled(doc, row[2]), row[3]))
_attribute("triples", lambda doc, row: (_labelled(doc, row[0]), row[1], _labelled(doc, row[2]), *row[3:]))


@lru_cache(2)
def _annotator(weights: str, backbone: str, allow_download: bool, relation_threshold: float) -> Annotator:
    given = {"text.weights": weights, "text.relation_threshold": relation_threshold,
             "models.backbone": backbone, "models.allow_download": allow_download}  # fmt: skip
    return Annotator(Config.load(overrides=given))


@Language.factory("kgbuild", default_config=SETTINGS, assigns=["doc.ents", "doc.spans"])
def make(
    nlp: Language, name: str, weights: str, backbone: str, allow_download: bool, relation_threshold: float
) -> Component:
    """The factory ``kgbuild`` of spaCy; settings as in ``[text]`` and ``[models]``. Raises ``ModelError``."""
    return Component(_annotator(weights, backbone, allow_download, relation_threshold))


def tokens_of(nlp: Language, text: str) -> Doc:
    """As ``nlp.make_doc``. What runs on for thousands of characters without a blank (lines of a box, brackets) is cut:
    the rules for punctuation take a time that grows with the square of its length.
    """
    cuts = [0]
    for run in _RUN.finditer(text):
        cuts += range(run.start(), run.end() - _AT_ONCE, _AT_ONCE)
    if len(cuts) == 1:
        return nlp.make_doc(text)
    tokens = [token for a, b in pairwise(dict.fromkeys((*cuts, len(text)))) for token in nlp.make_doc(text[a:b])]
    return Doc(nlp.vocab, words=[t.text for t in tokens], spaces=[bool(t.whitespace_) for t in tokens])


def pipeline(config: Config | None = None) -> Language:
    """A blank English pipeline with the component ``kgbuild``."""
    import spacy

    config = config or Config.load()
    nlp = spacy.blank("en")
    nlp.max_length = 20_000_000
    settings = {
        "weights": config["text"]["weights"], "relation_threshold": config["text"]["relation_threshold"],
        "backbone": config["models"]["backbone"], "allow_download": config["models"]["allow_download"],
    }  # fmt: skip
    nlp.add_pipe("kgbuild", config=settings)
    return nlp
