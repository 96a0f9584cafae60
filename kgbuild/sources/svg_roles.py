"""What the groups of an SVG say of themselves: Graphviz, Mermaid and Inkscape name their nodes, edges and clusters.

Marks are written as attributes of the elements (``kg-role``, ``kg-key``, ``kg-source``, ``kg-target``, ``kg-parent``)
before the shapes are read; an element inside a marked group inherits its marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
_MERMAID_NODE = re.compile(r"(?:^|-)((?:flowchart|classId|state|entity)-(.+)-\d+)$")
_MERMAID_EDGE = re.compile(r"^(?:.*-)??(?:L|id)([-_])(.+?)(?:[-_]\d+)?$")
_PARTS = re.compile(
    r"\b(?:edgeTerminals|members-group|methods-group|annotation-group|attribute-(?:type|name|keys|comment)|divider|row-rect-\w+)\b"
)
_NOTE = re.compile(r"note\d+$")
_NOTE_EDGE = re.compile(r"(?:^|_)(?:edgeNote|note)\d+(?:_|$)")
_LINES = re.compile(r"\b(?:flowchart-link|relation|relationshipLine|transition|edgePath|edge-thickness-\w+)\b")


def mark(root: Any) -> None:
    """Marks what the producer of the drawing names. Elements without a mark are left to geometry."""
    if root.get("aria-roledescription") or root.find(".//{*}g[@class='edgePaths']") is not None:
        _mermaid(root)
    _graphviz(root)
    for element in root.iter("{*}path"):
        start, end = (element.get(f"{_INKSCAPE}connection-{k}") or "" for k in ("start", "end"))
        if start or end:
            _set(element, "edge", element.get("id") or "", start.lstrip("#"), end.lstrip("#"))
    for element in root.iter():  # a key by which connectors find their shapes
        if isinstance(element.tag, str) and element.get("id") and not element.get("kg-key"):
            element.set("kg-id", element.get("id"))


def _set(element: Any, role: str, key: str, source: str = "", target: str = "", parent: str = "") -> None:
    marks = {"role": role, "key": key, "source": source, "target": target, "parent": parent}
    for name, value in marks.items():
        element.set(f"kg-{name}", value)


def _classes(element: Any) -> list[str]:
    return (element.get("class") or "").split()


def _graphviz(root: Any) -> None:
    """``<g class="node"><title>a</title>``, ``<g class="edge"><title>a:port-&gt;b</title>``, ``class="cluster"``."""
    titled = ((g, _classes(g), g.findtext("{*}title")) for g in root.iter("{*}g"))
    groups = [(g, classes[0], title) for g, classes, title in titled if classes and title is not None]
    nodes = {title for _, kind, title in groups if kind == "node"}
    for n, (group, kind, title) in enumerate(groups):
        if kind == "node":
            _set(group, "node", title)
        elif kind == "cluster":
            _set(group, "group", f"{title}#{n}")
        elif kind == "edge":
            _set(group, "edge", f"edge{n}", *_ends(title, ("->", "--"), nodes))


def _ends(title: str, operators: tuple[str, ...], known: set[str]) -> tuple[str, str]:
    """The two keys that an edge's name joins; ports (after a colon) are left out where the whole is no key."""
    for operator in operators:
        for match in re.finditer(re.escape(operator), title):
            pair = [_key(end, known) for end in (title[: match.start()], title[match.end() :])]
            if all(pair):
                return pair[0], pair[1]
    return "", ""


def _key(end: str, known: set[str]) -> str:
    parts = end.split(":")
    return next((k for n in range(len(parts), 0, -1) if (k := ":".join(parts[:n])) in known), "")


def _mermaid(root: Any) -> None:
    prefix = f"{root.get('id') or ''}-"
    names: dict[str, str] = {}  # what an edge's name may call a node, to its key
    for group in root.iter("{*}g"):
        classes = _classes(group)
        own = (group.get("id") or "").removeprefix(prefix)
        if "statediagram-note" in classes or ("node" in classes and _NOTE.match(own)):
            _set(group, "none", own)
        elif "node" in classes and (match := _MERMAID_NODE.search(own)):
            _set(group, "node", match.group(1))
            _name(group, match.group(2))
            names |= {match.group(1): match.group(1), match.group(2): match.group(1)}
        elif "node" in classes:
            _set(group, "node", own)
            names[own] = own
        elif "cluster" in classes or "statediagram-cluster" in classes:
            key = group.get("data-id") or own
            _set(group, "group", key)
            names.setdefault(key, key)
    for group in root.iter("{*}g"):
        if _PARTS.search(group.get("class") or ""):
            holder = next((a.get("kg-key") for a in group.iterancestors() if a.get("kg-role") == "node"), "")
            _set(group, "none", f"{holder}/part", parent=holder)
    _sequence(root, names)
    for path in root.iter("{*}path"):
        if not _LINES.search(path.get("class") or "") or any(a.get("kg-role") == "node" for a in path.iterancestors()):
            continue
        key = path.get("data-id") or (path.get("id") or "").removeprefix(prefix)
        if {"edge-thickness-invisible", "note-edge"} & set(_classes(path)) or _NOTE_EDGE.search(key):
            _set(path, "none", "")
            continue
        _set(path, "edge", key, *_mermaid_ends(path, key, names))
    for label in root.iter("{*}g"):
        if label.get("data-id") and "label" in _classes(label):
            _set(label, "edge", label.get("data-id"))


def _name(group: Any, name: str) -> None:
    """A choice, fork or join of a state diagram has no text: it goes by the name that its key holds."""
    points = group.find(".//{*}*[@class='state-start']") is not None or re.search(r"(?:^|_)(?:start|end)$", name)
    if "-state-" in f"-{group.get('kg-key')}" and not points and not "".join(group.itertext()).strip():
        text = group.makeelement("{http://www.w3.org/2000/svg}text", {"text-anchor": "middle"})
        text.text = name
        group.append(text)


def _mermaid_ends(path: Any, key: str, names: dict[str, str]) -> tuple[str, str]:
    classes = {c[:3]: c[3:] for c in _classes(path) if c.startswith(("LS-", "LE-"))}  # until version 10
    if classes.keys() == {"LS-", "LE-"}:
        return names.get(classes["LS-"], ""), names.get(classes["LE-"], "")
    match = _MERMAID_EDGE.match(key)
    if match is None:
        return "", ""
    separator, middle = match.groups()
    for cut in re.finditer(re.escape(separator), middle):
        a, b = middle[: cut.start()], middle[cut.end() :]
        if a in names and b in names:
            return names[a], names[b]
    return "", ""


def _sequence(root: Any, names: dict[str, str]) -> None:
    """Messages carry the names of their participants, the rest is decoration; the second row of boxes repeats it."""
    if root.find(".//*[@data-et='participant']") is None:
        return
    _set(root, "none", "decoration")
    for n, box in enumerate(root.findall(".//{*}rect[@class='rect']")):
        if box.getparent().find("{*}text") is not None:
            _set(box.getparent(), "group", f"box {n}")
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if element.get("data-et") == "life-line" or "actor-line" in _classes(element):
            _set(element, "none", "decoration")
        elif element.get("data-et") == "participant":
            key = element.get("data-id") or ""
            _set(element, "node", key)
            names[key] = key
        elif element.get("data-et") == "message":
            ends = (element.get("data-from") or "", element.get("data-to") or "")
            _set(element, "edge", element.get("data-id") or "", *ends)
            _message(element)
    for element in root.iter("{*}rect"):
        if "actor-bottom" in _classes(element):
            _set(element.getparent(), "none", "decoration")


def _message(element: Any) -> None:
    """The text of a message stands before its line."""
    before = list(_backwards(element))
    for text in reversed(before):
        _set(text, "edge", element.get("data-id") or "")


def _backwards(element: Any) -> Iterator[Any]:
    for other in element.itersiblings(preceding=True):
        if "messageText" not in _classes(other):
            return
        yield other
