/** What the service says, as `cxsim/studio/document.py` and `answers.py` make it. */

export interface Fault {
  place?: string;
  path?: string;
  value?: string;
  rule?: string;
  fix?: string;
  message: string;
}

export interface Session {
  version: string;
  folder: string;
  start: string;
  scenarios: string[];
  examples: string[];
}

export interface Metric {
  title: string;
  formula: string;
  unit: string;
  better: -1 | 0 | 1;
}

export interface Group {
  name: string;
  wage: number;
  scheduled: boolean;
  shrinkage: number;
  serves: string[];
  locked: string;
  saved: number[];
}

export interface ShiftRow {
  group: string;
  date: string | null;
  weekday: number[] | null;
  start: number;
  end: number;
  breaks: [number, number][];
  agents: number;
  name: string | null;
  paid: number | null;
}

export interface Shift extends ShiftRow {
  id: string;
  days: string[];
  changed: boolean;
}

export interface ShiftChange {
  id: string | null;
  row: ShiftRow | null;
}

export interface ShiftRules {
  lengths: number[];
  starts: Record<string, Record<string, number[]>>;
  breaks: { length: number; after: number; latest: number; every: number; lengths: number[] }[];
}

export interface State {
  revision: number;
  values: number[][];
  changed: number;
  changed_shifts: number;
  shifts: Shift[];
  can_undo: boolean;
  can_redo: boolean;
  note: string;
}

export interface Plan extends State {
  path: string;
  name: string;
  example: boolean;
  workbook: boolean;
  currency: string;
  steady: boolean;
  interval_seconds: number;
  shift_rules: ShiftRules | null;
  labels: string[];
  days: string[];
  groups: Group[];
  queues: string[];
  targets: { queue: string; figure: string; bound: "min" | "max"; limit: number }[];
  within: Record<string, number>;
  unit: string;
  notes: string[];
}

export interface Total {
  value: number | null;
  low: number | null;
  high: number | null;
  change: number | null;
  change_low: number | null;
  change_high: number | null;
}

export interface Target {
  queue: string;
  figure: string;
  bound: "min" | "max";
  limit: number;
  within: number | null;
  value: number | null;
  low: number | null;
  high: number | null;
  met: boolean | null;
  misses: number[];
}

export interface Missed {
  targets: number;
  of: number;
  intervals: number;
}

export interface Band {
  rows: string[];
  scope: "queue" | "group";
  value: (number | null)[][];
  low: (number | null)[][];
  high: (number | null)[][];
}

export interface Answer {
  revision: number;
  replications: number;
  of: number;
  done: boolean;
  totals: Record<string, Total>;
  targets: Target[];
  missed: Missed;
  missed_before: Missed;
  required: (number | null)[]; // agents, by interval
  bands: Record<string, Band>;
}

export type Cell = [group: string, label: string, agents: number];
