"""Files become readings: segments of text, pictures, frames and cues, each with its place.

One module per format; ``discover`` lists a corpus, ``ReaderPool`` reads it in killable
child processes under limits on time, memory, pixels and size.
"""

from __future__ import annotations

from kgbuild.sources.pool import ReaderPool
from kgbuild.sources.reader import Limits, Reader
from kgbuild.sources.walk import discover

__all__ = ["Limits", "Reader", "ReaderPool", "discover"]
