"""What processes of the endpoint do: queries answered in the form that a client wants, and pages of the explorer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kgbuild.queries.confine import no_network
from kgbuild.queries.execute import ERRORS, Executor, problem, unpacked
from kgbuild.queries.explorer.known import Known
from kgbuild.queries.explorer.pages import Pages
from kgbuild.queries.functions.oxigraph import Functions
from kgbuild.queries.serve import forms
from kgbuild.queries.serve.zygote import Open
from kgbuild.queries.store import generation, hold_store, open_store
from kgbuild.vocab import PREFIXES
from kgbuild.workers import Answer, Frames


def load(setup: bytes) -> Open:
    """In the zygote: what all processes share, the store too if it is held in memory; else each opens it."""
    import pyoxigraph

    del pyoxigraph
    given = json.loads(setup)
    functions = Functions(given["out"])
    functions.load()
    known = Known(generation(given["out"]))
    known.load()
    held = hold_store(given["out"], given["memory"])

    def begin() -> Answer:
        no_network()
        executor = Executor(held or open_store(given["out"]), functions, rows=given["rows"], size=given["size"])
        pages = Pages(given["out"], known, executor)
        return lambda asked: _answer(executor, pages, json.loads(asked))

    return begin


def _answer(executor: Executor, pages: Pages, asked: Mapping[str, Any]) -> Frames:
    try:
        if "page" in asked:
            return [json.dumps(pages.page(asked["page"], asked["given"])).encode()]
        return _query(executor, asked)
    except ERRORS as err:
        return [json.dumps(problem(err)).encode()]


def _query(executor: Executor, asked: Mapping[str, Any]) -> Frames:
    """A head with media type and whether the answer is cut off, and the body."""
    found = executor.run(asked["query"], {}, unpacked(asked["vectors"]), **asked["over"])
    rows = found.boolean is not None or found.variables is not None
    form = asked["forms"]["rows" if rows else "graphs"]
    if not form:
        return [json.dumps({"unacceptable": list((forms.ROWS if rows else forms.GRAPHS).values())}).encode()]
    body = (
        forms.rows(found.answer(), form)
        if rows
        else forms.graph(found.items, form, prefixes=PREFIXES, truncated=found.truncated)
    )
    head = {"type": forms.media_type(form), "truncated": found.truncated, "count": len(found.items)}
    return [json.dumps(head).encode(), body]
