"""What a line of a diagram states: that it joins two things, and how, by its label and its kind (decision 0012).

The words of a label are those of an open relation, which the ontologies may type, as they do the words of a text.
Answers, conditions, counts and codes say nothing of how two things are related: they stay in the evidence alone.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kgbuild.identity import clean, open_relation_iri
from kgbuild.mentions.diagram import Diagram, Edge
from kgbuild.mentions.lemmas import verb
from kgbuild.vocab import CORE, GENERAL

CONNECTS = CORE + "connectsTo"
PART_OF = GENERAL + "partOf"
_PROPERTIES = {"inheritance": GENERAL + "subclassOf", "composition": PART_OF, "aggregation": PART_OF}
_PHRASES = {"realisation": "implement", "dependency": "depend on"}
_CHOICES = frozenset(("diamond", "mdiamond", "choice"))  # what leaves a decision is labelled with its answers
_WORDS = 5  # of a phrase: longer labels are sentences
_LENGTH = 40  # characters of a phrase
_WORD = re.compile(r"[^\W\d_][\w'’+#]*(?:[-/.][^\W_][\w'’+#]*)*")
_NUMBERING = re.compile(r"^(?:\(?(?:\d+(?:\.\d+)*|[a-zA-Z])[.:)]|[\u2460-\u2473])\s*")
_CALL = re.compile(r"\s*\([^()]*\)$")
_CAMEL = re.compile(r"[a-z]{2,}(?:[A-Z][a-z]+)+")
_STEREOTYPE = re.compile(r"^\s*(?:<<|«)\s*([^<>«»]+?)\s*(?:>>|»)\s*$")
_CONDITIONAL = frozenset(("if", "when", "unless", "until", "while", "once", "whenever", "else", "otherwise", "case"))
_QUALIFIED = frozenset(("not", "no", "never", "cannot", "may", "might", "can", "could", "should", "would", "optional"))
_NOTHING = (
    "yes no y n true false ok okay success successful failure failed fail error errors exception timeout valid invalid "
    "default none null any all always empty done pass passed hit miss found missing on off start end next back retry "
    "and or then via to from by with of in at for the a an per as only other etc x many one zero more 是 否"
)
_SAY_NOTHING = frozenset(_NOTHING.split())
_PREPOSITIONS = frozenset(("in", "on", "at", "to", "by", "from", "with", "into", "of", "as", "for", "through", "via"))


class Connection(NamedTuple):
    """One relation that a line states; the ends are keys of the diagram, ``phrase`` that of an open relation."""

    subject: str
    predicate: str
    object: str
    phrase: str = ""


def connections(edge: Edge, diagram: Diagram, base: str) -> list[Connection]:
    """``connectsTo`` by the arrow, both ways without one; what the kind of line means; what its label says.

    A label is read along the arrow, both ways if there are two heads. Without a head it is read only where the
    language of the diagram says which end comes first: nobody could tell which of two readings is false.
    """
    ahead, back = (edge.source, edge.target), (edge.target, edge.source)
    mutual = edge.both or not edge.directed
    found = [Connection(a, CONNECTS, b) for a, b in ((ahead, back) if mutual else (ahead,))]
    if edge.kind in _PROPERTIES:
        found.append(Connection(edge.source, _PROPERTIES[edge.kind], edge.target))
    words = phrase(edge.label) if _relates(edge, diagram) else ""
    if words:
        along = (ahead, back) if edge.both else (ahead,) if edge.directed else ()
        ways = {"forward": (ahead,), "backward": (back,)}.get(edge.reading, along)
    else:
        words, ways = _PHRASES.get(edge.kind, ""), (ahead,)
    if words:
        found += [Connection(a, open_relation_iri(base, words), b, words) for a, b in ways]
    return found


def _relates(edge: Edge, diagram: Diagram) -> bool:
    """Whether a label can tell a relation: that of a transition is its event, that behind a decision an answer."""
    source = diagram.nodes.get(edge.source)
    return edge.kind != "transition" and (source is None or source.shape.lower() not in _CHOICES)


def phrase(label: str) -> str:
    """The label as the words of an open relation, "Reads from" -> "read from"; "" if it tells none.

    A verb stands in its base form and a participle behind "be", as the phrases of texts do.
    """
    text = _STEREOTYPE.sub(r"\1", label)
    text = _CALL.sub("", _NUMBERING.sub("", clean(text).strip("\"'` "))).rstrip(".…:; ")
    if _CAMEL.fullmatch(text):
        text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    given = text.replace("_", " ").replace(" & ", " and ").split()
    words = [w.lower().replace("’", "'") for w in given]
    if not 0 < len(words) <= _WORDS or len(text) > _LENGTH or not all(map(_WORD.fullmatch, words)):
        return ""
    if words[0] in _CONDITIONAL or any(w in _QUALIFIED or w.endswith("n't") for w in words):
        return ""
    base, is_participle = verb(words[0]) if not given[0].isupper() else (words[0], False)  # "DNS" is no form of a verb
    if is_participle and len(words) > 1 and words[1] in _PREPOSITIONS:
        return " ".join(("be", *words))
    words[0] = base if words[0].endswith("s") else words[0]
    told = any(w not in _SAY_NOTHING and len(w) > 1 for w in words) and words != ["be"]
    return " ".join(words) if told else ""
