"""A flight check: build a tiny corpus whose answers are known, before the real run.

prefect deploy --name flight-check   # or: python -m kgbuild_flows.flight_check
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from kgbuild_flows.build import build
from prefect import flow

from kgbuild.errors import KgbuildError
from kgbuild.queries.graph import open as open_graph

TEXT = """# Data path

The Hubble Space Telescope was launched in 1990 by NASA.

```mermaid
flowchart LR
    T[Hubble Space Telescope] -->|radio| R[Relay Satellite]
    R --> G[Ground Station]
```
"""
ANSWERS = {
    "an arrow of the diagram": 'ASK { ?a rdfs:label "Relay Satellite"@en ; core:connectsTo ?b . ?b rdfs:label "Ground Station"@en }',
    "one thing in text and diagram": """ASK { ?t oa:hasBody ?e ; prov:wasGeneratedBy/core:modality "text" .
        ?d oa:hasBody ?e ; prov:wasGeneratedBy/core:modality "diagram" . ?e rdfs:label "Hubble Space Telescope"@en }""",
    "evidence of a statement": "ASK { ?s a core:Statement ; oa:hasTarget/oa:hasSource ?source }",
}


class FlightCheckFailed(KgbuildError):
    """The tiny corpus did not give the known answers: do not start the real run."""


@flow(name="kgbuild-flight-check")
def flight_check() -> list[str]:
    """Build and ask; returns what was checked. Raises ``FlightCheckFailed`` naming what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        (corpus / "data-path.md").write_text(TEXT, "utf-8")
        build(str(corpus), str(Path(folder) / "out"))
        with open_graph(Path(folder) / "out") as graph:
            wrong = [name for name, query in ANSWERS.items() if not graph.sparql(query).boolean]
    if wrong:
        raise FlightCheckFailed(f"the tiny corpus lacks: {', '.join(wrong)}. Run `kgbuild doctor`.")
    return sorted(ANSWERS)


if __name__ == "__main__":
    flight_check()
