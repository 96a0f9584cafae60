// What Mermaid's own parser makes of diagrams: {name: code} on standard input, {name: graph} on standard output.
// Run by diagram_sources.py in a folder where `npm install mermaid jsdom` was done.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('<!doctype html><body></body>');
Object.assign(globalThis, { window, document: window.document, Option: window.Option });
window.CSS = globalThis.CSS = { supports: (_, value) => /^(aqua|transparent|rgba?\(.*\))$/i.test(value) };
const mermaid = (await import(pathToFileURL(process.cwd() + '/node_modules/mermaid/dist/mermaid.core.mjs'))).default;
mermaid.initialize({ startOnLoad: false });

const MESSAGES = new Set([0, 1, 3, 4, 5, 6, 24, 25, 33, 34]);
const unseen = new Set(['stateStart', 'stateEnd', 'note', 'noteGroup', 'divider']);
const none = (type) => !type || type === 'none' || type === 'arrow_open';
const found = {};
for (const [name, code] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  try {
    const { db, type } = await mermaid.mermaidAPI.getDiagramFromText(code);
    found[name] = type === 'sequence' ? sequence(db) : graph(db.getData(), type);
  } catch (error) {
    found[name] = { error: String(error.message ?? error) };
  }
}
console.log(JSON.stringify(found));

function sequence(db) {
  const nodes = [...db.getActors()].map(([id, actor]) => ({ id, label: actor.description }));
  const edges = db.getMessages().filter((m) => MESSAGES.has(m.type) && m.from && m.to).map((m) => (
    { source: m.from, target: m.to, label: m.message, directed: true, both: m.type === 33 || m.type === 34 }));
  const groups = db.getBoxes().map((b) => ({ label: b.name, nodes: b.actorKeys }));
  return { nodes, edges, groups };
}

function graph(data, type) {
  const hidden = new Set(data.nodes.filter((n) => unseen.has(n.shape)).map((n) => n.id));
  const shown = data.nodes.filter((n) => !hidden.has(n.id));
  const parents = Object.fromEntries(data.nodes.map((n) => [n.id, n.parentId]));
  const holder = (id) => { let p = parents[id]; while (hidden.has(p)) p = parents[p]; return p; };
  const label = (n) => (type === 'er' && n.alias) || [n.label].flat()[0];
  const edges = data.edges.filter((e) => ![e.pattern, e.stroke, e.thickness].includes('invisible')).map((e) => {
    const [source, target] = [e.start ?? e.id1, e.end ?? e.id2];
    const head = type === 'er' || !none(e.arrowTypeEnd), tail = type !== 'er' && !none(e.arrowTypeStart);
    const ends = tail && !head ? { source: target, target: source } : { source, target };
    return { ...ends, label: e.label ?? '', directed: head || tail, both: head && tail };
  }).filter((e) => !hidden.has(e.source) && !hidden.has(e.target));
  const groups = shown.filter((n) => n.isGroup).map((g) => (
    { id: g.id, label: label(g), nodes: shown.filter((n) => !n.isGroup && holder(n.id) === g.id).map((n) => n.id) }));
  return { nodes: shown.filter((n) => !n.isGroup).map((n) => ({ id: n.id, label: label(n) })), edges, groups };
}
