"""Values of one thing that rule each other out make each other less sure.

A property has one value for most things (a birth date, a country): each further value that is said takes some of the
confidence of the others, the more the surer it is and the more of a function the property is. How much of one is in
the ontology (``core:functionality``, the share of subjects that have one value where many documents were read by
people; 1 of ``owl:FunctionalProperty``).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence

from kgbuild.statements.assemble import CEILING
from kgbuild.statements.ontology import Ontology
from kgbuild.types import Statement, Value

WEIGHT = 0.8  # log-odds that a certain rival takes at functionality 1; docs/statements.md says how it was found


def weigh(statements: Sequence[Statement], ontology: Ontology, judged: Collection[str] = ()) -> dict[str, float]:
    """The confidence of each statement that has rivals among the given ones, by statement id.

    A coarser date that agrees with a value ("1906" with "1906-10-07") is no rival of it. ``judged``: properties whose
    rivals in the same source have been weighed already.
    """
    values: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for s in statements:
        p = ontology.properties.get(s.predicate)
        if p is not None and p.functionality:
            values[s.subject, s.predicate].append(s)
    weighed = {}
    for (_, predicate), said in values.items():
        degree = ontology.properties[predicate].functionality
        for s in said if len(said) > 1 else ():
            sources = {e.target.source for e in s.evidence} if predicate in judged else set()
            others = (r for r in said if sources.isdisjoint(e.target.source for e in r.evidence))
            rival = max((r.confidence for r in others if not _agree(r.object, s.object)), default=0.0)
            if rival:
                sure = min(max(s.confidence, 1 - CEILING), CEILING)
                odds = math.log(sure / (1 - sure)) - WEIGHT * degree * rival
                weighed[s.id] = round(1 / (1 + math.exp(-odds)), 4)
    return weighed


def _agree(a: str | Value, b: str | Value) -> bool:
    if isinstance(a, Value) and isinstance(b, Value):
        return a.lexical.startswith(b.lexical) or b.lexical.startswith(a.lexical)
    return a == b
