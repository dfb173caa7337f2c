/** What a form shows of the JSON Schema of a scenario: the kind of each field, its unit, default and choices. */

import type { At } from "./tree";

export interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  type?: string;
  enum?: (string | number | boolean)[];
  const?: string | number;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  items?: Schema;
  maxProperties?: number;
  pattern?: string;
  format?: string;
  minimum?: number;
  examples?: unknown[];
  description?: string;
  default?: unknown;
  unit?: string;
}
export interface Root extends Schema {
  $defs: Record<string, Schema>;
  names: Record<string, string[]>;
}

/** How a value can be written: in a field, or as a map of known keys, of names, or a list. */
export interface Ways {
  choices: string[] | null; // all that a field can say
  field: Schema[]; // what it may be in one line
  lines: boolean; // whether a list of values fits in the field
  object: Schema | null; // known keys
  laws: Schema | null; // one of several keys, each with keys of its own
  map: Schema | null; // of each value, by names of the user's
  list: Schema | null; // of each entry with keys of its own
}

const LIMIT = 12; // levels of references

/** A part with its reference followed; what it says itself comes first. */
export function resolved(root: Root, part: Schema, depth = 0): Schema {
  if (!part.$ref || depth > LIMIT) return part;
  const { $ref, ...own } = part;
  return { ...resolved(root, root.$defs[$ref.split("/").at(-1) ?? ""] ?? {}, depth + 1), ...own };
}

/** Every way to write a part, references followed, without nothing. */
export function alternatives(root: Root, part: Schema): Schema[] {
  const one = resolved(root, part);
  return one.anyOf && !one.properties ? one.anyOf.flatMap((other) => alternatives(root, other)) : one.type === "null" ? [] : [one];
}

const isObject = (part: Schema) => part.type === "object" || part.properties !== undefined;
const known = (part: Schema) => Object.keys(part.properties ?? {}).length > 0;
const mapped = (part: Schema): part is Schema & { additionalProperties: Schema } =>
  typeof part.additionalProperties === "object" && !known(part);

export function waysOf(root: Root, part: Schema): Ways {
  const all = alternatives(root, part);
  const objects = all.filter((one) => isObject(one) && known(one));
  const laws = objects.find((one) => one.maxProperties === 1) ?? null;
  const lists = all.filter((one) => one.type === "array" && one.items && !isRaw(root, one.items));
  const structured = new Set<Schema>([...objects, ...all.filter(mapped), ...lists]);
  const { unit } = resolved(root, part);
  const field = all.filter((one) => !structured.has(one)).map((one) => (unit ? { unit, ...one } : one));
  const said = field.flatMap((one) => one.enum ?? (one.const !== undefined ? [one.const] : one.type === "boolean" ? [true, false] : []));
  const closed = field.length > 0 && field.every((one) => one.enum || one.const !== undefined || one.type === "boolean");
  return {
    choices: closed && !lists.length ? said.map(String) : null,
    field,
    lines: all.some((one) => one.type === "array" && one.items !== undefined && isRaw(root, one.items)),
    object: objects.find((one) => one !== laws) ?? null,
    laws,
    map: all.find(mapped)?.additionalProperties ?? null,
    list: lists[0]?.items ?? null,
  };
}

/** Whether entries of a list are plain values. */
const isRaw = (root: Root, part: Schema) => alternatives(root, part).every((one) => !isObject(one) && one.type !== "array");

/** What the values are measured in, or how they look. */
export function unitOf(ways: Ways, currency: string): string {
  const units = new Set<string>();
  for (const one of ways.field) {
    if (one.unit) units.add(one.unit === "currency" ? currency : one.unit);
    else if (one.pattern?.includes("%")) units.add("%");
    else if (one.pattern === "points?") units.add("points");
    else if (one.format === "date") units.add("date");
    else if (typeof one.examples?.[0] === "string") units.add(shape(one.examples[0]));
  }
  return [...units].filter(Boolean).join(" or ");
}

function shape(example: string): string {
  if (/^\d+ days$/.test(example)) return "days";
  if (/^\d\d:\d\d$/.test(example)) return "hh:mm";
  if (/^\d+(\.\d+)? ?(s|min|h|weeks?)$/.test(example)) return "time";
  return "";
}

/** Something to write there, as the schema has it. */
export function exampleOf(ways: Ways): string {
  const found = ways.field.flatMap((one) => one.examples ?? []).slice(0, 3);
  return found.map((one) => (typeof one === "string" ? one : written(one))).join(", ");
}

/** A default as the text of a field. */
export function written(value: unknown): string {
  if (Array.isArray(value)) return value.map(written).join(", ");
  if (value === null || typeof value !== "object") return String(value);
  const pairs = Object.entries(value);
  if (pairs.length === 1 && pairs[0][0] === "exponential") return `${(pairs[0][1] as { mean: string }).mean}, exponential`;
  return `{${pairs.map(([key, item]) => `${key}: ${written(item)}`).join(", ")}}`;
}

/** What an empty field means: its default, or what the description says of it. */
export function placeholder(part: Schema, required: boolean): string {
  if (part.default !== undefined) return `default ${written(part.default)}`;
  const said = part.description?.match(/default: ([^;)]+)/)?.[1];
  return said ? said.trim().replaceAll("`", "") : required ? "required" : "";
}

/** `after_contact` as a planner reads it: After contact. */
export const label = (key: string) => {
  const words = { sl: "Service level", asa: "ASA", fcr_true: "FCR", fcr_window: "FCR window", cv: "CV", ai_agent: "AI agent", csat: "CSAT" }[key];
  const text = key.replaceAll("_", " ");
  return words ?? text.charAt(0).toUpperCase() + text.slice(1);
};

/** The description without the marks of the reference pages. */
export const plain = (text = "") => text.replace(/\[([^\]]+)\]\([^)]*\)/g, "$1").replaceAll("`", "");

/** The schema of the value at a place, names of the user's included. */
export function partAt(root: Root, at: At): Schema | null {
  let part: Schema | null = root;
  for (const step of at) {
    if (!part) return null;
    const all: Schema[] = alternatives(root, part);
    const owner = all.find((one) => one.properties?.[String(step)]);
    const map = all.find(mapped);
    const list = all.find((one) => one.type === "array" && one.items);
    part = owner?.properties?.[String(step)] ?? (typeof step === "number" ? list?.items : map?.additionalProperties) ?? null;
  }
  return part;
}

/** The kind of part (queues, groups …) that a place names, as a value or by its key; empty if none. */
export function named(root: Root, at: At, byKey = false): string {
  const place = at.filter((step) => typeof step === "string").map(String);
  if (byKey) place.push("@");
  const fits = (pattern: string) => {
    const steps = pattern.split(":")[0].split(".");
    return !pattern.includes(":") && steps.length === place.length && steps.every((one, n) => one === place[n] || (one === "*" && place[n] !== "@"));
  };
  return Object.keys(root.names).find((kind) => root.names[kind].some(fits)) ?? "";
}

/** Every place of an amount of money, `*` for each name. */
export function amounts(root: Root, part: Schema = root, at: string[] = [], seen: string[] = []): string[][] {
  const out: string[][] = [];
  for (const one of alternatives(root, part)) {
    for (const [key, below] of Object.entries(one.properties ?? {})) {
      const ref = below.$ref ?? "";
      if (below.unit === "currency") out.push([...at, key]);
      else if (!seen.includes(ref) || !ref) if (at.length < 5) out.push(...amounts(root, below, [...at, key], ref ? [...seen, ref] : seen));
    }
    if (mapped(one)) out.push(...amounts(root, one.additionalProperties, [...at, "*"], seen));
  }
  return out;
}
