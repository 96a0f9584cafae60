"""A thing is what its name calls it, where text has guessed a kind that this rules out: a box "Write API" is no
organisation, "a weapons manufacturer" no person.

Only descriptions say what they name: the label of something drawn, and common nouns. A proper name in running text may
be anything ("Green Bay"). Names are the labels of the loaded ontologies' classes and what else these are called; what
was guessed stays in quarantine with the mentions that it was guessed of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from kgbuild.entities.decisions import Decisions
from kgbuild.identity import normalise, statement_iri
from kgbuild.statements.fine import COARSE, fine_classes
from kgbuild.statements.misfit import called
from kgbuild.statements.ontology import THING, Ontology, class_iri
from kgbuild.types import Entity, Mention, Statement
from kgbuild.vocab import GENERAL, TYPE

RENAMED = "named"
DRAWN = frozenset(("picture", "frame", "drawing", "diagram"))
SURE = 0.9  # that a description is of the class that its head names
_GUESSED = COARSE - {THING}  # kinds that a network gives to names
_KIND = GENERAL + "Concept"  # what text speaks of as a kind of things: "a database"
_MOST = 4  # words of a class's name
_ENDS = frozenset(("of", "in", "for", "from", "with", "on", "at", "to", "by", "and", "that", "which", "who", "or"))


class Heads:
    """Classes by the heads of names."""

    def __init__(self, ontology: Ontology) -> None:
        self._o = ontology
        self._names: dict[str, set[str]] = defaultdict(set)
        for c in fine_classes(ontology):
            for name in (c.label, *c.aliases):
                self._names[normalise(name)].add(c.iri)

    def __call__(self, label: str) -> set[str]:
        """The classes that the head of a name calls the thing: the longest name of a class at its end."""
        words = normalise(label).split()
        end = next((n for n, word in enumerate(words) if n and word in _ENDS), len(words))
        for start in range(max(0, end - _MOST), end):
            name = " ".join(words[start:end])
            for form in (name, name.removesuffix("s")):
                if form in self._names:
                    return self._names[form]
        return set()

    def instead(self, own: str, label: str, *, drawn: bool) -> tuple[str, ...]:
        """The classes, finest first, of a thing that is no ``own``; none if its name does not rule that out.

        Of something drawn any other class does; of a common noun in text one that is disjoint with ``own``.
        """
        found = self(label)
        apart = {c for c in found if own not in self._o.above(c) and (drawn or self._o.are_disjoint(c, own))}
        roots = {max((a for a in self._o.above(c) & COARSE), key=lambda a: (len(self._o.above(a)), a), default=THING)
                 for c in apart}  # fmt: skip
        if not found or apart != found or len(roots) != 1:
            return ()
        (root,) = roots
        if len(found) > 1:
            return (root,) if root != THING else ()
        (kind,) = found
        above = self._o.above(kind) - self._o.above(root) - {kind}
        return (kind, *sorted(above, key=lambda c: (-len(self._o.above(c)), c)), root)


def by_head(
    entities: Sequence[Entity], mentions: Mapping[str, Mention], ontology: Ontology, *, base: str,
    decisions: Decisions | None = None,
) -> tuple[tuple[Entity, ...], list[Statement]]:  # fmt: skip
    """The entities with their names' classes where these rule out what was guessed, and the guesses, refused.

    ``mentions`` by id. A guess that the user accepts stays.
    """
    heads, made, refused = Heads(ontology), [], []
    accept = (decisions or Decisions()).accept
    for e in entities:
        own = class_iri(e.types[-1])
        told = [mentions[m] for m in e.mentions if m in mentions]
        drawn = any(m.modality in DRAWN for m in told)
        kinds: tuple[str, ...] = ()
        if own in _GUESSED and told and (drawn or (own != _KIND and all(m.nominal for m in told))):
            kinds = heads.instead(own, e.pref_label, drawn=drawn)
        id = statement_iri(base, e.id, TYPE, own)
        if not kinds or id.rsplit("/", 1)[-1] in accept:
            made.append(e)
            continue
        how = "drawn and " if drawn else ""
        reason = f"{RENAMED}: {how}called {called(kinds[0], ontology)!r}, which is no {called(own, ontology)}"
        guesses = [m for m in told if class_iri(m.label) == own] or told
        score = max(m.score for m in guesses)
        refused.append(
            Statement(
                id, e.id, TYPE, own, (), score, "quarantined", reason, RENAMED, tuple(sorted(m.id for m in guesses))
            )
        )
        types = tuple(k.removeprefix(GENERAL) for k in kinds)
        made.append(replace(e, types=types, type_score=SURE if len(types) > 1 else 1.0))
    return tuple(made), refused
