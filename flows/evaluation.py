"""The evaluation of a published graph as a Prefect flow: does all evidence resolve, does it conform to its shapes?

prefect deploy --name evaluation
"""

from __future__ import annotations

from prefect import flow
from prefect.artifacts import create_table_artifact

from kgbuild.config import Config
from kgbuild.errors import KgbuildError
from kgbuild.queries.evidence import check_evidence, compare_with_corpus
from kgbuild.queries.store import generation
from kgbuild.statements.shapes import validate

SHOWN = 100


class EvaluationFailed(KgbuildError):
    """A published graph has evidence that does not resolve, or violates its shapes."""


@flow(name="kgbuild-evaluation")
def evaluation(out: str, corpus: str = "") -> dict[str, int]:
    """Check the graph of a workspace; with ``corpus``, also against the files. Raises ``EvaluationFailed``.

    Returns the number of statements checked, and of what is wrong by kind; the artifact lists it.
    """
    check = check_evidence(out)
    wrong = {
        "evidence": [f"{iri}: {reason}" for iri, reason in check.failures],
        "shapes": list(validate(generation(out) / "graph.nq")),
        "files": [f"{p}: {r}" for p, r in compare_with_corpus(out, corpus, Config.load())] if corpus else [],
    }
    rows = [{"kind": kind, "what": text} for kind, texts in wrong.items() for text in texts[:SHOWN]]
    counts = {kind: len(texts) for kind, texts in wrong.items()}
    said = f"{check.statements} statements, {check.share:.2%} of evidence resolves; wrong: {counts}"
    create_table_artifact(rows or [{"kind": "none", "what": said}], key="kgbuild-evaluation", description=said)
    if any(counts.values()):
        raise EvaluationFailed(f"{out}: {said}. See the artifact kgbuild-evaluation.")
    return {"statements": check.statements, **counts}
