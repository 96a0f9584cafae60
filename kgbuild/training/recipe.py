"""What the recipes of all trainings have in common: numbers that the command line may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

from kgbuild.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Numbers:
    """Base of recipes: frozen dataclasses whose fields are all numbers."""

    def but(self, changes: Sequence[str]) -> Self:
        """The recipe with some numbers changed: ``["epochs=4"]``. Raises ``ConfigError`` for unknown ones."""
        made = asdict(self)
        for change in changes:
            name, _, value = change.partition("=")
            try:
                made[name] = type(made[name])(float(value))
            except (KeyError, ValueError) as err:
                raise ConfigError(f"--set {change!r}: give one of {', '.join(made)} and a number.") from err
        return type(self)(**made)
