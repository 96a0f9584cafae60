"""What a question is answered with."""

from __future__ import annotations

from dataclasses import dataclass

from kgbuild.queries.why import Piece

ABSENT = "not in the graph"


@dataclass(frozen=True, slots=True)
class Found:
    """One answer: ``text`` for people, ``id`` the IRI of the thing, "" for values."""

    text: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a question.

    ``kind``: ``things`` | ``values`` | ``yes/no`` | ``count`` | ``seen`` (by a model, in the picture that came with the
    question; not in the graph) | ``absent``. ``sparql``: the query that gave the
    answers, "" where the question could not be made into one. ``confidence`` in [0, 1]; ``evidence``: the places that
    say so. ``reason``: why there is no answer, or what was understood otherwise than asked.
    """

    question: str
    kind: str
    answers: tuple[Found, ...]
    sparql: str
    confidence: float
    evidence: tuple[Piece, ...] = ()
    reason: str = ""

    @property
    def text(self) -> str:
        """The answers in one line."""
        return ", ".join(dict.fromkeys(a.text for a in self.answers)) or ABSENT

    def __bool__(self) -> bool:
        return bool(self.answers)
