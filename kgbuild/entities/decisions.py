"""The user's word on identity and statements: a file of lines that the next build obeys.

    same       NASA | National Aeronautics and Space Administration
    different  Paris (Texas) | Paris
    accept     <statement IRI or its last part>
    reject     <statement IRI or its last part>

Names are compared by their normalised form; entity or mention IRIs may stand instead.
Blank lines and lines that begin with ``#`` are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kgbuild.entities.keys import key
from kgbuild.errors import ConfigError
from kgbuild.identity import normalise
from kgbuild.types import Issue, Mention, Statement

_PAIRS = ("same", "different")
_SINGLES = ("accept", "reject")


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the user has decided: pairs of names, and statement ids."""

    same: tuple[tuple[str, str], ...] = ()
    different: tuple[tuple[str, str], ...] = ()
    accept: frozenset[str] = frozenset()
    reject: frozenset[str] = frozenset()


def read_decisions(path: str) -> Decisions:
    """Parse the file; "" gives no decisions. Raises ``ConfigError`` naming file and line."""
    if not path:
        return Decisions()
    found: dict[str, list[tuple[str, ...]]] = {word: [] for word in (*_PAIRS, *_SINGLES)}
    decided: dict[frozenset[str], tuple[str, int]] = {}  # of what: the word and its line
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"statements.decisions = {path!r}: cannot be read: {err}.") from err
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        word, *rest = line.split(maxsplit=1)
        parts = tuple(p.strip() for p in "".join(rest).split("|"))
        wanted = 2 if word in _PAIRS else 1
        if word not in found or len(parts) != wanted or not all(parts):
            raise ConfigError(
                f"{path}, line {number}: {line.strip()!r} is none of `same A | B`, `different A | B`, "
                "`accept STATEMENT`, `reject STATEMENT`."
            )
        if wanted == 1:
            parts = (parts[0].rsplit("/", 1)[-1],)
        before, at = decided.setdefault(frozenset(map(normalise, parts)), (word, number))
        if before != word:
            raise ConfigError(
                f"{path}, line {number}: {line.strip()!r} contradicts `{before}` in line {at}. Take one of them out."
            )
        found[word].append(parts)
    pairs = {word: tuple((a, b) for a, b in found[word]) for word in _PAIRS}
    singles = {word: frozenset(p[0] for p in found[word]) for word in _SINGLES}
    return Decisions(pairs["same"], pairs["different"], singles["accept"], singles["reject"])


def unknown(
    decisions: Decisions, statements: Iterable[Statement], mentions: Iterable[Mention] = ()
) -> tuple[Issue, ...]:
    """A warning for each statement, and each name, that was decided on and is not there: a slip of the pen, or its
    source is gone. IRIs are not looked for: they may be of references.
    """
    there = {s.id.rsplit("/", 1)[-1] for s in statements}
    lines = [
        (f"{word} {id}", "statement")
        for word, ids in (("accept", decisions.accept), ("reject", decisions.reject))
        for id in sorted(ids - there)
    ]
    pairs = [(w, p) for w, some in (("same", decisions.same), ("different", decisions.different)) for p in some]
    named = {key(m.surface) for m in mentions} if pairs else set()
    lines += [
        (f"{word} {' | '.join(pair)}", f"thing called {name!r}")
        for word, pair in pairs for name in pair if "://" not in name and key(name) not in named
    ]  # fmt: skip
    return tuple(
        Issue("assemble", "decision", f"`{line}`: there is no such {what}.", severity="warning") for line, what in lines
    )
