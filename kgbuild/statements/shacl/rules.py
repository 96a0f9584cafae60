"""Rules in graphs of shapes (SHACL Advanced Features, section 8) as SPARQL CONSTRUCT queries.

A rule is asked of the targets of its shape; ``sh:condition`` shapes have to hold. Rules run to the fixpoint in strata,
so ``sh:order`` changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kgbuild.errors import OntologyError
from kgbuild.ontology_files import OntologyFile
from kgbuild.statements.shacl.compile import Compiler
from kgbuild.statements.shacl.model import NotCompiled, Reader
from kgbuild.vocab import SH, TYPE

_WHERE = re.compile(r"\bWHERE\s*\{", re.IGNORECASE)


def shape_rules(file: OntologyFile) -> Iterator[tuple[str, str, int]]:
    """(name, query, line) of each rule in a file. Raises ``OntologyError`` naming file and line for what is no rule."""
    import pyoxigraph as ox
    from rdflib import Graph, URIRef

    quads = file.quads()
    if not any(q.predicate.value == SH + "rule" for q in quads):
        return
    triples = (q.triple for q in quads)
    graph = Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
    for shape in sorted(set(graph.subjects(URIRef(SH + "rule"))), key=str):
        reader = Reader(graph)
        if reader.off(shape):
            continue
        where = " UNION ".join(f"{{ {_target(kind, term)} }}" for kind, term in reader.targets(shape))
        if not where:
            raise OntologyError(f"{file.at(str(shape))}: the shape of a sh:rule has no target: nothing asks it.")
        rules = sorted(graph.objects(shape, URIRef(SH + "rule")), key=lambda r: _text(r, graph))
        for n, rule in enumerate(rules, 1):
            if reader.off(rule):
                continue
            own = rule if isinstance(rule, URIRef) else shape
            name = re.split(r"[#/]", str(own))[-1] + (f" {n}" if len(rules) > 1 and own is shape else "")
            text, line = _query(rule, f"{{ {where} }} {_conditions(rule, graph, file)}", graph, file)
            yield name, text, line


def _text(rule: Any, graph: Any) -> str:
    """What orders the rules of a shape: blank nodes have no names."""
    return " ".join(sorted(f"{p} {o}" for p, o in graph.predicate_objects(rule))) if rule else ""


def _target(kind: str, term: str) -> str:
    return {
        "targetClass": f"?this <{TYPE}> {term} .", "targetNode": f"VALUES ?this {{ {term} }}",
        "targetSubjectsOf": f"?this {term} ?_o .", "targetObjectsOf": f"?_s {term} ?this .",
    }[kind]  # fmt: skip


def _conditions(rule: Any, graph: Any, file: OntologyFile) -> str:
    from rdflib import URIRef

    compiler, filters = Compiler(lambda kind: [kind]), []
    for condition in graph.objects(rule, URIRef(SH + "condition")):
        try:
            filters.append(f"FILTER(!({compiler.violates(Reader(graph).shape(condition), '?this')}))")
        except NotCompiled as err:
            raise OntologyError(f"{file.at(SH + 'condition')}: a condition of a rule cannot have {err}.") from err
    return " ".join(filters)


def _query(rule: Any, where: str, graph: Any, file: OntologyFile) -> tuple[str, int]:
    from rdflib import URIRef

    construct = graph.value(rule, URIRef(SH + "construct"))
    if construct is not None:
        text = re.sub(r"\$(\w+)", r"?\1", str(construct))
        if not _WHERE.search(text):
            raise OntologyError(f"{file.at(SH + 'construct')}: sh:construct takes CONSTRUCT {{ ... }} WHERE {{ ... }}.")
        text = _WHERE.sub(lambda found: f"{found.group()} {where} ", text, count=1)
        return _prefixes(rule, graph) + text, _line(file, str(construct))
    ends, more = [], []
    for name in ("subject", "predicate", "object"):
        node = graph.value(rule, URIRef(SH + name))
        if node is None:
            raise OntologyError(f"{file.at(SH + 'rule')}: a sh:rule has sh:construct, or sh:subject, sh:predicate and "
                                f"sh:object; here is no sh:{name}.")  # fmt: skip
        if node == URIRef(SH + "this"):
            ends.append("?this")
        elif (path := graph.value(node, URIRef(SH + "path"))) is not None:
            ends.append(f"?{name}")
            more.append(f"?this {Reader(graph).path(path)} ?{name} .")
        elif (node, None, None) in graph and str(node.n3()).startswith("_:"):
            raise OntologyError(f"{file.at(SH + name)}: sh:{name} of a rule takes sh:this, a term or a path.")
        else:
            ends.append(str(node.n3()))
    return f"CONSTRUCT {{ {' '.join(ends)} }} WHERE {{ {where} {' '.join(more)} }}", file.line(SH + "rule")


def _prefixes(rule: Any, graph: Any) -> str:
    from rdflib import URIRef

    found = {
        (str(graph.value(d, URIRef(SH + "prefix"))), str(graph.value(d, URIRef(SH + "namespace"))))
        for o in graph.objects(rule, URIRef(SH + "prefixes"))
        for d in graph.objects(o, URIRef(SH + "declare"))
    }
    return "".join(f"PREFIX {prefix}: <{namespace}> " for prefix, namespace in sorted(found))


def _line(file: OntologyFile, text: str) -> int:
    """The line at which a query begins."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    at = file.text.find(first)
    return file.text.count("\n", 0, at) + 1 if first and at >= 0 else file.line(SH + "construct")
