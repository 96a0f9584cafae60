"""References inside documents: resolved as names inside the corpus, never opened."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote, urlsplit


def corpus_path(document: str, address: str) -> str:
    """Corpus path that a document's relative address names, or "" if it leads elsewhere.

    Absolute addresses, other schemes and ways out of the corpus give "".
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/") or "\x00" in address:
        return ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(document), unquote(parts.path)))
    return "" if path.startswith("..") or path == "." else path
