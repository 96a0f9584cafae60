"""What a source gives is the same whether it was made ahead or in its turn; only what is known whole is made ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import rig

from kgbuild.config import Config
from kgbuild.contributions import Contribution, Contributions, contribution
from kgbuild.entities.surroundings import around
from kgbuild.stages import Job, extract_sources, grouped, list_sources, read_sources
from kgbuild.types import Source
from kgbuild.workspace import Workspace

FILES = dict(rig.document(n) for n in range(4))


@pytest.fixture
def known(corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path) -> tuple[Job, list[Source]]:
    """A job of four sources that have been extracted."""
    config = tmp_path / "lean.toml"
    config.write_text(rig.CONFIG, "utf-8")
    job = Job.of(corpus(FILES), Workspace(tmp_path / "out"), Config.load(config))
    sources, _ = list_sources(job)
    read_sources(job, sources)
    extract_sources(job, sources)
    return job, sources


def lose(job: Job, source: Source) -> None:
    for stage, key in (("extractions", job.extraction_key(source)), ("vectors", job.vectors_key(source))):
        job.store().drop(stage, key)


def told(found: list[Contribution]) -> list[object]:
    return [
        (c.reading, c.extraction, c.groups, c.forms, {n: (t.ids, t.matrix.tobytes()) for n, t in c.tables.items()})
        for c in found
    ]


def test_ahead_is_the_same_as_in_turn(known: tuple[Job, list[Source]]) -> None:
    job, sources = known
    ahead = Contributions(job)
    with ahead.ahead(sources):
        pass
    in_turn = [contribution(job, s) for s in sources]
    for source in sources:
        lose(job, source)  # what has been made is not asked of the cache again
    early = ahead.of(sources)
    assert told(early) == told(in_turn)
    assert all(c.groups and c.around == {g.id: around(g) for g in c.groups} for c in early)
    assert not any(c.around for c in in_turn)  # it would fill the memory of a large build


def test_what_is_not_known_yet_is_made_in_its_turn(known: tuple[Job, list[Source]]) -> None:
    job, sources = known
    whole = told([contribution(job, s) for s in sources])
    lose(job, sources[1])
    job.store().drop("vectors", job.vectors_key(sources[2]))
    given = Contributions(job)
    with given.ahead(sources):
        pass
    extract_sources(job, sources)
    assert told(given.of(sources)) == whole


def test_groups_that_the_cache_has_lost_are_made_again(known: tuple[Job, list[Source]]) -> None:
    job, sources = known
    whole, cache = told([contribution(job, s) for s in sources]), job.store()
    kept = [grouped(job, cache, s) for s in sources]
    assert None not in kept
    cache.drop("groups", job.groups_key(sources[0]))
    path = Path(job.cache, "groups", job.groups_key(sources[1])[:2], job.groups_key(sources[1]))
    path.write_bytes(path.read_bytes()[:-1])
    given = Contributions(job)
    with given.ahead(sources[:1]):
        pass
    assert told(given.of(sources)) == whole
    assert [grouped(job, cache, s) for s in sources] == kept


def test_what_fails_passes_and_leaving_stops_it(known: tuple[Job, list[Source]]) -> None:
    job, sources = known
    wrong = Job(job.root, job.cache, Config.load(None, overrides={"statements.ontologies": ["/no/such.ttl"]}))
    with Contributions(wrong).ahead(sources):
        pass
    given = Contributions(job)
    with pytest.raises(KeyboardInterrupt), given.ahead(sources):
        raise KeyboardInterrupt
    assert told(given.of(sources)) == told([contribution(job, s) for s in sources])
