/** Where a shift can begin, how long it can be, and where its breaks can stand: by the scenario's rules, else by quarters of an hour. */

import type { Shift, ShiftRow, ShiftRules } from "../types";

export const STEP = 900; // s, where the scenario has no rules
const DAY = 86400;
const LEAST = 3600; // s, of a shift without rules

export const rowOf = ({ id: _id, days: _days, changed: _changed, ...row }: Shift): ShiftRow => row;

/** 08:00; after midnight the next day's clock. */
export function clockOf(seconds: number): string {
  const minutes = Math.round((((seconds % DAY) + DAY) % DAY) / 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

export function secondsOf(clock: string): number | null {
  const found = /^(\d{1,2}):(\d\d)$/.exec(clock.trim());
  return found && Number(found[1]) < 24 && Number(found[2]) < 60 ? Number(found[1]) * 3600 + Number(found[2]) * 60 : null;
}

const nearest = (values: number[], wanted: number): number | undefined =>
  values.reduce<number | undefined>((best, one) => (best === undefined || Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best), undefined);

/** The starts that are allowed on every day on which the shift is worked. */
function startsFor(shift: { days: string[] }, length: number, rules: ShiftRules): number[] {
  const [first, ...others] = shift.days.map((day) => rules.starts[day]?.[String(length)] ?? []);
  return (first ?? []).filter((start) => others.every((list) => list.includes(start)));
}

/** The shift begun as near to a time as it can be; its breaks move along. */
export function begun(shift: Shift, start: number, rules: ShiftRules | null): ShiftRow {
  const row = rowOf(shift);
  const length = row.end - row.start;
  const free = Math.max(0, Math.min(DAY - STEP, Math.round(start / STEP) * STEP));
  const at = rules ? (nearest(startsFor(shift, length, rules), start) ?? row.start) : free;
  const by = at - row.start;
  return { ...row, start: at, end: row.end + by, breaks: row.breaks.map(([a, b]) => [a + by, b + by]) };
}

/** The starts, counted from that of the shift, at which a break of the rules can begin. */
function places(one: ShiftRules["breaks"][number]): number[] {
  const out: number[] = [];
  for (let at = one.after; at <= one.latest + 1e-6; at += one.every) out.push(at);
  return out;
}

const ruled = (rules: ShiftRules, length: number) => rules.breaks.filter((one) => !one.lengths.length || one.lengths.includes(length));

const resting = (row: ShiftRow) => row.breaks.reduce((sum, [a, b]) => sum + b - a, 0);

/** The shift ended as near to a time as it can be, with the breaks that a shift of this length has. */
export function ended(shift: Shift, end: number, rules: ShiftRules | null): ShiftRow {
  const row = rowOf(shift);
  const wanted = end - row.start;
  const free = Math.min(DAY, Math.max(LEAST, Math.round(wanted / STEP) * STEP));
  const fits = rules?.lengths.filter((one) => startsFor(shift, one, rules).includes(row.start)) ?? [];
  const length = rules ? (nearest(fits, wanted) ?? row.end - row.start) : free;
  const until = row.start + length;
  const breaks: [number, number][] = rules
    ? ruled(rules, length).map((one, n) => {
        const now = row.breaks[n] ? row.breaks[n][0] - row.start : one.after;
        const at = row.start + (nearest(places(one), now) ?? one.after);
        return [at, at + one.length];
      })
    : row.breaks.filter(([, b]) => b <= until);
  const after = { ...row, end: until, breaks };
  if (row.paid === null) return after;
  const unpaid = Math.abs(row.end - row.start - resting(row) - row.paid) < 1; // as the file pays it
  return { ...after, paid: unpaid ? length - resting(after) : Math.max(0, row.paid + length - (row.end - row.start)) };
}

/** The shift with a break begun as near to a time as it can be. */
export function rested(shift: Shift, which: number, start: number, rules: ShiftRules | null): ShiftRow {
  const row = rowOf(shift);
  const [a, b] = row.breaks[which];
  const one = rules && ruled(rules, row.end - row.start)[which];
  const free = Math.round(start / STEP) * STEP;
  const wanted = one ? row.start + (nearest(places(one), start - row.start) ?? a - row.start) : free;
  const at = Math.max(row.start, Math.min(wanted, row.end - (b - a)));
  return { ...row, breaks: row.breaks.map((span, n) => (n === which ? [at, at + b - a] : span)) };
}

/** The next start, end or break in a direction, for the keyboard. */
export function next(change: (seconds: number) => ShiftRow, value: (row: ShiftRow) => number, from: number, direction: 1 | -1): ShiftRow {
  for (let step = 1; step <= 96; step += 1) {
    const row = change(from + direction * step * STEP);
    if (Math.sign(value(row) - from) === direction) return row;
  }
  return change(from);
}

/** The changes that take one day out of a shift that is worked on several, as a shift of its own. */
export function apart(shift: Shift, day: string): { id: string | null; row: ShiftRow | null }[] {
  const row = rowOf(shift);
  const weekday = (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;
  const others = (row.weekday ?? [0, 1, 2, 3, 4, 5, 6]).filter((one) => one !== weekday);
  return [
    { id: shift.id, row: { ...row, weekday: others } },
    { id: null, row: { ...row, weekday: [weekday] } },
  ];
}
