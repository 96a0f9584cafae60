"""Where the batches of a build run: threads of the flow's process, or the workers of a Dask or Ray cluster.

A worker elsewhere has to see the corpus under the same path and the same cache (``run.cache``), and to have the same
code, weights and libraries: what it stored would be found by nobody otherwise. ``Shared`` goes with each batch and
checks that before any work.
"""

from __future__ import annotations

import socket
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect.task_runners import ThreadPoolTaskRunner

from kgbuild.cache import code_version
from kgbuild.errors import ConfigError, KgbuildError
from kgbuild.stages import Job
from kgbuild.types import Source

ROOMS = ("sources", "mentions", "embeddings")  # what reads and extracts
PATHS = (("text", "weights"), ("models", "backbone"))  # what a worker reads besides the corpus


class WorkerUnfit(KgbuildError):
    """A worker cannot do a batch so that the others find what it made."""


def task_runner(runner: str, workers: int) -> Any:
    """``threads``; ``dask`` or ``ray`` for a cluster of this machine; the address of a Dask scheduler (``tcp://``,
    ``tls://``, ``ucx://``) or of a Ray head (``ray://``). Raises ``ConfigError`` for anything else.
    """
    kind = {"tcp": "dask", "tls": "dask", "ucx": "dask"}.get(name := runner.partition("://")[0], name)
    address = runner if "://" in runner else None
    try:
        if kind == "threads":
            return ThreadPoolTaskRunner(max_workers=8)
        if kind == "dask":
            from prefect_dask import DaskTaskRunner

            local = None if address else {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
            return DaskTaskRunner(address=address, cluster_kwargs=local)
        if kind == "ray":
            from prefect_ray import RayTaskRunner

            return RayTaskRunner(address=address, init_kwargs={} if address else {"num_cpus": workers})
    except ImportError as err:
        raise ConfigError(f"runner {runner}: {err}. Install it: pip install 'kgbuild[{kind}]'.") from err
    raise ConfigError(
        f"runner {runner!r} is none of threads, dask, ray, tcp://HOST:8786 (Dask), ray://HOST:10001 (Ray)."
    )


@dataclass(frozen=True)
class Shared:
    """What a batch is to find on its worker: the token that the flow put into the cache, and equal versions."""

    token: str
    versions: dict[str, str]

    @classmethod
    def offer(cls, job: Job) -> Shared:
        """Put a token into the cache. Raises ``ConfigError`` for paths that mean something else on another machine."""
        for section, key in PATHS:
            path = job.config[section][key]
            if path and not Path(path).is_absolute():
                raise ConfigError(
                    f"{section}.{key} = {path!r} is relative, and workers have working folders of their own: "
                    "give the absolute path, the same on each machine."
                )
        token = uuid.uuid4().hex
        job.store().put("tokens", token, socket.gethostname().encode())
        return cls(token, versions(job))

    def check(self, job: Job) -> None:
        """Raise ``WorkerUnfit`` if this process could not work for the flow's."""
        here = f"worker on {socket.gethostname()}"
        if not Path(job.root).exists():
            raise WorkerUnfit(f"{here}: the corpus {job.root} is not there. Mount it under the same path.")
        if job.store().get("tokens", self.token) is None:
            raise WorkerUnfit(
                f"{here} does not see the cache {job.cache} that the flow writes to. "
                "Set run.cache to a folder or URL that all machines share."
            )
        if unlike := sorted(k for k, v in versions(job).items() if self.versions.get(k) != v):
            raise WorkerUnfit(
                f"{here} has another kgbuild, other libraries or models ({', '.join(unlike)} differ): "
                "nobody would find what it stores. Install the same versions (constraints.txt)."
            )

    def withdraw(self, job: Job) -> None:
        """Take the token away."""
        job.store().drop("tokens", self.token)


def versions(job: Job) -> dict[str, str]:
    """What the keys of the cache are made of: code and libraries by room, and the models of the configuration."""
    probe = Source("probe", "probe", "text/plain", "0" * 64, 0)
    return {**{room: code_version(room) for room in ROOMS}, "models": job.vectors_key(probe)}
