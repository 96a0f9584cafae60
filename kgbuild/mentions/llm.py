"""Mentions and relations by a language model that a server runs; what it answers counts as far as the text says it.

A name that does not stand in the passage letter by letter, a class or property that no loaded ontology has, a relation
without a sentence of the passage is dropped and counted: whatever a document says to the model, no more can come of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from kgbuild.cache import Cache
from kgbuild.config import Config
from kgbuild.identity import mention_iri, relation_iri
from kgbuild.mentions.answers import BrokenAnswer, Named, Stated, check, parse
from kgbuild.mentions.pieces import Piece, narrow
from kgbuild.mentions.prompt import Prompt, fingerprint, prompt
from kgbuild.models.chat import CapReached, Chat
from kgbuild.models.spending import Ledger, Spent, tokens
from kgbuild.sources.language import SPOKEN
from kgbuild.types import Extraction, Issue, Mention, Reading, RelationMention

VERSION = "1"
NAME, RELATION = 0.8, 0.7  # a model says no number that would mean anything
_CONTEXT = 300  # characters on each side that go with a mention
_GLUE = "\n\n"


class LlmExtractor:
    """Asks ``llm.model`` about each stretch of passages and cues, in whatever language. One extraction per reading."""

    name = "llm"
    version = VERSION
    every_language = True

    def __init__(self, config: Config) -> None:
        self._config, self._chat = config, Chat(config)
        self.wanted = bool(config["llm"]["endpoint"])
        self._agent = f"llm/{VERSION} {config['llm']['model']}"

    def depends(self) -> str:
        """What answers hang on: the model, the words of the questions."""
        return fingerprint(self._config) if self.wanted else ""

    def share(self, store: Cache, ledger: Ledger) -> None:
        """Keep answers in a cache, and keep to the caps together with the other processes of the run."""
        self._chat.store, self._chat.ledger = store, ledger

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) if self.wanted else Extraction(reading.source.id) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions: dict[str, Mention] = {}
        relations: dict[str, RelationMention] = {}
        dropped: Counter[str] = Counter()
        issues, left, asked = list[Issue](), 0, prompt(self._config)
        found = list(windows(reading, self._config["llm"]["characters"]))
        for window in found:
            try:
                answer = self._answer(asked, window)
            except CapReached:
                left += 1
                continue
            except BrokenAnswer as err:
                dropped[f"passages, whose answer has {err}"] += 1
                continue
            named, stated, less = check(answer, [p.text for p in window], asked)
            dropped += less
            made = [self._mention(reading, window, n) for n in named]
            mentions.update((m.id, m) for m in made)
            for relation in (self._relation(reading, window, made, s) for s in stated):
                relations[relation.id] = relation
        if dropped:
            told = "; ".join(f"{count} {what}" for what, count in sorted(dropped.items()))
            broken = any(what.startswith("passages") for what in dropped)
            issues.append(
                Issue("extract", "llm-dropped", told, reading.source.id, severity="warning" if broken else "info")
            )
        if left:
            message = (
                f"{left} of {len(found)} stretches of text were not asked about: llm.max_tokens or llm.max_cost is "
                "reached; build again to go on"
            )
            issues.append(Issue("extract", "llm-cap", message, reading.source.id))
        return Extraction(reading.source.id, tuple(mentions.values()), tuple(relations.values()), tuple(issues))

    def _answer(self, asked: Prompt, window: Sequence[Piece]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """What the model lists; asked once more if the form is wrong. Raises ``BrokenAnswer``, and as ``Chat.ask``."""
        passage = _GLUE.join(p.text for p in window)
        reply = self._chat.ask(asked.messages(passage), asked.schema)
        try:
            return parse(reply.text)
        except BrokenAnswer as err:
            wrong = "it is cut off: list less" if reply.cut else str(err)
            return parse(self._chat.ask(asked.again(passage, reply.text, wrong), asked.schema).text)

    def estimate(self, readings: Iterable[Reading]) -> dict[str, Spent]:
        """What each question about readings takes at most, by its key; without those that have been answered before."""
        asked, found = prompt(self._config), dict[str, Spent]()
        for reading in readings:
            for window in windows(reading, self._config["llm"]["characters"]):
                messages = asked.messages(_GLUE.join(p.text for p in window))
                key = self._chat.key(messages, asked.schema)
                if self._chat.known(key) is None:
                    prompted = sum(tokens(m["content"]) for m in messages)
                    found[key] = Spent(prompted, self._config["llm"]["answer_tokens"])
        return found

    def _mention(self, reading: Reading, window: Sequence[Piece], found: Named) -> Mention:
        piece, (_, start, end) = window[found.place[0]], found.place
        target = narrow(piece.segment.target, piece.offset + start, piece.offset + end)
        surface, text = piece.text[start:end], piece.text
        return Mention(
            mention_iri(target, surface, found.label, self._agent), target, surface, found.label, NAME, self._agent,
            piece.segment.modality, piece.segment.id, text[max(0, start - _CONTEXT) : end + _CONTEXT],
            nominal=surface.islower(),
        )  # fmt: skip

    def _relation(
        self, reading: Reading, window: Sequence[Piece], made: Sequence[Mention], s: Stated
    ) -> RelationMention:
        number, start, end = s.place
        piece, ends = window[number], (made[s.subject].id, made[s.object].id)
        target = narrow(piece.segment.target, piece.offset + start, piece.offset + end)
        id = relation_iri(ends[0], s.predicate, ends[1], target, self._agent)
        return RelationMention(
            id, ends[0], s.predicate, ends[1], target, RELATION, self._agent, piece.text[start:end],
            piece.segment.modality,
        )  # fmt: skip


def windows(reading: Reading, characters: int) -> Iterator[list[Piece]]:
    """Passages and cues in stretches of about so many characters: what is asked about at once."""
    window, size = list[Piece](), 0
    for segment in reading.segments:
        if segment.modality not in SPOKEN or not segment.text.strip():
            continue
        offset = 0
        while offset < len(segment.text):
            end = offset + characters
            if end < len(segment.text):  # cut between sentences, or words
                cut = max(segment.text.rfind(mark, offset + characters // 2, end) for mark in (". ", "\n", "。"))
                cut = cut if cut >= 0 else segment.text.rfind(" ", offset + characters // 2, end)
                end = cut + 1 if cut >= 0 else end
            piece = Piece(segment, offset, min(end, len(segment.text)))
            if window and size + len(piece.text) > characters:
                yield window
                window, size = [], 0
            window.append(piece)
            size += len(piece.text)
            offset = piece.end
    if window:
        yield window


def extractor(config: Config) -> LlmExtractor:
    """The extractor of ``[mentions] extractors = ["llm"]``: it asks nothing unless ``llm.endpoint`` is set."""
    return LlmExtractor(config)
