"""The spaCy component: what stands where in a document, and that it can be saved and loaded."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import spacy
from handparsed import TEXTS, sentence, with_parses
from spacy.language import Language
from spacy.tokens import Doc

from kgbuild.mentions.component import Component, make, tokens_of
from kgbuild.mentions.text import pipeline

TEXT = "Marie Curie was born in Warsaw. Curie studied at the University of Paris."
CLIENT = "The Client posts a tweet to the Web Server, running as a reverse proxy."


@pytest.fixture(scope="module")
def nlp() -> Language:
    made = spacy.blank("en")
    made.add_pipe("kgbuild")
    return made


def test_names_clusters_and_relations(nlp: Language) -> None:
    doc = nlp(TEXT)
    assert ("Marie Curie", "Person") in {(e.text, e.label_) for e in doc.ents}
    assert [s.text for s in doc.spans["mentions"]] == [e.text for e in doc.ents]
    clusters = [{s.text for s in c} for c in doc._.kgbuild_clusters]
    assert {"Marie Curie", "Curie"} in clusters
    for subject, name, object, score in doc._.kgbuild_relations:
        assert subject.text in doc.text and object.text in doc.text and name and 0 <= score <= 1


def test_parse_and_open_relations(nlp: Language) -> None:
    component = Component(nlp.get_pipe("kgbuild").annotator)  # type: ignore[attr-defined]
    annotate = component.annotate
    component.annotate = lambda doc: with_parses(annotate(doc))  # type: ignore[method-assign]
    doc = component(nlp.make_doc(CLIENT + "  It works."))
    words, parse = sentence(TEXTS[0])
    first = next(doc.sents)
    assert [t.text for t in first if not t.is_space] == words
    assert tuple(t.pos_ for t in first)[: len(words)] == parse.tags
    assert doc[2].dep_ == "ROOT" and doc[1].head.text == "posts" and doc[14].head.text == "running"
    triples = [(s.text, phrase, o.text, status) for s, phrase, o, status, _ in doc._.kgbuild_triples]
    assert ("Client", "post to", "Web Server", "asserted") in triples
    assert "reverse proxy" in {s.text for s in doc.spans["nominals"]}
    again = Doc(doc.vocab).from_bytes(doc.to_bytes())
    assert [str(t) for t in again._.kgbuild_triples] == [str(t) for t in doc._.kgbuild_triples]


def test_saved_and_loaded(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    assert [(e.text, e.label_) for e in loaded(TEXT).ents] == [(e.text, e.label_) for e in nlp(TEXT).ents]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "a", "x" * 3000, "- \n\n- "])
def test_odd_texts(nlp: Language, text: str) -> None:
    assert nlp(text).text == text


def test_what_runs_on_without_a_blank_is_read_in_pieces() -> None:
    """The rules for punctuation take a time that grows with the square of such a run."""
    blank = spacy.blank("en")
    text = f"A box {'┌─┐│└┘' * 5000} of {'word' * 600}\n\n{'(' * 3000}end) here.  Two  blanks."
    doc = tokens_of(blank, text)
    words = [t.text for t in doc]
    assert doc.text == text and max(map(len, words)) < 2000
    assert words[:2] == ["A", "box"] and words[-4:] == ["Two", " ", "blanks", "."]
    assert [t.text for t in tokens_of(blank, TEXT)] == [t.text for t in blank(TEXT)]


def test_spacy_finds_the_factory_by_its_entry_point() -> None:
    facts = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    module, _, name = facts["project"]["entry-points"]["spacy_factories"]["kgbuild"].partition(":")
    assert getattr(import_module(module), name) is make
    assert pipeline().pipe_names == ["kgbuild"]
