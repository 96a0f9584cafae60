"""Mentions of all sources become entities: group, find candidates, score, cluster, identify."""

from __future__ import annotations

from kgbuild.entities.alignment import Alignment, align
from kgbuild.entities.decisions import Decisions, read_decisions
from kgbuild.entities.identify import Merge
from kgbuild.entities.records.merge import read_records

__all__ = ["Alignment", "Decisions", "Merge", "align", "read_decisions", "read_records"]
