"""SHACL shapes among the ontologies gate the facts: what a shape forbids goes to quarantine, the least sure first.

A value that a shape forbids is refused; of too many values the surest stay; where a shape names no value, one fact
after the other that the shape speaks of is left out, and refused if that mends it, several if it takes several. What no
fact is to blame for (a value that is missing) is told as a warning: nothing is invented, nothing else refused for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kgbuild.errors import OntologyError
from kgbuild.ontology_files import OntologyFile
from kgbuild.statements.infer import term, written
from kgbuild.statements.ontology import Ontology, class_iri
from kgbuild.statements.shacl import NotCompiled, Result, validate_store
from kgbuild.statements.shacl.check import wrong
from kgbuild.types import Entity, Issue, Statement
from kgbuild.vocab import LABEL, OA, OWL, PROV, RDF, RDFS, SH, TYPE, shorten

_TRIED = 12  # facts of a focus node that are left out one after the other
_SHOWN = 3  # things named in a warning
_VOCABULARIES = (RDF, RDFS, OWL, OA, PROV, SH)
_SHAPES = (SH + "NodeShape", SH + "PropertyShape")
_PAIRS = ("lessThan", "lessThanOrEquals", "disjoint", "equals")


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """Shapes of ontologies, as an ``rdflib.Graph``; ``files`` that they stand in."""

    graph: Any
    files: tuple[OntologyFile, ...]

    def at(self, iri: str) -> str:
        """``path:line`` where a shape is named."""
        return next((file.at(iri) for file in self.files if file.line(iri)), self.files[0].name)


def read_gate(files: Iterable[OntologyFile], ontology: Ontology) -> Shapes | None:
    """The shapes that stand in ontologies, None if there are none. Raises ``OntologyError`` naming file and line for
    what is no SHACL, and for shapes of classes that no loaded ontology has: they would never be asked.
    """
    import pyoxigraph as ox
    from rdflib import Graph, URIRef

    own = [f for f in files if has_shapes((f,))]
    if not own:
        return None
    graph = Graph()
    for file in own:
        triples = (q.triple for q in file.quads())
        part = Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
        for name, _, message in wrong(part):
            raise OntologyError(f"{file.at(name)}: {message}")
        for said in ("targetClass", "class"):
            for c in sorted(map(str, part.objects(None, URIRef(SH + said)))):
                if c not in ontology.classes and c not in ontology.superclasses and not c.startswith(_VOCABULARIES):
                    raise OntologyError(
                        f"{file.at(c)}: sh:{said} names the class {shorten(c)}, which no loaded ontology has. Name its "
                        "ontology in statements.ontologies, or correct it."
                    )
        for query in (*part.objects(None, URIRef(SH + "select")), *part.objects(None, URIRef(SH + "ask"))):
            if word := next((w for w in ("SERVICE", "FROM", "LOAD") if w in str(query).upper().split()), ""):
                text = f"{word} may not stand in a shape: shapes see the facts, nothing else."
                raise OntologyError(f"{file.at(word)}: {text}")
        graph += part
    graph.remove((None, URIRef(SH + "rule"), None))
    return Shapes(graph, tuple(own))


def has_shapes(files: Iterable[OntologyFile]) -> bool:
    """Whether SHACL shapes stand in one of these files."""
    return any(q.predicate.value.startswith(SH + "target") or _declares(q) for f in files for q in f.quads())


def _declares(quad: Any) -> bool:
    return quad.predicate.value == TYPE and getattr(quad.object, "value", "") in _SHAPES


class Gate:
    """The facts of a graph beside the shapes."""

    def __init__(
        self, statements: Iterable[Statement], entities: Sequence[Entity], ontology: Ontology, shapes: Shapes,
        accept: Collection[str] = (),
    ) -> None:  # fmt: skip
        import pyoxigraph as ox

        self._shapes, self._accept, self._store = shapes, accept, ox.Store()
        self._labels = {f"<{e.id}>": e.pref_label for e in entities}
        self._touching: dict[str, list[Statement]] = defaultdict(list)
        self._said: dict[tuple[str, str], list[Statement]] = defaultdict(list)
        classes: set[str] = set()
        for e in entities:
            kinds = set(map(class_iri, e.types))
            classes |= kinds
            self._put(e.id, LABEL, ox.Literal(e.pref_label))
            for kind in kinds:
                self._put(e.id, TYPE, ox.NamedNode(kind))
        for s in statements:
            if s.status in ("asserted", "inferred"):
                object = self._object(s)
                self._add(s)
                self._said[f"<{s.subject}>", f"<{s.predicate}>"].append(s)
                for node in {f"<{s.subject}>", str(object)}:
                    self._touching[node].append(s)
                classes |= {object.value} if s.predicate == TYPE else set()
        for kind in sorted(classes):
            for up in sorted(ontology.above(kind) - {kind}):
                self._put(kind, RDFS + "subClassOf", ox.NamedNode(up))
        self._speaks = self._predicates()

    def refuse(self) -> tuple[dict[str, str], tuple[Issue, ...]]:
        """Reasons by the ids of the statements that may not stand; what is wrong and no statement is to blame for.

        Raises ``OntologyError`` if pySHACL, asked for what is not compiled, cannot use the shapes.
        """
        refused: dict[str, str] = {}
        while found := self._named() or self._mended(self._one_by_one) or self._mended(self._several):
            refused |= found
        return refused, tuple(self._told(self._results()))

    def _named(self) -> dict[str, str]:
        """Refuse what results name."""
        batch = {s.id: (s, self._reason(r)) for r in self._results() for s in self._to_blame(r)}
        for s, _ in batch.values():
            self._drop(s)
        return {id: reason for id, (_, reason) in batch.items()}

    def _mended(self, mend: Callable[[dict[Result, list[Statement]]], dict[str, str]]) -> dict[str, str]:
        return mend({r: some for r in self._results() if (some := self._candidates(r))})

    def _one_by_one(self, open_to: dict[Result, list[Statement]]) -> dict[str, str]:
        """Refuse the first statement of each result without which it is gone."""
        refused: dict[str, str] = {}
        for n in range(max(map(len, open_to.values()), default=0)):
            tried = {r: some[n] for r, some in open_to.items() if n < len(some) and some[n].id not in refused}
            for s in tried.values():
                self._drop(s)
            left = set(self._results()) if tried else set(open_to)
            refused |= {s.id: self._reason(r) for r, s in tried.items() if r not in left}
            for s in tried.values():
                if s.id not in refused:
                    self._add(s)
            open_to = {r: some for r, some in open_to.items() if r in left}
        return refused

    def _several(self, open_to: dict[Result, list[Statement]]) -> dict[str, str]:
        """Where no single statement mends a result: as many as it takes, the surest put back that are not needed."""
        dropped: dict[Result, list[Statement]] = {r: [] for r in open_to}
        left = set(open_to)
        for n in range(max(map(len, open_to.values()), default=0)):
            for r, some in open_to.items():
                if r in left and n < len(some):
                    self._drop(some[n])
                    dropped[r].append(some[n])
            left &= set(self._results())
        while left:  # what nothing mends gets its statements back, and so does what only they had mended
            for s in [s for r in left for s in dropped.pop(r)]:
                self._add(s)
            left = dropped.keys() & set(self._results())
        needed: dict[str, str] = {}
        for n in range(max(map(len, dropped.values()), default=0)):
            tried = {r: some[-1 - n] for r, some in dropped.items() if n < len(some)}
            for s in tried.values():
                if s.id not in needed:
                    self._add(s)
            back = set(self._results())
            needed |= {s.id: self._reason(r) for r, s in tried.items() if r in back}
            for s in tried.values():
                if s.id in needed:
                    self._drop(s)
        return needed

    def _results(self) -> list[Result]:
        try:
            return [r for r in validate_store(self._store, self._shapes.graph) if r.severity == SH + "Violation"]
        except (NotCompiled, ValueError, RuntimeError, SyntaxError) as err:
            raise OntologyError(f"{self._shapes.files[0].name}: the shapes cannot be used: {err}"[:400]) from err

    def _to_blame(self, r: Result) -> list[Statement]:
        """The statements that a result names: a value, or values beyond those allowed."""
        named = self._known(self._said.get((r.focus, r.path), ()))
        component = r.component.removeprefix(SH)
        if component.startswith("MaxCount"):
            most = [int(str(n)) for shape in self._of_path(r.path) for n in self._objects(shape, "maxCount")]
            keep = max((n for n in most if n < len({written(s.object) for s in named})), default=0)
            return sorted(named, key=self._surest)[keep:]
        if not r.value:
            return []
        own = [s for s in named if str(self._object(s)) == r.value]
        pairs = [f"<{o}>" for shape in self._of_path(r.path) for name in _PAIRS for o in self._objects(shape, name)]
        if component.removesuffix("ConstraintComponent").lower() in map(str.lower, _PAIRS):
            others = self._known(s for p in pairs for s in self._said.get((r.focus, p), ()))
            if component.startswith(("Disjoint", "Equals")):
                others = [s for s in others if str(self._object(s)) == r.value]
            return sorted([*own, *others], key=self._surest)[-1:]
        return own

    def _candidates(self, r: Result) -> list[Statement]:
        """Statements at a focus node that the shapes speak of, the least sure first."""
        found, near = {}, [r.focus]
        for _ in range(2):  # a path of several steps
            beside = []
            for node in near:
                for s in self._known(self._touching.get(node, ())):
                    if s.predicate in self._speaks and s.id not in found:
                        found[s.id] = s
                        beside += [f"<{s.subject}>", str(self._object(s))]
            near = beside
        return sorted(found.values(), key=self._surest, reverse=True)[:_TRIED]

    def _known(self, statements: Iterable[Statement]) -> list[Statement]:
        """Those that are in the store and that no user has accepted."""
        import pyoxigraph as ox

        return [
            s for s in statements if s.id.rsplit("/", 1)[-1] not in self._accept
            and ox.Quad(ox.NamedNode(s.subject), ox.NamedNode(s.predicate), self._object(s)) in self._store
        ]  # fmt: skip

    def _predicates(self) -> frozenset[str]:
        """Properties that shapes speak of: in paths, targets and pairs."""
        from rdflib import URIRef

        graph, found = self._shapes.graph, set()
        stack = list(graph.objects(None, URIRef(SH + "path")))
        while stack:
            node = stack.pop()
            if isinstance(node, URIRef):
                found.add(str(node))
            elif node not in found:
                found.add(node)
                stack += graph.objects(node)
        for name in ("targetSubjectsOf", "targetObjectsOf", *_PAIRS):
            found |= set(map(str, graph.objects(None, URIRef(SH + name))))
        queries = " ".join(map(str, graph.objects(None, URIRef(SH + "select"))))
        kinds = {s.predicate for some in self._said.values() for s in some}
        return frozenset(found | {p for p in kinds if p in queries or shorten(p) in queries or p == TYPE})

    def _of_path(self, path: str) -> list[Any]:
        from rdflib import URIRef

        return list(self._shapes.graph.subjects(URIRef(SH + "path"), URIRef(path.strip("<>"))))

    def _objects(self, shape: Any, name: str) -> list[Any]:
        from rdflib import URIRef

        return list(self._shapes.graph.objects(shape, URIRef(SH + name)))

    def _reason(self, r: Result) -> str:
        return f"shape: {r.message} ({self._place(r)})"

    def _place(self, r: Result) -> str:
        """The name of the shape that a result is of, and where it stands."""
        from rdflib import URIRef

        shape = (r.root or r.shape).strip("<>")
        if not shape:
            owners = {o for b in self._of_path(r.path) for o in self._shapes.graph.subjects(URIRef(SH + "property"), b)}
            shape = min((str(o) for o in owners if isinstance(o, URIRef)), default="")
        return f"{shorten(shape)}, {self._shapes.at(shape)}" if shape else self._shapes.files[0].name

    def _told(self, results: Sequence[Result]) -> Iterable[Issue]:
        """A warning for each shape and message, with the things that it is true of."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for r in results:
            if r.focus in self._labels:
                found[self._place(r), r.message].add(self._labels[r.focus])
        for (place, message), names in sorted(found.items()):
            some = ", ".join(map(repr, sorted(names)[:_SHOWN])) + (" ..." if len(names) > _SHOWN else "")
            text = f"shape {place}: {message}: {len(names)} things ({some}). No fact is to blame, so none was refused."
            yield Issue("assemble", "shape", text, severity="warning")

    @staticmethod
    def _surest(s: Statement) -> tuple[bool, float, str]:
        return s.status == "inferred", -s.confidence, s.id

    @staticmethod
    def _object(s: Statement) -> Any:
        return term(written(s.object))

    def _put(self, s: str, p: str, o: Any) -> None:
        import pyoxigraph as ox

        self._store.add(ox.Quad(ox.NamedNode(s), ox.NamedNode(p), o))

    def _add(self, s: Statement) -> None:
        self._put(s.subject, s.predicate, self._object(s))

    def _drop(self, s: Statement) -> None:
        import pyoxigraph as ox

        self._store.remove(ox.Quad(ox.NamedNode(s.subject), ox.NamedNode(s.predicate), self._object(s)))
