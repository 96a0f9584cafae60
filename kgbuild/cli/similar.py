"""``kgbuild similar``: the entities nearest to a text, the pictures nearest to a picture or a text."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kgbuild.cli.out import Out


def similar(
    out: Out,
    what: Annotated[str, typer.Argument(help="Words to compare with, or a picture file.")],
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="How many.")] = 10,
    type_: Annotated[str, typer.Option("--type", help="Only this class, for example Organisation.")] = "",
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Pictures and frames that look like the words, instead of entities.")
    ] = False,
    config: Annotated[Path | None, typer.Option(help="Configuration that the graph was built with.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find entities by likeness to a text, pictures and frames by likeness to a picture file or a text (cosine)."""
    from kgbuild.cli.console import print_json, print_table
    from kgbuild.queries.graph import open as open_graph

    with open_graph(out, config=config) as graph:
        if pictures or _is_file(what):
            shown = graph.similar_pictures(Path(what) if _is_file(what) else what, k=k)
            if as_json:
                print_json([asdict(n) for n in shown])
            else:
                print_table(
                    ("score", "source", "place", "picture"),
                    [[f"{n.score:.3f}", n.path, n.place, n.picture] for n in shown],
                )
            return
        found = graph.similar(what, k=k, type=type_)
    if as_json:
        print_json([asdict(n) for n in found])
    else:
        rows = [[f"{n.score:.3f}", n.label, n.type, n.surface, n.entity.rsplit("/", 1)[-1]] for n in found]
        print_table(("score", "entity", "type", "nearest mention", "id"), rows)


def _is_file(what: str) -> bool:
    """Whether the words name a picture file: they end as one does and it is there, or it cannot be words."""
    try:
        return Path(what).is_file()
    except (OSError, ValueError):
        return False
