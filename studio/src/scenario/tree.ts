/** The values of a scenario's text, as the service tells them: each with its line and as it was written. */

export interface Node {
  line: number;
  map?: [string, Node][];
  list?: Node[];
  text?: string;
  kind?: "text" | "number";
}
export type Step = string | number;
export type At = Step[];

export const keyOf = (at: At) => JSON.stringify(at.map(String));

export function entry(node: Node | undefined, step: Step): Node | undefined {
  if (node?.list) return node.list[Number(step)];
  return node?.map?.find(([key]) => key === String(step))?.[1];
}

/** The value at a place; nothing where there is none. */
export const find = (node: Node | undefined, at: At): Node | undefined => at.reduce<Node | undefined>(entry, node);

export const keys = (node: Node | undefined): string[] => node?.map?.map(([key]) => key) ?? [];

/** Whether a value is there, but nothing was written: `key:`. */
export const isEmpty = (node: Node | undefined) => node === undefined || (node.text === "" && node.kind !== "text");

const NUMBER = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const WORD = /^(true|false|null|~)?$/i;

/** A text as YAML in one line has it: in quotes where it would be read as something else. */
export function scalar(text: string, kind?: "text" | "number"): string {
  const plain = /^[\p{L}\p{N}_+.-][\p{L}\p{N}_ ./%:+-]*$/u.test(text) && !/: |:$|^[-?] |^-$|^\s|\s$/.test(text);
  if (kind === "text" && (WORD.test(text) || NUMBER.test(text))) return JSON.stringify(text);
  return plain || (kind === "number" && !/[,[\]{}]/.test(text)) ? text : JSON.stringify(text);
}

/** A value in one line of YAML. */
export function flow(node: Node): string {
  if (node.map) return `{${node.map.map(([key, item]) => `${scalar(key, "text")}: ${flow(item)}`).join(", ")}}`;
  if (node.list) return `[${node.list.map(flow).join(", ")}]`;
  return scalar(node.text ?? "", node.kind);
}

/** What a field shows of a value: text as it was written, a list of values without its brackets. */
export function shown(node: Node | undefined): string {
  if (!node) return "";
  if (node.list && node.list.every((item) => item.text !== undefined)) return node.list.map(flow).join(", ");
  return node.text ?? flow(node);
}

/** The names of a list of texts, or of one text that stands for such a list. */
export const names = (node: Node | undefined): string[] =>
  node?.list ? node.list.map((item) => item.text ?? "") : node?.text ? [node.text] : [];
