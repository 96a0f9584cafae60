"""What asking a language model takes: estimates before a run, a cap that all processes of a run keep together."""

from __future__ import annotations

import fcntl
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kgbuild.config import Config

_BYTES = 3.5  # of UTF-8 for one token: few texts have fewer


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens of questions and of answers."""

    prompt: int = 0
    answer: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.prompt + other.prompt, self.answer + other.answer)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.prompt - other.prompt, self.answer - other.answer)

    @property
    def tokens(self) -> int:
        return self.prompt + self.answer

    def cost(self, config: Config) -> float:
        """Money, in the currency of ``llm.price_in`` and ``llm.price_out``."""
        settings = config["llm"]
        return (self.prompt * settings["price_in"] + self.answer * settings["price_out"]) / 1e6


def tokens(text: str) -> int:
    """About how many tokens a text is: rather too many."""
    return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES)


class Ledger:
    """What a run has spent, under a lock in a file that all its processes share; in memory if there is no ``path``.

    A file of another ``run`` counts for nothing and is written anew.
    """

    def __init__(self, config: Config, path: str = "", run: str = "") -> None:
        self._config, self._path, self._run = config, Path(path) if path else None, run
        self._spent = Spent()

    def reserve(self, most: Spent) -> bool:
        """Take what a question may cost at most; False, and nothing is taken, if the caps do not leave so much."""
        settings = self._config["llm"]
        with self._open() as spent:
            after = spent + most
            if settings["max_tokens"] and after.tokens > settings["max_tokens"]:
                return False
            if settings["max_cost"] and after.cost(self._config) > settings["max_cost"]:
                return False
            self._spent = after
            return True

    def settle(self, most: Spent, used: Spent) -> None:
        """Put what was really used in place of what was taken."""
        with self._open() as spent:
            self._spent = spent - most + used

    @property
    def spent(self) -> Spent:
        """What the run has spent so far."""
        with self._open() as spent:
            return spent

    @contextmanager
    def _open(self) -> Iterator[Spent]:
        if self._path is None:
            yield self._spent
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            try:
                told = json.load(file)
                self._spent = Spent(told["prompt"], told["answer"]) if told["run"] == self._run else Spent()
            except (ValueError, KeyError, TypeError):
                self._spent = Spent()
            before = self._spent
            yield before
            if self._spent != before:
                file.truncate(0)
                json.dump({"run": self._run, "prompt": self._spent.prompt, "answer": self._spent.answer}, file)
