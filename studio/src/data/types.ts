/** What `cxsim/studio/data.py` and `calibrating.py` say. */

import type { Fault } from "../types";

export interface Known {
  files: { name: string; bytes: number }[];
  largest: number;
  imports: string[];
  sources: { name: string; title: string }[];
  keys: Record<string, string>;
  choices: Record<string, string[]>;
  roles: Record<string, string[]>;
  needed: Record<string, string[]>;
  says: Record<string, string>;
}

export interface Question extends Fault {
  key: string;
  choices: string[];
}

export interface Read {
  read: boolean;
  columns: { name: string; values: string[] }[];
  faults: Fault[];
  questions: Question[];
  layout?: string;
  roles?: Record<string, { role: string; unit: string }>;
  evidence?: { key: string; value: string; why: string }[];
  findings?: { name: string; text: string; fix: string }[];
  files?: { file: string; form: string; rows: number; kept: number }[];
  reasons?: { what: string; why: string; rows: number; where: string }[];
  tables?: { name: string; rows: number; columns: string[]; first: (string | number | null)[][] }[];
}

export interface Curve {
  name: string;
  rows: number;
  law: string;
  observed: [number, number][];
  fitted: [number, number][];
}

export interface Calibrated {
  scenario: string;
  faults: Fault[];
  questions: Question[];
  name: string;
  verdict: string;
  source: string;
  estimates: { of: string; parameter: string; value: number | null; low: number | null; high: number | null; unit: string; method: string; rows: number; note: string }[];
  closed_loop: { figure: string; title: string; unit: string; observed: number; simulated: number; low: number | null; high: number | null }[];
  assumptions: string[];
  notes: string[];
  charts: {
    volumes: { width: number; reasons: { name: string; busyness: number; values: (number | null)[][] }[] };
    talk: Curve[];
    patience: Curve[];
    staff: { width: number; groups: string[]; values: (number | null)[][] };
  };
}
