"""What the tools themselves make of diagram sources: ``dot``, Mermaid on Node.js, PlantUML, Chromium for pictures."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Graph = dict[str, Any]
_CHROMIUM = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync", "--allow-file-access-from-files",
    "--virtual-time-budget=600000", "--dump-dom",
)  # fmt: skip
_PAGE = """<!doctype html><html><body><script src="{script}"></script><script>
const codes = {codes};
mermaid.initialize({{startOnLoad: false, securityLevel: 'loose'}});
(async () => {{ for (const [name, code] of Object.entries(codes)) {{
  const svg = (await mermaid.render('m' + name.replace(/\\W/g, ''), code).catch(() => ({{svg: ''}}))).svg;
  const holder = document.createElement('script');
  holder.type = 'text/x-svg'; holder.dataset.name = name;
  holder.textContent = btoa(unescape(encodeURIComponent(svg)));
  document.body.appendChild(holder);
}} }})();
</script></body></html>"""


def dot_svg(code: str) -> str:
    """The SVG that ``dot`` draws."""
    return subprocess.run(["dot", "-Tsvg"], input=code.encode(), capture_output=True, check=True).stdout.decode()


def dot_graphs(code: bytes) -> list[Graph]:
    """The graphs that ``dot`` reads, [] for what it refuses."""
    run = subprocess.run(["dot", "-Knop", "-Tdot_json"], input=code, capture_output=True, timeout=60, check=False)
    text, graphs = run.stdout.decode("utf-8", "replace").strip(), []
    while text:
        value, end = json.JSONDecoder().raw_decode(text)
        graphs.append(_dot_graph(value))
        text = text[end:].strip()
    return graphs


def _dot_graph(raw: Graph) -> Graph:
    count = raw.get("_subgraph_cnt", 0)
    objects = {o["_gvid"]: o for o in raw.get("objects", ())}
    hidden = {k for k, o in objects.items() if k >= count and "invis" in o.get("style", "")}
    names = {k: o["name"] for k, o in objects.items()}
    nodes = []
    for key, o in objects.items():
        if key >= count and key not in hidden:
            label = o.get("label", "\\N")
            nodes.append({"id": o["name"], "label": o["name"] if not label.strip() or label == "\\N" else label})
    edges = []
    for e in raw.get("edges", ()):
        if "invis" in e.get("style", "") or {e["tail"], e["head"]} & hidden:
            continue
        way = e.get("dir", "forward" if raw["directed"] else "none")
        head = way in ("forward", "both") and e.get("arrowhead") != "none"
        tail = way in ("back", "both") and e.get("arrowtail") != "none"
        ends = (e["head"], e["tail"]) if tail and not head else (e["tail"], e["head"])
        label = e.get("label") or e.get("xlabel") or ""
        edges.append({"source": names[ends[0]], "target": names[ends[1]], "label": label,
                      "directed": head or tail, "both": head and tail})  # fmt: skip
    clusters = {k: o for k, o in objects.items() if k < count and o["name"].startswith("cluster")}
    groups = []
    for key, o in clusters.items():
        inner = {n for k in _below(objects, key) & clusters.keys() for n in objects[k].get("nodes", ())}
        own = [names[n] for n in o.get("nodes", ()) if n not in inner | hidden]
        groups.append({"id": o["name"], "label": o.get("label", ""), "nodes": own})
    return {"nodes": nodes, "edges": edges, "groups": groups}


def _below(objects: Mapping[int, Graph], key: int) -> set[int]:
    found: set[int] = set()
    stack = list(objects[key].get("subgraphs", ()))
    while stack:
        found.add(k := stack.pop())
        stack += objects[k].get("subgraphs", ())
    return found


def mermaid_graphs(codes: Mapping[str, str], folder: Path) -> dict[str, Graph]:
    """What Mermaid's parser makes of each code; ``folder`` holds node_modules with mermaid and jsdom."""
    script = Path(__file__).with_name("mermaid_parse.mjs").resolve()
    run = subprocess.run(
        ["node", str(script)], input=json.dumps(codes), cwd=folder, capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def mermaid_svgs(codes: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The SVG that Mermaid draws of each code in Chromium; those that it refuses are left out."""
    script = (folder / "node_modules" / "mermaid" / "dist" / "mermaid.min.js").resolve().as_uri()
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch, "page.html")
        page.write_text(_PAGE.format(script=script, codes=json.dumps(codes).replace("<", "\\u003c")), "utf-8")
        command = ["chromium", *_CHROMIUM, f"--user-data-dir={scratch}/profile", page.as_uri()]
        dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=550).stdout
    found = re.findall(r'data-name="([^"]+)">([^<]+)<', dom)
    return {name: base64.b64decode(data).decode() for name, data in found}


def plantuml_links(code: str) -> list[tuple[str, str]]:
    """The pairs that PlantUML joins, from the remarks in its SVG; the start and end of a state diagram are no nodes."""
    svg = subprocess.run(["plantuml", "-tsvg", "-pipe"], input=code, capture_output=True, text=True, check=True).stdout
    pairs = re.findall(r"\n(?:reverse )?link ([^\n]*?) (?:to|and) ([^\n]*?)-->", svg)
    return sorted((min(p), max(p)) for p in pairs if not any(end.startswith(("*start", "*end")) for end in p))
