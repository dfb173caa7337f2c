/** The sections of the forms, and in which of them a place of the scenario is. */

import type { Root } from "./schema";
import type { At } from "./tree";

export interface Section {
  name: string;
  title: string;
  keys: string[]; // of the scenario
  view?: "entries" | "flow" | "targets" | "skills" | "costs";
}

const SECTIONS: Section[] = [
  { name: "general", title: "General", keys: ["name", "currency", "notes", "cxsim"] },
  { name: "hours", title: "Hours", keys: ["horizon", "at_close", "closed_hours"] },
  { name: "reasons", title: "Reasons", keys: ["reasons"], view: "entries" },
  { name: "channels", title: "Channels", keys: ["channels"], view: "entries" },
  { name: "flow", title: "Contact flow", keys: ["flow"], view: "flow" },
  { name: "queues", title: "Queues", keys: ["queues"], view: "entries" },
  { name: "targets", title: "Targets", keys: ["sl", "fcr_window"], view: "targets" },
  { name: "groups", title: "Groups", keys: ["groups"], view: "entries" },
  { name: "skills", title: "Skills", keys: [], view: "skills" },
  { name: "staff", title: "Staffing", keys: ["staff", "absences", "sites"] },
  { name: "routing", title: "Routing", keys: ["routing"] },
  { name: "segments", title: "Segments", keys: ["segments"], view: "entries" },
  { name: "returns", title: "Redials and repeats", keys: ["after_contact"] },
  { name: "experience", title: "Experience", keys: ["experience"] },
  { name: "events", title: "Events", keys: ["events", "notices"] },
  { name: "costs", title: "Costs", keys: [], view: "costs" },
  { name: "levers", title: "Levers", keys: ["levers", "overrides"] },
  { name: "optimize", title: "Optimize", keys: ["optimize"] },
  { name: "capacity", title: "Capacity", keys: ["capacity"] },
];

/** The sections with every key of the scenario: what none of them names stands in the first. */
export function sectionsOf(root: Root): Section[] {
  const placed = new Set(SECTIONS.flatMap(({ keys }) => keys));
  const rest = Object.keys(root.properties ?? {}).filter((key) => !placed.has(key));
  return SECTIONS.map((one, n) => ({
    ...one,
    keys: [...one.keys, ...(n ? [] : rest)].filter((key) => root.properties?.[key]),
  }));
}

/** The section that has a place, and the entry of it, if it shows one at a time. */
export function sectionAt(sections: Section[], at: At): { section: string; entry: string } {
  const found = sections.find(({ keys }) => keys.includes(String(at[0]))) ?? sections[0];
  const single = found.view === "entries" || found.view === "flow";
  return { section: found.name, entry: single && at.length > 1 ? String(at[1]) : "" };
}
