"""What is wrong in a graph of shapes itself, before anything is validated: terms that SHACL does not have, parameters
whose values are none, constraints without an effect.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from kgbuild.statements.shacl.model import BESIDES, LISTS, PARAMETERS
from kgbuild.vocab import RDF, SH, TYPE, XSD, shorten

_BEYOND = frozenset((  # terms of SHACL-SPARQL, SHACL-AF and of vocabularies about shapes
    "sparql", "rule", "select", "ask", "construct", "prefixes", "declare", "prefix", "namespace", "condition",
    "subject", "predicate", "object", "target", "parameter", "optional", "labelTemplate", "validator",
    "nodeValidator", "propertyValidator", "js", "jsFunctionName", "jsLibrary", "jsLibraryURL", "entailment",
    "expression", "returnType", "shapesGraph", "suggestedShapesGraph", "annotationProperty", "annotationValue",
    "annotationVarName", "resultAnnotation", "inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath",
    "zeroOrOnePath", "this", "filterShape", "nodes", "intersection", "union", "count", "distinct", "if", "then",
    "else", "limit", "offset", "orderBy", "desc", "sum", "min", "max", "groupConcat", "exists", "update",
    "returns",
))  # fmt: skip
_NUMBERS = ("minCount", "maxCount", "minLength", "maxLength", "qualifiedMinCount", "qualifiedMaxCount")
_BOUNDS = ("minExclusive", "minInclusive", "maxExclusive", "maxInclusive")
_IRIS = ("class", "datatype", "targetClass", "equals", "disjoint", "lessThan", "lessThanOrEquals", "targetSubjectsOf",
         "targetObjectsOf")  # fmt: skip
_KINDS = ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")
_ALONE = {
    "flags": ("pattern",), "ignoredProperties": ("closed",), "qualifiedMinCount": ("qualifiedValueShape",),
    "qualifiedMaxCount": ("qualifiedValueShape",), "qualifiedValueShape": ("qualifiedMinCount", "qualifiedMaxCount"),
}  # fmt: skip
_PATHED = (
    "minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals", "qualifiedValueShape",
)  # fmt: skip
_XSD = frozenset((
    "string", "boolean", "decimal", "integer", "double", "float", "date", "time", "dateTime", "dateTimeStamp", "gYear",
    "gMonth", "gDay", "gYearMonth", "gMonthDay", "duration", "yearMonthDuration", "dayTimeDuration", "byte", "short",
    "int", "long", "unsignedByte", "unsignedShort", "unsignedInt", "unsignedLong", "positiveInteger",
    "nonNegativeInteger", "negativeInteger", "nonPositiveInteger", "hexBinary", "base64Binary", "anyURI", "language",
    "normalizedString", "token", "NMTOKEN", "Name", "NCName", "QName", "NOTATION", "anyAtomicType",
))  # fmt: skip


def wrong(graph: Any) -> Iterator[tuple[str, str, str]]:
    """(a term of the file to look for, code, message) for each thing that is wrong in an ``rdflib.Graph`` of shapes."""
    known = frozenset((*PARAMETERS, *BESIDES, *_BEYOND))
    for node in sorted(set(graph.subjects()), key=str):
        said = {str(p).removeprefix(SH): sorted(graph.objects(node, p), key=str)
                for p in sorted(set(graph.predicates(node)), key=str) if str(p).startswith(SH)}  # fmt: skip
        for name, values in said.items():
            if name not in known:
                close = difflib.get_close_matches(name, sorted(known), n=1)
                hint = f" Did you mean sh:{close[0]}?" if close else ""
                yield SH + name, "shape-term", f"SHACL has no term sh:{name}.{hint}"
            for value in values:
                if reason := _value(name, value, graph):
                    yield SH + name, "shape-value", reason
            if name in _ALONE and not any(other in said for other in _ALONE[name]):
                needs = " or ".join(f"sh:{n}" for n in _ALONE[name])
                yield SH + name, "shape-value", f"sh:{name} says nothing without {needs}"
            if name in _PATHED and "path" not in said:
                yield SH + name, "shape-path", f"sh:{name} may stand in a property shape only: one with sh:path"
        if len(said.get("path", ())) > 1:
            yield SH + "path", "shape-path", "a property shape has one sh:path, not several"
        if _is_property_shape(node, graph) and "path" not in said:
            yield next((SH + n for n in said), SH + "property"), "shape-path", "a property shape has no sh:path"


def _is_property_shape(node: Any, graph: Any) -> bool:
    from rdflib import URIRef

    kinds = (node, URIRef(TYPE), URIRef(SH + "PropertyShape")) in graph
    return kinds or ((None, URIRef(SH + "property"), node) in graph and (node, None, None) in graph)


def _value(name: str, value: Any, graph: Any) -> str:
    """Why a parameter may not have a value, "" if it may."""
    from rdflib import BNode, Literal, URIRef

    text = str(value)
    shown = shorten(text) if isinstance(value, URIRef) else repr(text)
    is_list = (value, URIRef(RDF + "first"), None) in graph or text == RDF + "nil"
    if name in _NUMBERS and not (isinstance(value, Literal) and text.isdigit()):
        return f"sh:{name} takes a whole number, not {shown}"
    if name in _BOUNDS and not isinstance(value, Literal):
        return f"sh:{name} takes a literal, not {shown}"
    if name in _IRIS and not isinstance(value, URIRef):
        return f"sh:{name} takes an IRI, not {shown}"
    if name == "datatype" and text.startswith(XSD) and text.removeprefix(XSD) not in _XSD:
        close = difflib.get_close_matches(text.removeprefix(XSD), sorted(_XSD), n=1)
        return f"XML Schema has no datatype {shorten(text)}.{f' Did you mean xsd:{close[0]}?' if close else ''}"
    if name == "nodeKind" and text.removeprefix(SH) not in _KINDS:
        return f"sh:nodeKind takes one of {', '.join(f'sh:{k}' for k in _KINDS)}, not {shown}"
    if name in LISTS and not is_list:
        return f"sh:{name} takes a list, as in sh:{name} ( ... ), not {shown}"
    if name in ("closed", "uniqueLang", "deactivated") and text.lower() not in ("true", "false", "1", "0"):
        return f"sh:{name} takes true or false, not {shown}"
    if name in ("node", "property", "not", "qualifiedValueShape") and isinstance(value, Literal):
        return f"sh:{name} takes a shape, not {shown}"
    if name in ("node", "property") and isinstance(value, URIRef | BNode) and (value, None, None) not in graph:
        return f"sh:{name}: there is no shape {shown}"
    if name == "pattern":
        try:
            re.compile(text)
        except re.error as err:
            return f"sh:pattern {shown} is no regular expression: {err}"
    return ""
