"""Multimodal knowledge graphs from a folder of documents, pictures and videos.

sources -> segments -> mentions, relation mentions -> embeddings -> entities -> statements -> graphs -> queries
 files     passages     spans, boxes, times           vectors       clusters    typed facts   RDF       SPARQL
           pictures     arrows, sentences             FAISS         of mentions + evidence    NetworkX  similar
           frames, cues                                                                                 why

One sub-package per noun; nothing imports to its right; stages meet only in ``kgbuild.types``.
The public names load late: ``import kgbuild`` costs no heavy library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgbuild.config import Config
    from kgbuild.pipeline import build
    from kgbuild.queries.graph import open

__version__ = "0.1.0"
__all__ = ["Config", "__version__", "build", "open"]

_LAZY = {"Config": "kgbuild.config", "build": "kgbuild.pipeline", "open": "kgbuild.queries.graph"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'kgbuild' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
