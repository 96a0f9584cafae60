"""What the labels of a model mean: the classes of the ontologies, by a table, by name, by likeness of name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from kgbuild.identity import normalise
from kgbuild.models.classes import NamedClass

# Of CoNLL-2003, OntoNotes 5 and what is named like them.
USUAL = {
    "PER": "Person", "PERSON": "Person", "ORG": "Organisation", "ORGANIZATION": "Organisation", "NORP": "Organisation",
    "LOC": "Place", "LOCATION": "Place", "GPE": "Place", "FAC": "Place", "FACILITY": "Place", "EVENT": "Event",
    "WORK_OF_ART": "Work", "LAW": "Work", "PRODUCT": "Product", "LANGUAGE": "Language", "MISC": "Thing",
    "DATE": "Time", "TIME": "Time", "PERCENT": "Quantity", "MONEY": "Quantity", "QUANTITY": "Quantity",
    "CARDINAL": "Quantity", "ORDINAL": "Quantity",
}  # fmt: skip
UNKNOWN = "Thing"
_LIKE = 93.0  # of 100, from which two names are held to be one: a gene is no genre


class Labels:
    """``labels("GENE")``: what ``Mention.label`` says. ``table``: the user's, from labels to names or IRIs of classes.

    A label that neither table nor ontologies know, by name or nearly so, means a thing of which no more is known.
    """

    def __init__(self, classes: Sequence[NamedClass], table: Mapping[str, str]) -> None:
        self._names = {normalise(name): c.mentioned for c in reversed(classes) for name in (*c.aliases, c.label)}
        self._iris = {c.iri: c.mentioned for c in classes}
        self._table = table
        self._meant = lru_cache(None)(self._find)

    def __call__(self, label: str) -> str:
        return self._meant(label)

    def _find(self, label: str) -> str:
        if label in self._table:
            given = self._table[label]
            return self._iris.get(given) or self._names.get(normalise(given)) or given
        if label.upper() in USUAL:
            return USUAL[label.upper()]
        name = normalise(label)
        return self._names.get(name) or self._names.get(name.removesuffix("s")) or self._likest(name)

    def _likest(self, name: str) -> str:
        from rapidfuzz import fuzz, process

        found = process.extractOne(name, self._names.keys(), scorer=fuzz.ratio, score_cutoff=_LIKE)
        return self._names[found[0]] if found else UNKNOWN
