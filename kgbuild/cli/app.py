"""The ``typer`` application and what every command shares: errors as messages, exit codes, logging."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import typer

from kgbuild import __version__
from kgbuild.cli import COMMANDS
from kgbuild.cli.logs import log_to
from kgbuild.cli.stop import stoppable
from kgbuild.errors import KgbuildError

app = typer.Typer(
    name="kgbuild",
    help="Knowledge graphs from folders of documents, pictures and videos, with evidence for every statement.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"kgbuild {__version__}")
        raise typer.Exit


@app.callback()
def options(
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Log what the library does, to stderr."),
    log_json: Path | None = typer.Option(None, "--log-json", help="Append logs to this file as lines of JSON."),  # noqa: B008
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Knowledge graphs from folders of documents, pictures and videos, with evidence for every statement."""
    del version
    level = logging.INFO if verbose else logging.ERROR
    if not logging.getLogger().handlers:
        logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
        logging.getLogger().handlers[0].setLevel(level)  # a file of logs may want more than the screen
    if log_json:
        log_to(log_json)


for _name in COMMANDS:
    _module = import_module(f"kgbuild.cli.{_name}")
    if isinstance(getattr(_module, "app", None), typer.Typer):
        app.add_typer(_module.app, name=_name)
    else:
        app.command(_name)(getattr(_module, _name))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: 0 success, 1 partial or wrong, 2 refused, 3 empty."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        with stoppable() as stopped:
            code = app(list(arguments), standalone_mode=False)
        if stopped.signal:  # typer makes an exit code of the interrupt
            raise KeyboardInterrupt
        return int(code or 0)
    except KgbuildError as err:
        typer.secho(f"Error: {err}", fg="red", err=True)
        return err.exit_code
    except (KeyboardInterrupt, typer.Abort):
        typer.secho("Stopped. What was published before stays; the same command goes on from here.", err=True)
        return 128 + (stopped.signal or signal.SIGINT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader went away: nothing more to flush
        return 0
    except Exception as err:
        if hasattr(err, "exit_code") and hasattr(err, "format_message"):  # click's own usage errors
            err.show()  # type: ignore[attr-defined]
            return int(err.exit_code)
        raise
