"""Languages of diagrams: each module reads one of them, or one kind of diagram of it, into the common graph model.

Grammars are written for lark, with the characters of every token; see ``grammar``.
"""

from __future__ import annotations

from kgbuild.errors import SourceError
from kgbuild.mentions.code.dot import parse_dot
from kgbuild.mentions.code.mermaid import parse_mermaid
from kgbuild.mentions.code.plantuml import parse_plantuml
from kgbuild.mentions.diagram import Diagram

PARSERS = {"mermaid": parse_mermaid, "dot": parse_dot, "plantuml": parse_plantuml}


def parse_code(language: str, code: str) -> Diagram:
    """The diagram that code draws. Raises ``SourceError`` with the line, or for a language that is not known."""
    if language not in PARSERS:
        raise SourceError(f"no reader for diagrams in {language!r}", "unsupported")
    return PARSERS[language](code)
