"""``kgbuild models``: the larger models that a configuration names, and how to get them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kgbuild.config import Config

app = typer.Typer(help="Larger models by name: what is named, what is there, what would add more.")
Settings = Annotated[Path | None, typer.Option("--config", help="Configuration file (TOML).")]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="One key: models.detector=ID")]


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    config: Settings = None,
    set_: Overrides = None,
    out: Annotated[Path | None, typer.Option(help="Workspace of a build: also says what would add more to it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Roles, the models named for them, where they lie, their sizes and licences. No hub is asked."""
    if context.invoked_subcommand is not None:
        return
    from kgbuild.cli.console import console, print_json, print_table
    from kgbuild.models.catalog import ROLES, named
    from kgbuild.report import published_report
    from kgbuild.workspace import Workspace

    settings, report = _config(config, set_), published_report(Workspace(out))[0] if out else None
    found, advice = named(settings), report.advice if report else []
    if as_json:
        print_json(
            {"roles": [asdict(r) for r in ROLES.values()], "named": [asdict(n) for n in found], "advice": advice}
        )
        return
    print_table(("key", "gives", "takes"), [[f"models.{r.key}", r.gives, r.names] for r in ROLES.values()])
    for one in found:
        state = f"{one.folder}, {_size(one.bytes)}, licence {one.licence}" if one.folder else "not on this machine"
        console.print(f"{one.key} = {one.name}: {state}", markup=False)
    if not found:
        console.print('None is named: builds use the built-in models. For example --set "models.detector=ID".')
    elif any(not one.folder for one in found):
        console.print("Next:   kgbuild models fetch, with the same options, where the model hub can be reached")
    for line in advice:
        console.print(line, markup=False)


@app.command()
def fetch(
    role: Annotated[
        str | None, typer.Argument(help="Key of [models], or vision; all that are named without it.")
    ] = None,
    config: Settings = None,
    set_: Overrides = None,
) -> None:
    """Fetch the models that are named from the model hub into its cache: safetensors only, within limits of time."""
    from kgbuild.errors import ConfigError, ModelUnavailable
    from kgbuild.models.catalog import named
    from kgbuild.models.hub import download
    from kgbuild.models.towers import hub_name

    found = [n for n in named(_config(config, set_)) if role in (None, n.key.partition(".")[2])]
    if not found:
        raise ConfigError(f"no model is named{f' for {role}' if role else ''}: set models.{role or 'ROLE'}.")
    failed = 0
    for one in found:
        try:
            typer.echo(f"{one.key}: {one.folder or download(hub_name(one.name))}")
        except (ModelUnavailable, ImportError) as err:
            failed += 1
            typer.secho(f"{one.key}: {err}", fg="red", err=True)
    raise typer.Exit(1 if failed else 0)


def _config(path: Path | None, pairs: list[str] | None) -> Config:
    from kgbuild.config import Config, parse_overrides

    return Config.load(path, overrides=parse_overrides(pairs or ()))


def _size(count: int) -> str:
    return f"{count / 2**20:.0f} MiB" if count >= 2**20 else f"{count / 2**10:.0f} KiB"
