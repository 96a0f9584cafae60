"""The grammar heads at work on one window: trees, noun phrases, and what those refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from kgbuild.mentions.decode import LEAST, likely_spans, settled_kinds, settled_tags
from kgbuild.mentions.names import name_features
from kgbuild.mentions.parse import Parse, borders, tree
from kgbuild.mentions.syntax import form_of

if TYPE_CHECKING:
    from kgbuild.mentions.annotate import Annotation

PHRASES_AT_ONCE = 400  # noun phrases of a window beyond which it is a list: no reference is looked for


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: words ``[start, end)`` of a sentence, its head word, class number, form, probability.

    ``form``: 0 named, 1 nominal, from 2 on a kind of pronoun (``syntax.form_of``). ``antecedent``:
    the number of the phrase that it refers back to, -1 for none.
    """

    sentence: int
    head: int
    start: int
    end: int
    kind: int
    form: int
    score: float
    antecedent: int = -1


def analyse(annotation: Annotation, number: int, words: Any, model: Any, facts: dict[str, Any]) -> None:
    """Add the parses and phrases of window ``number`` to the annotation; ``words`` (w, width) are its states."""
    import torch

    window, net = annotation.windows[number], model.syntax
    places = window.words
    with torch.inference_mode():
        sentence = torch.tensor([s for s, _ in places])
        arcs = net.arcs(words, sentence).numpy()
        surfaces = [annotation.sentences[s][w] for s, w in places]
        tags = settled_tags(net.tagger(words), surfaces, [w for _, w in places], facts["tags"])
        kinds = settled_kinds(net.kind(words), surfaces)
        heads: list[int] = []
        for _, run in groupby(range(len(places)), key=lambda i: places[i][0]):
            span = list(run)
            first = span[0]
            found = tree(arcs[first : span[-1] + 1, first : span[-1] + 1])
            heads += [first + (h if h >= 0 else i) for i, h in enumerate(found)]
        labels = net.labels(words, torch.tensor(heads)).argmax(-1).tolist()
        best, kind = kinds[:, 1:].max(-1)
        nouns = torch.nonzero(best >= LEAST).flatten()
        spans = likely_spans(net.edges(words, nouns, sentence), nouns, best, borders(heads))
    classes, heading = kind.tolist(), (kinds.argmax(-1) > 0).tolist()
    kind_of = [facts["kinds"][k] if h else "" for k, h in zip(classes, heading, strict=True)]
    for s, run in groupby(range(len(places)), key=lambda i: places[i][0]):
        span = list(run)
        offset = places[span[0]][1] - span[0]  # a sentence that fills several windows has a root in each
        annotation.add_parse(
            s,
            Parse(
                tuple(facts["tags"][tags[i]] for i in span),
                tuple(heads[i] + offset if heads[i] != i else -1 for i in span),
                tuple(facts["labels"][labels[i]] for i in span),
                tuple(kind_of[i] for i in span),
            ),
        )
    best_of: dict[tuple[int, int], Phrase] = {}  # of two heads that claim the same words the surer one
    for head, start, end, score in spans:
        s, w = places[head]
        form = form_of(facts["tags"][tags[head]], surfaces[head])
        p = Phrase(s, w, places[start][1], places[end][1] + 1, classes[head], form, score)
        if (start, end) not in best_of or p.score > best_of[start, end].score:
            best_of[start, end] = p
    at = {place: i for i, place in enumerate(places)}
    phrases = sorted(best_of.values(), key=lambda p: (p.sentence, p.head, p.score))
    states = words[[at[p.sentence, p.head] for p in phrases]]
    annotation.phrases += _refer(annotation, phrases, states, net)


def _refer(annotation: Annotation, phrases: list[Phrase], states: Any, net: Any) -> list[Phrase]:
    """The phrases with their antecedents, numbered as they will stand in the annotation."""
    import numpy as np
    import torch

    if not 2 <= len(phrases) <= PHRASES_AT_ONCE:
        return phrases
    base = len(annotation.phrases)
    names = [" ".join(annotation.sentences[p.sentence][p.start : p.head + 1]) for p in phrases]
    pairs = [(i, j) for i in range(len(phrases)) for j in range(i)]
    features = [
        name_features(
            names[i],
            names[j],
            same_type=phrases[i].kind == phrases[j].kind,
            distance=phrases[i].sentence - phrases[j].sentence,
        )
        for i, j in pairs
    ]
    left, right = torch.tensor(pairs).T
    with torch.inference_mode():
        forms = torch.tensor([p.form for p in phrases])
        chosen = (
            net.refer(states, forms, left, right, torch.from_numpy(np.array(features, dtype=np.float32)))
            .argmax(-1)
            .tolist()
        )
    return [_with_antecedent(p, base + j - 1) if j else p for p, j in zip(phrases, chosen, strict=True)]


def _with_antecedent(p: Phrase, antecedent: int) -> Phrase:
    return Phrase(p.sentence, p.head, p.start, p.end, p.kind, p.form, p.score, antecedent)


def chains(phrases: Sequence[Phrase]) -> list[list[int]]:
    """Clusters of phrase numbers by their antecedents, singletons included, in the order of the text."""
    of: list[int] = []
    made: list[list[int]] = []
    for i, p in enumerate(phrases):
        if p.antecedent >= 0:
            of.append(of[p.antecedent])
            made[of[i]].append(i)
        else:
            of.append(len(made))
            made.append([i])
    return made
