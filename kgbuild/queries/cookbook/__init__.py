"""Queries that reason across text, picture and video: one file each, whose first lines say what it asks and shows."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from kgbuild.errors import UsageError


@dataclass(frozen=True, slots=True)
class Recipe:
    """A query of the cookbook. ``name``: that of its file; ``query``: SPARQL with its comments."""

    name: str
    title: str
    shows: str
    query: str


def recipes() -> list[Recipe]:
    """All queries, by name."""
    found = []
    for file in sorted(files(__name__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".rq"):
            query = file.read_text("utf-8")
            title, shows = (line.removeprefix("# ") for line in query.splitlines()[:2])
            found.append(Recipe(file.name.removesuffix(".rq"), title, shows, query))
    return found


def recipe(name: str) -> Recipe:
    """The query of that name. Raises ``UsageError`` with the nearest names if there is none."""
    from difflib import get_close_matches

    known = {r.name: r for r in recipes()}
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"the cookbook has no query {name!r}.{hint} List them: kgbuild query OUT --list.")
    return known[name]
