"""What a world's documents hold: mentions, relations, pictures, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kgbuild.types import Mention, RelationMention, Segment


@dataclass(slots=True)
class Tale:
    """Documents as the extractors would leave them. ``gold``: the thing of each mention id.

    ``pictures``: uint8 RGB by the ``blob`` of the segments; ``stated``: name and ends (things) of each relation
    mention by its id, of those that a text states.
    """

    mentions: list[Mention] = field(default_factory=list)
    relations: list[RelationMention] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)
    gold: dict[str, int] = field(default_factory=dict)
    stated: dict[str, str] = field(default_factory=dict)
