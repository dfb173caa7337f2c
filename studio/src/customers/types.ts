/** What `cxsim/studio/customers.py` says. */

export interface Figure {
  figure: string;
  title: string;
  formula: string;
  value: number | null;
  low: number | null;
  high: number | null;
  unit: string;
}

export interface Path {
  path: string;
  issues: number;
  share: number;
  time: number | null;
  contacts: number;
  effort: number;
  solved: number;
  churn: number;
  value_lost: number;
}

export interface Customers {
  replications: number;
  currency: string;
  company: Figure[];
  customer: Figure[];
  sentence: string;
  green: number;
  levels: { interval: string; sl: number; settled: number }[];
  goal: number;
  settled: number;
  paths: Path[];
  of: number;
  troubled: { share: number; value_lost: number };
  assumptions: string[];
}

export interface Possible {
  own: { name: string; cost: number; use: string[]; override: string; sizes: Record<string, number> }[];
  remedies: { name: string; does: string; sizes: Record<string, number>; needs: string[] }[];
  models: { name: string; use: string[] }[];
  valued: boolean;
}

export interface Weighed {
  rows: Record<string, string | number | null>[];
  replications: number;
  days: number;
  currency: string;
  best: string;
  sentence: string;
}

export interface Sensitive {
  rows: Record<string, string | number | null>[];
}
