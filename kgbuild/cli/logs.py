"""Logs as lines of JSON: time, level, logger, message, and where a record has them stage, source, seconds, code."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

from kgbuild.errors import UsageError

FIELDS = ("stage", "source", "outcome", "code", "seconds", "files")


class JsonLines(logging.Formatter):
    """One object a line; text that is no Unicode is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        row = {
            "time": f"{moment}.{int(record.msecs):03d}Z", "level": record.levelname, "logger": record.name,
            "message": record.getMessage(),
        }  # fmt: skip
        row |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            row["exception"] = self.formatException(record.exc_info)
        return json.dumps(row)


def log_to(path: Path) -> None:
    """Append everything from level INFO on to a file. Raises ``UsageError`` if it cannot be written."""
    try:
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as err:
        raise UsageError(f"{path} cannot be written: {err.strerror}.") from err
    handler.setFormatter(JsonLines())
    handler.setLevel(logging.INFO)
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("kgbuild").setLevel(logging.INFO)
