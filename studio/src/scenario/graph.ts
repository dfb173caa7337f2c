/** The contact flow of a scenario as places and ways: reasons, the nodes before a queue, queues, and what leads on. */

import { type At, type Node, entry, find, flow, keys, names } from "./tree";

export interface Place {
  id: string;
  kind: string; // reason, queue, end, or the kind of node
  name: string;
  lines: string[];
  at: At; // of its form
}
export interface Way {
  from: string;
  to: string;
  kind: "begin" | "next" | "overflow" | "transfer";
  label: string;
}
export interface Graph {
  places: Place[];
  ways: Way[];
}

export const KINDS = ["menu", "self_service", "ai_agent", "announcement", "hours", "capture", "least_delay"];
const CLOSED = "closed";
const END = "end:closed";

const listed = (node: Node | undefined): Node[] => node?.list ?? (node?.map ? [node] : []);
const said = (node: Node | undefined) => (node?.text !== undefined ? node.text : node ? flow(node) : "");

/** Every queue: those with an entry, and those that a reason, a node or another queue names. */
export function queuesOf(tree: Node): string[] {
  const found = new Set(keys(entry(tree, "queues")));
  const nodes = new Set(keys(entry(tree, "flow")));
  for (const [name, reason] of entry(tree, "reasons")?.map ?? []) {
    const queue = said(entry(reason, "queue"));
    if (queue) found.add(queue);
    else if (!said(entry(reason, "flow"))) found.add(name);
  }
  for (const [, node] of entry(tree, "flow")?.map ?? []) for (const { to } of exits(node)) if (to && to !== CLOSED && !nodes.has(to)) found.add(to);
  for (const [, queue] of entry(tree, "queues")?.map ?? []) for (const one of listed(entry(queue, "transfers"))) if (said(entry(one, "to"))) found.add(said(entry(one, "to")));
  return [...found];
}

/** Where a node of the flow leads, with what leads there. */
function exits(node: Node): { to: string; label: string }[] {
  const out = (entry(node, "to")?.map ?? []).map(([option, to]) => ({ to: said(to), label: option }));
  out.push(...names(find(node, ["least_delay", "of"])).map((to) => ({ to, label: "" })));
  for (const [key, label] of [["then", ""], ["otherwise", "otherwise"]]) if (entry(node, key)) out.push({ to: said(entry(node, key)), label });
  return out;
}

/** The queues that a group serves. */
export const served = (group: Node | undefined): string[] =>
  entry(group, "skills") ? keys(entry(group, "skills")) : names(entry(group, "serves"));

export function graphOf(tree: Node): Graph {
  const places: Place[] = [];
  const ways: Way[] = [];
  const nodes = new Set(keys(entry(tree, "flow")));
  const queues = queuesOf(tree);
  const target = (name: string) => (name === CLOSED ? END : nodes.has(name) ? `node:${name}` : `queue:${name}`);
  const lead = (from: string, to: string, kind: Way["kind"], label = "") => {
    const same = ways.find((way) => way.from === from && way.to === to && way.kind === kind);
    if (same) same.label = [same.label, label].filter(Boolean).join(", ");
    else if (to) ways.push({ from, to, kind, label });
  };
  for (const [name, reason] of entry(tree, "reasons")?.map ?? []) {
    places.push({ id: `reason:${name}`, kind: "reason", name, lines: [], at: ["reasons", name] });
    const start = said(entry(reason, "flow"));
    lead(`reason:${name}`, start ? `node:${start}` : `queue:${said(entry(reason, "queue")) || name}`, "begin");
  }
  for (const [name, node] of entry(tree, "flow")?.map ?? []) {
    const kind = KINDS.find((one) => entry(node, one)) ?? "node";
    places.push({ id: `node:${name}`, kind, name, lines: [], at: ["flow", name] });
    for (const { to, label } of exits(node)) if (to) lead(`node:${name}`, target(to), "next", label);
  }
  const groups = entry(tree, "groups")?.map ?? [];
  for (const name of queues) {
    const queue = find(tree, ["queues", name]);
    const by = groups.filter(([, group]) => served(group).includes(name)).map(([group]) => group);
    const lines = [by.length > 2 ? `${by.length} groups` : by.join(", ") || "no group serves it"];
    for (const one of listed(entry(queue, "overflow"))) {
      const after = `after ${said(entry(one, "after"))}`;
      const to = said(entry(one, "to_queue"));
      if (to) lead(`queue:${name}`, `queue:${to}`, "overflow", after);
      else lines.push(`${after} also ${names(entry(one, "to")).join(", ")}`);
    }
    for (const one of listed(entry(queue, "transfers"))) lead(`queue:${name}`, `queue:${said(entry(one, "to"))}`, "transfer", "transfer");
    const callback = find(queue, ["callback", "over"]);
    if (callback) lines.push(`callback over ${said(callback)}`);
    places.push({ id: `queue:${name}`, kind: "queue", name, lines, at: ["queues", name] });
  }
  if (ways.some(({ to }) => to === END)) places.push({ id: END, kind: "end", name: "turned away", lines: [], at: [] });
  const there = new Set(places.map(({ id }) => id));
  return { places, ways: ways.filter(({ from, to }) => there.has(from) && there.has(to)) };
}

export interface Counted {
  replications: number;
  ways: [string, string, string, number][];
  places: Record<string, { visits: number; ends: Record<string, number> }>;
}

/** The share of a place's contacts that take a way; nothing where none came. */
export function shareOf(counted: Counted | null, way: Way): number | null {
  const visits = counted?.places[way.from]?.visits;
  if (!counted || !visits) return null;
  const kinds = way.kind === "begin" ? ["begin"] : way.kind === "transfer" ? ["transfer"] : ["next"];
  const taken = counted.ways.filter(([from, to, kind]) => from === way.from && to === way.to && kinds.includes(kind));
  return taken.reduce((sum, [, , , count]) => sum + count, 0) / visits;
}

const ENDS: [string, string][] = [
  ["hung up", "hang up"],
  ["contained", "contained"],
  ["abandoned", "abandon"],
  ["balked", "balk"],
  ["blocked", "blocked"],
  ["callback", "take a callback"],
  ["closed", "turned away"],
];

/** How contacts leave a place other than by its ways, the most frequent first. */
export function endsOf(counted: Counted | null, id: string): string[] {
  const place = counted?.places[id];
  if (!place?.visits) return [];
  const again = counted?.ways.find(([from, to, kind]) => from === id && to === id && kind === "next")?.[3] ?? 0;
  return [[again / place.visits, "try again"] as const, ...ENDS.map(([end, words]) => [(place.ends[end] ?? 0) / place.visits, words] as const)]
    .filter(([share]) => share >= 0.0005)
    .sort((a, b) => b[0] - a[0])
    .map(([share, words]) => `${percent(share)} ${words}`);
}

export const percent = (share: number) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
