/** A day of one replication: who waits, who talks, and what agents do at any time. */

type Times = (number | null)[];

export interface Told {
  name: string;
  replication: number;
  date: string;
  dates: string[];
  opens: number;
  closes: number;
  queues: string[];
  groups: string[];
  group_of: number[];
  outcomes: string[];
  states: string[];
  left_out: number;
  contacts: { issue: string[]; queue: number[]; agent: number[]; outcome: number[]; queued: Times; answered: Times; talked: Times; ended: Times };
  spells: { agent: number[]; state: number[]; start: Times; end: Times };
}

const BUCKET = 300; // seconds
const numbers = (values: Times) => Float64Array.from(values, (value) => value ?? Number.NaN);

/** How many of sorted values are at most x. */
export function upTo(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of intervals, those that hold a time may hold it: looked up by five minutes. */
class Index {
  private buckets: number[][] = [];
  constructor(start: Float64Array, end: Float64Array) {
    for (let k = 0; k < start.length; k += 1) {
      if (!(end[k] >= start[k])) continue;
      const last = Math.floor(Math.min(end[k], 86_400) / BUCKET);
      for (let b = Math.max(0, Math.floor(start[k] / BUCKET)); b <= last; b += 1) (this.buckets[b] ??= []).push(k);
    }
  }
  around(t: number): number[] {
    return this.buckets[Math.floor(t / BUCKET)] ?? [];
  }
}

export interface Now {
  waiting: number[][]; // by queue, contacts in the order they came
  serving: number[]; // contacts with an agent, talk or after-call work
  busy: Map<number, number>; // contact by agent
  doing: Map<number, number>; // state by agent who is there
}

export class Day {
  readonly queued: Float64Array;
  readonly answered: Float64Array;
  readonly talked: Float64Array;
  readonly ended: Float64Array;
  readonly left: Float64Array; // the queue
  readonly members: number[][]; // agents by group who are there at some time of the day
  readonly events: Float64Array; // times at which something happens
  private contacts: Index;
  private spells: Index;
  private spellStart: Float64Array;
  private spellEnd: Float64Array;
  private by: { came: Float64Array; answered: Float64Array; gone: Float64Array }[];

  constructor(readonly told: Told) {
    const { contacts, spells } = told;
    this.queued = numbers(contacts.queued);
    this.answered = numbers(contacts.answered);
    this.talked = numbers(contacts.talked);
    this.ended = numbers(contacts.ended);
    this.left = this.answered.map((at, k) => (Number.isNaN(at) ? this.ended[k] : at));
    const end = this.ended.map((at) => (Number.isNaN(at) ? 86_400 : at));
    this.contacts = new Index(this.queued, end);
    this.spellStart = numbers(spells.start);
    this.spellEnd = numbers(spells.end);
    this.spells = new Index(this.spellStart, this.spellEnd);
    const there = new Set(spells.agent);
    this.members = told.groups.map(() => []);
    told.group_of.forEach((group, agent) => there.has(agent) && this.members[group].push(agent));
    const all = [...this.queued, ...this.answered, ...this.ended].filter((at) => at >= 0 && at <= 86_400);
    this.events = Float64Array.from(new Set(all)).sort();
    this.by = told.queues.map((_, q) => {
      const mine = contacts.queue.flatMap((queue, k) => (queue === q ? [k] : []));
      const pick = (rows: number[], of: Float64Array) => Float64Array.from(rows, (k) => of[k]).sort();
      const served = mine.filter((k) => !Number.isNaN(this.answered[k]));
      const gone = mine.filter((k) => Number.isNaN(this.answered[k]) && !Number.isNaN(this.ended[k]));
      return { came: pick(mine, this.queued), answered: pick(served, this.answered), gone: pick(gone, this.ended) };
    });
  }

  at(t: number): Now {
    const waiting: number[][] = this.told.queues.map(() => []);
    const serving: number[] = [];
    const busy = new Map<number, number>();
    const doing = new Map<number, number>();
    const { queue, agent } = this.told.contacts;
    for (const k of this.contacts.around(t)) {
      if (this.queued[k] > t) continue;
      if (!(this.left[k] <= t)) waiting[queue[k]].push(k);
      else if (this.answered[k] <= t && t < this.ended[k]) {
        serving.push(k);
        busy.set(agent[k], k);
      }
    }
    const { agent: who, state } = this.told.spells;
    for (const s of this.spells.around(t)) {
      if (this.spellStart[s] <= t && t < this.spellEnd[s] && (doing.get(who[s]) ?? 0) <= state[s]) doing.set(who[s], state[s]);
    }
    return { waiting, serving, busy, doing };
  }

  /** Of a queue until now: contacts that came, were answered, and left without an answer. */
  counts(q: number, t: number) {
    const { came, answered, gone } = this.by[q];
    return { came: upTo(came, t), answered: upTo(answered, t), gone: upTo(gone, t) };
  }

  next(t: number): number {
    return this.events[upTo(this.events, t)] ?? t;
  }

  before(t: number): number {
    const n = upTo(this.events, t - 1e-6);
    return this.events[n - 1] ?? t;
  }

  /** What happens at a time, in words. */
  says(t: number): string[] {
    const { queue, outcome, agent } = this.told.contacts;
    const group = (k: number) => this.told.groups[this.told.group_of[agent[k]]] ?? "an agent";
    const out: string[] = [];
    for (const k of this.contacts.around(t)) {
      const name = this.told.queues[queue[k]];
      if (this.queued[k] === t) out.push(`${name}: a contact arrives`);
      if (this.answered[k] === t) out.push(`${name}: ${group(k)} answers after ${lasted(t - this.queued[k])}`);
      else if (this.ended[k] === t) out.push(Number.isNaN(this.answered[k]) ? `${name}: a contact is ${this.told.outcomes[outcome[k]]} after ${lasted(t - this.queued[k])}` : `${name}: ${group(k)} is free again`);
    }
    return out;
  }
}

export const clock = (t: number) =>
  [Math.floor(t / 3600), Math.floor(t / 60) % 60, Math.floor(t) % 60].map((part) => String(part).padStart(2, "0")).join(":");

/** A wait: 42 s, 3:05 min, 5 h 20 min. */
export function lasted(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, "0")} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
}
