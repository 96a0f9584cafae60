"""The user's word on identity and statements: a file of lines that the next build obeys.

    same       NASA | National Aeronautics and Space Administration
    different  Paris (Texas) | Paris
    accept     <statement IRI or its last part>
    reject     <statement IRI or its last part>

Names are compared by their normalised form; entity or mention IRIs may stand instead.
Blank lines and lines that begin with ``#`` are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kgbuild.errors import ConfigError

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
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"statements.decisions = {path!r}: cannot be read: {err}.") from err
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        word, _, rest = line.strip().partition(" ")
        parts = tuple(p.strip() for p in rest.split("|"))
        wanted = 2 if word in _PAIRS else 1
        if word not in found or len(parts) != wanted or not all(parts):
            raise ConfigError(
                f"{path}, line {number}: {line.strip()!r} is none of `same A | B`, `different A | B`, "
                "`accept STATEMENT`, `reject STATEMENT`."
            )
        found[word].append(parts)
    pairs = {word: tuple((a, b) for a, b in found[word]) for word in _PAIRS}
    singles = {word: frozenset(p[0].rsplit("/", 1)[-1] for p in found[word]) for word in _SINGLES}
    return Decisions(pairs["same"], pairs["different"], singles["accept"], singles["reject"])
