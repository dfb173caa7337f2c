/** Teams × skills: which steps on the text make a group serve a queue, or no longer. */

import { type Node, entry, keys, names } from "./tree";

export interface Change {
  do: "put" | "remove" | "rename";
  path: (string | number)[];
  typed?: string;
  value?: unknown;
}

/** What a group says of a queue: nothing, that it serves it, or a rank. */
export function skillOf(group: Node | undefined, queue: string): "" | "serves" | string {
  const skills = entry(group, "skills");
  if (!skills) return names(entry(group, "serves")).includes(queue) ? "serves" : "";
  const skill = entry(skills, queue);
  return skill ? (entry(skill, "rank")?.text ?? "serves") : "";
}

/** Serve a queue, or no longer: in the form that the group already uses. */
export function toggled(name: string, group: Node | undefined, queue: string): Change[] {
  const at = ["groups", name];
  const skills = entry(group, "skills");
  if (skills) {
    const there = keys(skills).includes(queue);
    return [there ? { do: "remove", path: [...at, "skills", queue] } : { do: "put", path: [...at, "skills", queue], value: {} }];
  }
  const serves = names(entry(group, "serves"));
  const at_ = serves.indexOf(queue);
  if (at_ < 0 && entry(group, "serves")?.list) return [{ do: "put", path: [...at, "serves", serves.length], value: queue }];
  if (at_ >= 0 && serves.length > 1) return [{ do: "remove", path: [...at, "serves", at_] }];
  if (at_ >= 0) return [{ do: "put", path: [...at, "serves"], value: [] }];
  return [{ do: "put", path: [...at, "serves"], value: [...serves, queue] }];
}

/** A rank in a cell: the group then lists its skills with their settings. */
export function ranked(name: string, group: Node | undefined, queue: string, rank: string): Change[] {
  const at = ["groups", name];
  if (entry(group, "skills")) return [{ do: "put", path: [...at, "skills", queue, "rank"], typed: rank }];
  const skills = Object.fromEntries([...new Set([...names(entry(group, "serves")), queue])].map((one) => [one, {}]));
  return [
    { do: "put", path: [...at, "skills"], value: skills },
    { do: "put", path: [...at, "skills", queue, "rank"], typed: rank },
    { do: "remove", path: [...at, "serves"] },
  ];
}
