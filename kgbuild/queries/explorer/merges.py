"""Merges of one entity out of ``merges.json``, which is searched, not parsed: it may have hundreds of thousands."""

from __future__ import annotations

import json
import mmap
from pathlib import Path
from typing import Any


def merges(path: Path, entity: str, most: int) -> list[dict[str, Any]]:
    """At most so many records of the entity; none if there is no file."""
    if not path.is_file() or not path.stat().st_size:
        return []
    wanted = b'"entity": ' + json.dumps(entity).encode() + b","  # a record a line, and no string holds a bare quote
    found: list[dict[str, Any]] = []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        at = text.find(wanted)
        while at >= 0 and len(found) < most:
            end = text.find(b"\n", at)
            found.append(json.loads(text[text.rfind(b"\n", 0, at) + 1 : end].strip(b" [],")))
            at = text.find(wanted, end)
    return found
