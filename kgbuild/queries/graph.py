"""``kgbuild.open(OUT)``: one object for all questions to a published graph."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kgbuild.config import Config
from kgbuild.mirror import at_hand
from kgbuild.queries.answer import Answer
from kgbuild.queries.crops import crop
from kgbuild.queries.pictures import NearPicture, SimilarPictures
from kgbuild.queries.similar import Neighbour, Similar
from kgbuild.queries.sparql import Sparql
from kgbuild.queries.store import check, generation, open_store
from kgbuild.queries.why import Explanation, Piece, explain
from kgbuild.types import Box

if TYPE_CHECKING:
    import networkx
    import pyoxigraph
    import rdflib

    from kgbuild.queries.ask.asker import Asker
    from kgbuild.queries.ask.facts import Facts
    from kgbuild.queries.ask.reply import Reply
    from kgbuild.queries.describe import Description
    from kgbuild.queries.show import Card


class Graph:
    """A published graph. A context manager: leaving it ends the child that answers SPARQL."""

    def __init__(self, out: str | Path, config: Config | None = None) -> None:
        generation(out)
        self.out, self.config = Path(out), config or Config.load()
        self._sparql = Sparql(out, self.config)
        self._asker: Asker | None = None
        self._opened: tuple[Path, pyoxigraph.Store] | None = None  # by ``why``, of one generation

    def sparql(self, query: str, *, bindings: dict[str, str] | None = None) -> Answer:
        """Answer a SPARQL 1.1 query, also by likeness, place and time (docs/functions.md).

        The default graph is the union of all named graphs.

        ``bindings`` sets variables of the SELECT list to IRIs. Raises ``QueryError``.
        """
        return self._sparql.ask(query, bindings=bindings)

    def to_networkx(self) -> networkx.MultiDiGraph:
        """Entities as nodes, statements as edges (key: statement IRI); attributes as in ``graph.graphml``."""
        import networkx as nx

        check(folder := generation(self.out), "graph.graphml")
        graph: networkx.MultiDiGraph = nx.read_graphml(folder / "graph.graphml", force_multigraph=True)
        return graph

    def to_rdflib(self) -> rdflib.Dataset:
        """The quads as an ``rdflib.Dataset`` over the Oxigraph store; its default graph holds the union.

        Run only queries of your own on it: rdflib reads what ``FROM`` names.
        """
        import rdflib
        from oxrdflib import OxigraphStore

        return rdflib.Dataset(store=OxigraphStore(store=open_store(self.out)), default_union=False)

    def similar(self, text: str, *, k: int = 10, type: str = "") -> list[Neighbour]:
        """The ``k`` entities whose mentions are nearest to a text, best first, cosine in [-1, 1].

        ``type`` keeps one class (its local name).
        """
        return Similar(self._sparql.nearest()).search(text, k=k, type=type)

    def similar_pictures(self, what: str | Path, *, k: int = 10) -> list[NearPicture]:
        """The ``k`` pictures, pages and frames nearest to a picture file (a ``Path``) or a text, best first.

        Raises ``QueryError`` if the graph has no vectors of pictures or the file cannot be read.
        """
        found = SimilarPictures(self._sparql.nearest())
        return found.picture(what, k=k) if isinstance(what, Path) else found.text(what, k=k)

    def ask(self, question: str, *, image: str | Path | None = None) -> Reply:
        """The answer to a question in English, with its SPARQL, its evidence and a confidence in [0, 1].

        ``image``: a picture file that the question is about. The models load at the first question. Raises
        ``QueryError`` if the question is empty or the picture cannot be read.
        """
        if self._asker is None:
            from kgbuild.queries.ask.asker import Asker

            self._asker = Asker(self, self._facts)
        return self._asker.ask(question, image=image)

    def describe(self, what: str) -> Description:
        """A short text about a thing (name, IRI or its last part) or about a source that shows pictures (its path).

        Each clause has its evidence. Raises ``QueryError`` if the graph knows neither.
        """
        from kgbuild.queries.describe import describe

        return describe(self, self._facts, what)

    def show(self, what: str) -> Card:
        """A thing as Jupyter draws it: its neighbours, its values, its evidence with span or box marked."""
        from kgbuild.queries.show import show

        return show(self, self._facts, what)

    @cached_property
    def _facts(self) -> Facts:
        from kgbuild.queries.ask.facts import Facts

        return Facts(self.out)

    def why(self, what: str) -> Explanation:
        """Evidence of a statement, or of the mentions of an entity, by IRI or its last part; of a mention by IRI.

        Raises ``QueryError`` if the graph does not know it.
        """
        published = generation(self.out)
        if self._opened is None or self._opened[0] != published:  # the first time, or the graph was built anew
            self._opened = published, open_store(self.out)
        return explain(self.out, what, store=self._opened[1])

    def crop(self, piece: Piece) -> bytes:
        """PNG of the part of a picture or frame that is evidence, its box drawn; empty for other evidence."""
        box = piece.target.find(Box)
        return crop(generation(self.out) / piece.picture, box) if piece.picture and box is not None else b""

    def close(self) -> None:
        """End the child process that answers SPARQL."""
        self._sparql.close()
        self._opened = None

    def __enter__(self) -> Graph:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open(out: str | Path, *, config: Config | str | Path | None = None) -> Graph:
    """The graph published in a workspace, or at an fsspec URL (``s3://bucket/graph``) that it was copied to.

    Raises ``WorkspaceError`` if there is none, ``StorageError`` if the URL does not answer.
    """
    return Graph(at_hand(out), config if isinstance(config, Config) else Config.load(config))
