"""The files of ontologies: built-in ones by name, a user's by path, and what they import from beside them.

``owl:imports`` (OWL 2, section 3.4) is followed to built-in ontologies and to local files. Nothing is fetched: an
import from elsewhere is refused unless a file that is loaded too declares that ontology.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from kgbuild.errors import OntologyError
from kgbuild.vocab import OWL, PREFIXES, TYPE

BUILT_IN = "https://w3id.org/kgbuild/"
_FORMATS = {
    ".ttl": "TURTLE", ".rdf": "RDF_XML", ".owl": "RDF_XML", ".xml": "RDF_XML", ".nt": "N_TRIPLES", ".jsonld": "JSON_LD",
    ".json": "JSON_LD", ".trig": "TRIG", ".nq": "N_QUADS",
}  # fmt: skip
_NO_CONTEXT = (
    "its @context is a document on the network, and nothing is fetched. Write the context into the file, or save the "
    "ontology as Turtle."
)
_KNOWN = frozenset(namespace.rstrip("#/") for namespace in PREFIXES.values())  # vocabularies whose terms need no file


@dataclass(frozen=True, slots=True)
class OntologyFile:
    """One ontology as it is written. ``name`` is the built-in name or the path; ``syntax`` a format of pyoxigraph."""

    name: str
    text: str
    syntax: str
    base: str

    def quads(self) -> list[Any]:
        """Its quads (``pyoxigraph.Quad``). Raises ``OntologyError`` naming file and line."""
        import pyoxigraph as ox

        try:
            syntax = getattr(ox.RdfFormat, self.syntax)
            return list(ox.parse(input=self.text.encode("utf-8"), format=syntax, base_iri=self.base))
        except (SyntaxError, ValueError) as err:
            line = getattr(err, "lineno", None) or (_xml_line(self.text) if self.syntax == "RDF_XML" else 0)
            where = f"{self.name}:{line}" if line else self.name
            told = _NO_CONTEXT if "LoadDocumentCallback" in str(err) else str(err)
            raise OntologyError(f"{where}: the ontology cannot be parsed: {told}"[:500]) from err

    def line(self, term: str) -> int:
        """The first line that writes a term, as a whole IRI or by its last part; 0 if none does."""
        tail = re.split(r"[#/]", term.rstrip("#/"))[-1]
        for wanted in (re.escape(f"<{term}>"), re.escape(f'"{term}"'), rf"(?<![\w-])[\w.-]*:{re.escape(tail)}(?![\w-])",
                       rf"(?<![\w-]){re.escape(tail)}(?![\w-])"):  # fmt: skip
            for number, line in enumerate(self.text.splitlines(), 1):
                if re.search(wanted, line) and not line.lstrip().startswith("@prefix"):
                    return number
        return 0

    def at(self, term: str) -> str:
        """``path:line`` of a term, for messages; the path alone where the line is not known."""
        number = self.line(term)
        return f"{self.name}:{number}" if number else self.name


def ontology_files(names: Sequence[str]) -> tuple[OntologyFile, ...]:
    """The named ontologies, ``core`` always among them, and what they import, imported ones first.

    Raises ``OntologyError`` for a name that nothing answers to, what cannot be parsed, imports that go round in a
    circle, and imports from elsewhere that no loaded file stands for; it names file and line.
    """
    found: dict[str, OntologyFile] = {}
    outside: list[tuple[OntologyFile, str]] = []
    declared: set[str] = set()

    def take(name: str, way: tuple[str, ...]) -> None:
        key = name if _is_built_in(name) else str(Path(name).resolve())
        if key in way:
            circle = " -> ".join([*way[way.index(key) :], key])
            raise OntologyError(f"{found_at(way[-1], key)}: owl:imports go round in a circle: {circle}. Remove one.")
        if key in found:
            return
        file = reading[key] = read_file(name)
        for subject, predicate, target in imports(file):
            if predicate == TYPE:
                declared.add(subject.rstrip("#/"))
            elif (local := _local(target)) is not None:
                _must_be_there(file, target, local)
                take(local, (*way, key))
            else:
                outside.append((file, target))
        found[key] = file

    reading: dict[str, OntologyFile] = {}

    def found_at(importer: str, key: str) -> str:
        target = f"{BUILT_IN}{key}" if _is_built_in(key) else Path(key).name
        return reading[importer].at(target)

    for name in dict.fromkeys(("core", *names)):
        take(name, ())
    for file, target in outside:
        if target.rstrip("#/") not in declared | _KNOWN:
            raise OntologyError(
                f"{file.at(target)}: owl:imports <{target}> is refused: nothing is fetched from the network. Save that "
                "ontology as a file and name it in statements.ontologies, or take the line out."
            )
    return tuple(found.values())


def imports(file: OntologyFile) -> list[tuple[str, str, str]]:
    """The ontologies that a file declares and imports: (subject, predicate, object) IRIs."""
    wanted = (OWL + "imports", TYPE)
    return [
        (q.subject.value, q.predicate.value, q.object.value)
        for q in file.quads()
        if q.predicate.value in wanted
        and (q.predicate.value != TYPE or getattr(q.object, "value", "") == OWL + "Ontology")
        and not str(q.subject).startswith("_:")
    ]


def read_file(name: str) -> OntologyFile:
    """A built-in ontology by its name, or a file. Raises ``OntologyError`` if there is neither."""
    if _is_built_in(name):
        text = files("kgbuild.ontologies").joinpath(f"{name}.ttl").read_text("utf-8")
        return OntologyFile(name, text, "TURTLE", BUILT_IN)
    path = Path(name)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise OntologyError(
            f"ontology {name!r}: no built-in one of that name (built in: {', '.join(built_in())}), and no such file "
            f"can be read: {err}."
        ) from err
    return OntologyFile(name, text, _syntax(path, text), path.resolve().as_uri())


def built_in() -> list[str]:
    """Names of the ontologies that kgbuild ships."""
    folder = files("kgbuild.ontologies")
    return sorted(f.name[:-4] for f in folder.iterdir() if f.name.endswith(".ttl") and f.name != "shapes.ttl")


def _is_built_in(name: str) -> bool:
    return re.fullmatch(r"[\w-]+", name) is not None and name in built_in()


def _local(target: str) -> str | None:
    """The built-in name or path that an import means, None if it lies elsewhere."""
    name = target.removeprefix(BUILT_IN).rstrip("#/")
    if target.startswith(BUILT_IN) and _is_built_in(name):
        return name
    return unquote(urlsplit(target).path) if target.startswith("file:") else None


def _must_be_there(file: OntologyFile, target: str, local: str) -> None:
    if not _is_built_in(local) and not Path(local).is_file():
        name = Path(local).name
        raise OntologyError(f"{file.at(name)}: owl:imports <{target}>: there is no such file.")


def _xml_line(text: str) -> int:
    """The line at which a text is no XML, 0 if it is."""
    from xml.parsers import expat

    try:
        expat.ParserCreate().Parse(text.encode("utf-8"), True)
    except expat.ExpatError as err:
        return err.lineno
    return 0


def _syntax(path: Path, text: str) -> str:
    """The format of a file: by its first sign where that tells, since ``.owl`` and ``.rdf`` are used for several."""
    first = text.lstrip()[:1]
    named = _FORMATS.get(path.suffix.lower(), "TURTLE")
    if named in ("RDF_XML", "JSON_LD", "TURTLE") and text.strip():
        xml = first == "<" and re.match(r"\s*<(\?xml|!DOCTYPE|!--|rdf:RDF)", text)
        return "RDF_XML" if xml else "JSON_LD" if first == "{" else "TURTLE" if named == "RDF_XML" else named
    return named
