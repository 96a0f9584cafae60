"""Relations between two intervals of one source: seconds of a video, or characters of a text.

The thirteen of Allen (Maintaining knowledge about temporal intervals, CACM 1983) under the names of OWL-Time, its sums
``intervalIn`` and ``intervalDisjoint``, and ``intervalIntersects``: some time is in both.
Intervals of unlike sources have no relation: None, an error in SPARQL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kgbuild.queries.functions.fragments import Span, where

ALLEN = (
    "Before", "After", "Meets", "MetBy", "Overlaps", "OverlappedBy", "Starts", "StartedBy", "During", "Contains",
    "Finishes", "FinishedBy", "Equals",
)  # fmt: skip
_SUMS = {
    "In": frozenset({"Starts", "During", "Finishes"}),
    "Disjoint": frozenset({"Before", "After"}),
    "Intersects": frozenset(ALLEN) - {"Before", "After", "Meets", "MetBy"},
}


def allen(a: Span, b: Span) -> str:
    """The one of the thirteen relations that holds."""
    if a == b:
        return "Equals"
    if a[1] <= b[0]:
        return "Before" if a[1] < b[0] else "Meets"
    if b[1] <= a[0]:
        return "After" if b[1] < a[0] else "MetBy"
    if a[0] == b[0]:
        return "Starts" if a[1] < b[1] else "StartedBy"
    if a[1] == b[1]:
        return "Finishes" if a[0] > b[0] else "FinishedBy"
    if a[0] > b[0]:
        return "During" if a[1] < b[1] else "OverlappedBy"
    return "Contains" if a[1] > b[1] else "Overlaps"


def relation(one: str, other: str) -> str | None:
    """The relation of two places, None if one has no interval or they cannot be compared."""
    a, b = where(one), where(other)
    if a.source and b.source and a.source != b.source:
        return None
    if a.time and b.time:
        return allen(a.time, b.time)
    if a.chars and b.chars and (not a.within or not b.within or a.within == b.within):
        return allen(a.chars, b.chars)
    return None


def functions() -> dict[str, Callable[..., Any]]:
    """By local name, over the text of two places."""

    def one_of(wanted: frozenset[str]) -> Callable[[str, str], bool | None]:
        return lambda one, other: found in wanted if (found := relation(one, other)) else None

    kinds = {name: frozenset({name}) for name in ALLEN} | _SUMS
    return {f"interval{name}": one_of(wanted) for name, wanted in kinds.items()} | {"allen": relation}
