/** What the service says of searches, as `cxsim/studio/optimizing.py` and `worker.py` make it. */

import type { Fault } from "../types";

export interface Goal {
  figure: string;
  scope: string;
  each: "horizon" | "day" | "interval";
  bound: "min" | "max";
  limit: string;
  quantile: string | null;
  on_days: string | null;
}

export interface Stage {
  phase: string;
  cost: number | null;
  bound: number | null;
  cost_text: string;
  bound_text: string;
  gap_text: string;
  met: boolean;
  state: string;
  worst: string;
  slack: string;
  replications: number;
  seconds_left: number | null;
}

export interface Best {
  staff: "headcounts" | "shifts";
  cost: number | null;
  cost_text: string;
  certified: boolean;
  headline: string;
  bound: string;
  gap_text: string;
  messages: string[];
  goals: { subject: string; goal: string; value: string; proved: string; slack: string; met: boolean; verdict: string }[];
  goals_met: number;
  goals_of: number;
}

export interface Point {
  number: number;
  target: number | null;
  reached: boolean;
  dominated: string;
  [figure: string]: number | string | boolean | null;
}

export interface Frontier {
  figure: "sl" | "fcr_true";
  headline: string;
  messages: string[];
  points: Point[];
  out_of_reach: string[];
}

export interface Job {
  job: number;
  told: number; // goes up with every change
  kind: "optimize" | "frontier";
  status: "running" | "stopping" | "done" | "fault";
  began: number;
  took?: number;
  seconds: number | null;
  revision: number;
  stage: Stage | null;
  curve: [number, number | null, number | null, boolean][];
  best: Best | null;
  frontier: Frontier | null;
  faults: Fault[];
}

export interface Asked {
  goals: Goal[];
  minimise: string;
  maximise: string;
  budget: number | null;
  staff: "headcounts" | "shifts";
  frontier_figures: ("sl" | "fcr_true")[];
  job: Job | null;
  figures: { name: string; title: string; unit: string; scopes: string[] }[];
  scopes: string[];
  within: Record<string, string>;
}
