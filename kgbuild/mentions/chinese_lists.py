"""Word lists of the Chinese extractor, from ``chinese.json``.

``surnames``: first characters of Chinese names; ``transliteration``: characters that foreign
names are written with (after Xinhua's tables); ``titles`` and ``acts`` stand beside persons;
``places``: names that the dictionary takes for persons or cuts; ``no_names``: words of daily
life that it takes for names. ``places`` and ``no_names`` were collected on half of the
People's Daily of January 1998, and are measured on the other half.
"""

from __future__ import annotations

import json
from importlib.resources import files

_lists: dict[str, str] = json.loads(files("kgbuild.mentions").joinpath("chinese.json").read_text("utf-8"))

SURNAMES, TRANSLITERATION = frozenset(_lists["surnames"]), frozenset(_lists["transliteration"])
TITLES, ACTS = frozenset(_lists["titles"].split()), frozenset(_lists["acts"].split())
PLACES, NO_NAMES = frozenset(_lists["places"].split()), frozenset(_lists["no_names"].split())
AREA_ENDS = tuple(_lists["area_ends"].split())
ADVERBS, NO_VERBS = frozenset(_lists["adverbs"].split()), frozenset(_lists["no_verbs"].split())
ADDED_VERBS = tuple(_lists["added_verbs"].split())
