"""A question about a picture that the graph cannot answer, put to the model that ``models.answers`` names."""

from __future__ import annotations

from pathlib import Path

from kgbuild.config import Config
from kgbuild.models.answers import load_answerer
from kgbuild.models.arrays import pixels
from kgbuild.models.hub import called
from kgbuild.queries.ask.pictured import read
from kgbuild.queries.ask.reply import Found, Reply


def see(config: Config, question: str, image: str | Path) -> Reply | None:
    """What the model says, None if it says nothing. Raises ``QueryError`` if the picture cannot be read,
    ``ModelUnavailable``.
    """
    shown = next(iter(read(config, Path(image)).blobs.values()), None)
    text, score = load_answerer(config)(pixels(shown), question) if shown else ("", 0.0)
    if not text:
        return None
    reason = f"seen in the picture by {called(config['models']['answers'])}: a model's guess, not in the graph"
    return Reply(question, "seen", (Found(text),), "", round(min(score, 0.99), 2), (), reason)
