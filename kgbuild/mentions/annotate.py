"""The trained text network at work on one document: mentions, coreference, relations."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kgbuild import backbone
from kgbuild.config import Config
from kgbuild.errors import ModelError
from kgbuild.identity import normalise
from kgbuild.mentions.grammar import Phrase, analyse
from kgbuild.mentions.names import name_features
from kgbuild.mentions.parse import Parse
from kgbuild.mentions.windows import Window, pack

if TYPE_CHECKING:
    from kgbuild.mentions.textmodel import TextModel

log = logging.getLogger(__name__)

PAIRS_AT_ONCE = 2048
ENTITIES_AT_ONCE = 120  # entities of one window beyond which it is a list, not prose: no relations are looked for
EVIDENCE = 0.2
NAMES_AT_ONCE = 160  # mentions of one window beyond which only equal names are compared


@dataclass(frozen=True, slots=True)
class Span:
    """A mention: words ``[start, end)`` of a sentence, type number, probability."""

    sentence: int
    start: int
    end: int
    type: int
    score: float


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between two clusters with the pair of mentions that stand closest."""

    head: int
    tail: int
    property: int
    score: float
    subject: int
    object: int
    evidence: tuple[int, ...] = ()  # the sentences that show it
    signs: tuple[float, float] = (0.0, 0.0)  # what ``score`` is the chance of: see ``chance``


@dataclass(slots=True)
class Annotation:
    """What the network says of one document; filled head by head.

    ``encoded`` has one item per window. ``parses`` has
    one item per sentence, ``phrases`` are noun phrases of all forms, nested ones included.
    """

    sentences: Sequence[Sequence[str]]
    windows: list[Window]
    encoded: list[Any]
    mentions: list[Span]
    homes: list[int]  # the window of each mention
    clusters: list[list[int]]
    relations: list[Relation]
    lists: int = 0  # windows with too many entities to look for relations
    words: list[Any] = field(default_factory=list)  # word states of each window, (w, 384)
    parses: list[Parse] = field(default_factory=list)
    phrases: list[Phrase] = field(default_factory=list)

    def add_parse(self, sentence: int, parse: Parse) -> None:
        """Set the parse of a sentence, or go on with it where a window ended inside."""
        while len(self.parses) <= sentence:
            self.parses.append(Parse((), (), (), ()))
        old = self.parses[sentence]
        self.parses[sentence] = Parse(
            old.tags + parse.tags, old.heads + parse.heads, old.labels + parse.labels, old.kinds + parse.kinds
        )


class Annotator:
    """Loads the backbone and the weights once; each call is deterministic and independent of others.

    Raises ``ModelError`` if the weights are damaged or made for another backbone.
    """

    def __init__(self, config: Config) -> None:
        import torch
        from safetensors.torch import load_file

        from kgbuild.mentions.textmodel import Shape, TextModel, merge_adapters

        self.torch = torch
        named = config["text"]["weights"]
        home = Path(named) if named else files("kgbuild.weights")
        try:
            self.facts = json.loads(home.joinpath("text.json").read_text("utf-8"))
        except (OSError, ValueError) as err:
            raise ModelError(f"text.weights: no text.json that can be read in {home}: {err}.") from err
        self.types: list[str] = self.facts["types"]
        self.properties: list[dict[str, str]] = self.facts["properties"]
        self.shift: float = config["text"]["relation_threshold"]
        self.calibration: Sequence[float] = self.facts.get("calibration", (1.0, 0.0, 0.0))
        with as_file(home.joinpath("text.safetensors")) as path:
            if not path.is_file():
                raise ModelError(f"{path} is missing. Reinstall kgbuild or train again: `kgbuild train text`.")
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            if found != self.facts["sha256"] or self.facts["backbone_sha256"] != backbone.SHA256:
                raise ModelError(
                    f"text.safetensors does not belong to text.json (sha256 {found}, expected "
                    f"{self.facts['sha256']}). Reinstall kgbuild or train again: `kgbuild train text`."
                )
            state = load_file(path)
        self.tokenizer, encoder = backbone.load_backbone(config)
        self.model = TextModel(encoder, Shape(**self.facts["shape"])).eval()
        missing = set(self.model.own_state()) ^ set(state)
        if missing:
            raise ModelError(f"text.safetensors does not fit this code: {sorted(missing)[:3]}. Train again.")
        self._related = {(h, t) for h, t in self.facts["related"]}
        self.model.load_state_dict({n: t.float() for n, t in state.items()}, strict=False)
        merge_adapters(self.model.encoder)
        merge_adapters(self.model.again)
        self.model.bf16 = bool(config["text"]["half"])

    def use(self, model: TextModel, related: Iterable[tuple[int, int]]) -> None:
        """Read with another network of the same classes and properties, with types that may be related of its own."""
        self.model, self._related = model, set(related)

    def __call__(self, sentences: Sequence[Sequence[str]]) -> Annotation:
        """Everything about one document given as sentences of words."""
        annotation = self.encode(sentences)
        self.find_mentions(annotation)
        self.find_clusters(annotation)
        self.find_relations(annotation)
        self.find_grammar(annotation)
        return annotation

    def encode(self, sentences: Sequence[Sequence[str]]) -> Annotation:
        """One pass of the encoder over the document's windows; all heads work on its states."""
        windows = pack(sentences, self.tokenizer)
        with self.torch.inference_mode():
            encoded = [self.model.encode(self.torch.tensor(w.ids), self.torch.tensor(w.cases)) for w in windows]
            words = [self._words(w, e.states) for w, e in zip(windows, encoded, strict=True)]
        return Annotation(sentences, windows, encoded, [], [], [], [], words=words)

    def _words(self, window: Window, states: Any) -> Any:
        owner = [w for w, (a, b) in enumerate(window.pieces) for _ in range(a, b)]
        return self.model.words(states, self.torch.tensor(owner))

    def find_mentions(self, a: Annotation) -> None:
        """Best BIO sequence of each window (Viterbi over the legal transitions)."""
        for number, (window, words) in enumerate(zip(a.windows, a.words, strict=True)):
            with self.torch.inference_mode():
                logits = self.torch.log_softmax(self.model.tag(words), -1).numpy()
            for start, end, kind in _decode(logits, [w[0] for w in window.words]):
                sentence, word = window.words[start]
                score = float(np.exp(logits[np.arange(start, end), _tags(start, end, kind)].mean()))
                a.mentions.append(Span(sentence, word, word + end - start, kind, score))
                a.homes.append(number)

    def find_clusters(self, a: Annotation) -> None:
        """Average-linkage clusters of pair probabilities inside a window; equal names across windows."""
        groups: list[list[int]] = []
        for number in range(len(a.windows)):
            members = [i for i, home in enumerate(a.homes) if home == number]
            groups += self._cluster_window(a, members) if len(members) > 1 else [[i] for i in members]
        parent = list(range(len(groups)))
        seen: dict[tuple[str, int], int] = {}
        for g, members in enumerate(groups):
            for i in members:
                key = (normalise(self.surface(a, i)), a.mentions[i].type)
                other = _root(parent, seen.setdefault(key, g))
                parent[_root(parent, g)] = other
        merged: dict[int, list[int]] = {}
        for g, members in enumerate(groups):
            merged.setdefault(_root(parent, g), []).extend(members)
        a.clusters = sorted((sorted(c) for c in merged.values()), key=lambda c: c[0])

    def _cluster_window(self, a: Annotation, members: list[int]) -> list[list[int]]:
        from scipy.cluster.hierarchy import fcluster, linkage

        names = [self.surface(a, i) for i in members]
        if len(members) > NAMES_AT_ONCE:
            return [[i] for i in members]  # a table of names: left to the equal-name rule
        pairs = [(i, j) for i in range(len(members)) for j in range(i + 1, len(members))]
        spans = [a.mentions[i] for i in members]
        features = [
            name_features(
                names[i],
                names[j],
                same_type=spans[i].type == spans[j].type,
                distance=abs(spans[i].sentence - spans[j].sentence),
            )
            for i, j in pairs
        ]
        torch = self.torch
        states = torch.stack([a.encoded[a.homes[i]].states[self._pieces(a, i)].mean(0) for i in members])
        left, right = torch.tensor(pairs).T
        with torch.inference_mode():  # the later mention stands left, as in training
            logits = self.model.coref(states, right, left, torch.from_numpy(np.array(features, dtype=np.float32)))
        labels = fcluster(linkage(1 - torch.sigmoid(logits).double().numpy(), "average"), 0.5, "distance")
        found: dict[int, list[int]] = {}
        for i, label in zip(members, labels, strict=True):
            found.setdefault(int(label), []).append(i)
        return list(found.values())

    def find_relations(self, a: Annotation) -> None:
        """Relations above the adaptive threshold between the clusters of each window."""
        best: dict[tuple[int, int, int], tuple[float, int, tuple[int, ...]]] = {}
        for number in range(len(a.windows)):
            here = [(c, [i for i in m if a.homes[i] == number]) for c, m in enumerate(a.clusters)]
            present = [(c, m) for c, m in here if m]
            if len(present) > ENTITIES_AT_ONCE:
                a.lists += 1
            if not 2 <= len(present) <= ENTITIES_AT_ONCE:
                continue
            for key, margin, evidence in self._relate_window(a, number, present):
                if key not in best or margin > best[key][0]:
                    best[key] = margin, number, evidence
        for (head, tail, prop), (margin, home, evidence) in sorted(best.items()):
            subject, object = self._closest(a, head, tail, home)
            doubt = math.log(max(1e-6, min(a.mentions[subject].score, a.mentions[object].score)))
            score = chance(self.calibration, margin, doubt)
            a.relations.append(Relation(head, tail, prop, score, subject, object, evidence, (margin, doubt)))

    def _relate_window(
        self, a: Annotation, number: int, present: list[tuple[int, list[int]]]
    ) -> list[tuple[tuple[int, int, int], float, tuple[int, ...]]]:
        from kgbuild.mentions.textmodel import mark, nearness

        torch = self.torch
        mentions = [[self._pieces(a, i) for i in m] for _, m in present]
        places = [[a.mentions[i].sentence for i in m] for _, m in present]
        types = [_majority([a.mentions[i].type for i in a.clusters[c]]) for c, _ in present]
        kinds = torch.tensor(types)
        sentence = [-1, *(s for (s, _), (b, e) in zip(a.windows[number].words, a.windows[number].pieces, strict=True)
                          for _ in range(b, e)), -1]  # fmt: skip
        n = len(present)
        pairs = [(h, t) for h in range(n) for t in range(n) if h != t and (types[h], types[t]) in self._related]
        found: list[tuple[tuple[int, int, int], float, tuple[int, ...]]] = []
        if not pairs:
            return found
        spans = [(self._pieces(a, i), a.mentions[i].type) for _, m in present for i in m]
        with torch.inference_mode():
            marks = mark(len(a.windows[number].ids), spans)
            states, attention = self.model.read_again(a.encoded[number], marks)
        for b in range(0, len(pairs), PAIRS_AT_ONCE):
            batch = pairs[b : b + PAIRS_AT_ONCE]
            with torch.inference_mode():
                logits, focus = self.model.relate(
                    states, attention, mentions, kinds, torch.tensor(batch), nearness(places, batch)
                )
                margin = logits[:, 1:] - logits[:, :1]
                rows, columns = torch.nonzero(margin + self.shift > 0, as_tuple=True)
                margins = margin[rows, columns].tolist()
            looks = focus[rows].double().numpy()
            for i, (row, column, over) in enumerate(zip(rows.tolist(), columns.tolist(), margins, strict=True)):
                h, t = batch[row]
                found.append(((present[h][0], present[t][0], column), over, _looked_at(looks[i], sentence)))
        return found

    def find_grammar(self, a: Annotation) -> None:
        """Trees, noun phrases and their antecedents."""
        for number, words in enumerate(a.words):
            analyse(a, number, words, self.model, self.facts)

    def surface(self, a: Annotation, i: int) -> str:
        """The words of a mention joined by blanks."""
        m = a.mentions[i]
        return " ".join(a.sentences[m.sentence][m.start : m.end])

    def _pieces(self, a: Annotation, i: int) -> Any:
        m, window = a.mentions[i], a.windows[a.homes[i]]
        at = _word_index(window)[m.sentence, m.start]
        last = min(at + m.end - m.start, len(window.pieces)) - 1
        return self.torch.arange(window.pieces[at][0], window.pieces[last][1])

    def _closest(self, a: Annotation, head: int, tail: int, home: int) -> tuple[int, int]:
        pairs = [
            (abs(a.mentions[i].sentence - a.mentions[j].sentence), abs(i - j), i, j)
            for i in a.clusters[head]
            for j in a.clusters[tail]
            if a.homes[i] == a.homes[j] == home
        ]
        return min(pairs)[2:]


def chance(calibration: Sequence[float], margin: float, doubt: float) -> float:
    """Chance that a relation holds (Platt 1999).

    ``margin``: its logit over the threshold; ``doubt`` <= 0: log of the less sure mention's score.
    """
    slope, weight, offset = calibration
    return 1 / (1 + math.exp(-(slope * margin + weight * doubt + offset)))


def _looked_at(look: np.ndarray, sentence: list[int]) -> tuple[int, ...]:
    """Sentences that get at least ``EVIDENCE`` of a pair's attention (as DREEAM reads evidence off it)."""
    shares = np.bincount(np.array(sentence) + 1, weights=look)[1:]
    return tuple(int(s) for s in np.flatnonzero(shares >= EVIDENCE))


@lru_cache(64)
def _word_index(window: Window) -> dict[tuple[int, int], int]:
    return {word: i for i, word in enumerate(window.words)}


def _root(parent: list[int], i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


def _majority(kinds: list[int]) -> int:
    return max(sorted(set(kinds)), key=kinds.count)


def _tags(start: int, end: int, kind: int) -> np.ndarray:
    tags = np.full(end - start, 2 + 2 * kind)
    tags[0] = 1 + 2 * kind
    return tags


def _decode(logits: np.ndarray, sentences: list[int]) -> list[tuple[int, int, int]]:
    """Spans (start, end, type) of the best legal tag sequence; no span crosses a sentence.

    ``logits`` (w, 1 + 2 types) log-probabilities in the order O, B-0, I-0, B-1, I-1, ...
    """
    words, tags = logits.shape
    legal = np.zeros((tags, tags))
    inside = np.arange(2, tags, 2)
    legal[:, inside] = -np.inf
    legal[inside, inside] = 0
    legal[inside - 1, inside] = 0
    score = logits[0].copy()
    score[inside] = -np.inf
    back = np.zeros((words, tags), dtype=int)
    for w in range(1, words):
        options = score[:, None] + legal
        if sentences[w] != sentences[w - 1]:
            options[:, inside] = -np.inf
        back[w] = options.argmax(0)
        score = options[back[w], np.arange(tags)] + logits[w]
    path = [int(score.argmax())]
    for w in range(words - 1, 0, -1):
        path.append(int(back[w, path[-1]]))
    path.reverse()
    spans = []
    for w, tag in enumerate(path):
        if tag % 2 == 1:
            end = w + 1
            while end < words and path[end] == tag + 1:
                end += 1
            spans.append((w, end, (tag - 1) // 2))
    return spans
