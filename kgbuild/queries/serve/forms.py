"""Forms of answers: SPARQL 1.1 results in JSON, XML, CSV and TSV, graphs in four syntaxes; which one a client wants."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from kgbuild.queries.answer import Answer, Term

ROWS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
GRAPHS = {
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdfxml": "application/rdf+xml",
}
_ALSO = {
    "application/json": "json", "application/xml": "xml", "text/xml": "xml", "text/plain": "ntriples",
    "application/x-turtle": "turtle",
}  # fmt: skip
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_CUT = "The answer is cut off at the limit of the endpoint."


def media_type(form: str) -> str:
    """The media type of a form, with its character set where it is text."""
    kind = ROWS.get(form) or GRAPHS[form]
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def wanted(accept: str, forms: dict[str, str]) -> str:
    """The form that an ``Accept`` header likes best; "" if it takes none (RFC 9110, 12.5.1)."""
    ranges = list(_ranges(accept)) or [("*/*", 1.0)]
    scored = []
    for rank, (form, kind) in enumerate(forms.items()):
        found = [(_precision(pattern), q) for pattern, q in ranges if _matches(pattern, kind)]
        found += [(_precision(pattern), q) for pattern, q in ranges if _ALSO.get(pattern) == form]
        # The most precise range decides; of two names of one form the one that is liked better.
        scored.append((max(found)[1] if found else 0.0, -rank, form))
    best = max(scored)
    return best[2] if best[0] > 0 else ""


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    for part in accept.lower().split(","):
        pattern, *parameters = (p.strip() for p in part.split(";"))
        q = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        if pattern:
            yield pattern, float(q) if re.fullmatch(r"[01](\.\d{0,3})?", q) else 0.0


def _precision(pattern: str) -> int:
    return 0 if pattern == "*/*" else 1 if pattern.endswith("/*") else 2


def _matches(pattern: str, kind: str) -> bool:
    return pattern in ("*/*", kind) or (pattern.endswith("/*") and kind.startswith(pattern[:-1]))


def rows(answer: Answer, form: str) -> bytes:
    """Rows or a yes or no. JSON and XML say in the body if they are cut off."""
    return {"json": _json, "xml": _xml, "csv": _csv, "tsv": _tsv}[form](answer).encode("utf-8", "replace")


def graph(triples: Sequence[Any], form: str, *, prefixes: dict[str, str], truncated: bool) -> bytes:
    """Triples of Oxigraph. Raises ``ValueError`` if the form cannot say them."""
    import pyoxigraph as ox

    kind = {
        "turtle": ox.RdfFormat.TURTLE, "ntriples": ox.RdfFormat.N_TRIPLES, "jsonld": ox.RdfFormat.JSON_LD,
        "rdfxml": ox.RdfFormat.RDF_XML,
    }[form]  # fmt: skip
    made = ox.serialize(triples, format=kind, prefixes=prefixes) or b""
    return bytes(made) + (f"# {_CUT}\n".encode() if truncated and form in ("turtle", "ntriples") else b"")


def _json(answer: Answer) -> str:
    found = json.loads(answer.to_json()) if answer.kind == "ask" else None
    if found is not None or not answer.truncated:
        return answer.to_json()
    head, _, tail = answer.to_json().partition(', "results"')
    return f'{head}, "truncated": true, "results"{tail}'


def _xml(answer: Answer) -> str:
    names = "".join(f"<variable name={quoteattr(v)}/>" for v in answer.variables)
    cut = f"<!-- {_CUT} -->" if answer.truncated else ""
    head = f'<?xml version="1.0"?>\n{cut}<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head>{names}</head>'
    if answer.kind == "ask":
        return f"{head}<boolean>{str(answer.boolean).lower()}</boolean></sparql>\n"
    lines = []
    for row in answer.rows:
        cells = (
            f"<binding name={quoteattr(v)}>{_xml_term(t)}</binding>"
            for v, t in zip(answer.variables, row, strict=True)
            if t
        )
        lines.append(f"<result>{''.join(cells)}</result>\n")
    return f"{head}<results>\n{''.join(lines)}</results></sparql>\n"


def _xml_term(term: Term) -> str:
    value = escape(_NO_XML.sub("\ufffd", term.value), {"\r": "&#13;"})
    if term.kind != "literal":
        return f"<{term.kind}>{value}</{term.kind}>"
    attribute = f" xml:lang={quoteattr(term.language)}" if term.language else ""
    attribute += f" datatype={quoteattr(term.datatype)}" if term.datatype else ""
    return f"<literal{attribute}>{value}</literal>"


def _csv(answer: Answer) -> str:
    """As the W3C has it: values alone, nothing guarded against spreadsheets."""
    if answer.kind == "ask":
        return f"{str(answer.boolean).lower()}\r\n"
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(answer.variables)
    writer.writerows([t.value if t else "" for t in row] for row in answer.rows)
    return out.getvalue()


def _tsv(answer: Answer) -> str:
    if answer.kind == "ask":
        return f"{str(answer.boolean).lower()}\n"
    lines = ["\t".join(f"?{v}" for v in answer.variables)]
    lines += ["\t".join(_turtle(t) if t else "" for t in row) for row in answer.rows]
    return "\n".join(lines) + "\n"


def _turtle(term: Term) -> str:
    if term.kind != "literal":
        return f"<{term.value}>" if term.kind == "uri" else term.value
    value = term.value
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(plain, escaped)
    return f'"{value}"' + (f"@{term.language}" if term.language else f"^^<{term.datatype}>" if term.datatype else "")
