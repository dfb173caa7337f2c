import { expect, test } from "vitest";
import type { Shift, ShiftRules } from "../types";
import { apart, begun, clockOf, ended, next, rested, secondsOf } from "./rules";

const H = 3600;
const shift: Shift = {
  id: "3",
  group: "team",
  date: null,
  weekday: [0, 1],
  start: 8 * H,
  end: 14 * H,
  breaks: [[11 * H, 11.5 * H]],
  agents: 2,
  name: null,
  paid: 5.5 * H,
  days: ["2026-03-02", "2026-03-03"],
  changed: false,
};
const rules: ShiftRules = {
  lengths: [4 * H, 6 * H],
  starts: {
    "2026-03-02": { "14400": [8 * H, 9 * H, 10 * H, 14 * H], "21600": [8 * H, 9 * H, 12 * H] },
    "2026-03-03": { "14400": [8 * H, 9 * H], "21600": [8 * H, 9 * H] },
  },
  breaks: [{ length: H / 2, after: 2 * H, latest: 4 * H, every: H, lengths: [6 * H] }],
};

test("without rules shifts move by quarters of an hour, with their breaks", () => {
  expect(begun(shift, 9.1 * H, null)).toMatchObject({ start: 9 * H, end: 15 * H, breaks: [[12 * H, 12.5 * H]] });
  expect(ended(shift, 11.2 * H, null)).toMatchObject({ end: 11.25 * H, breaks: [], paid: 3.25 * H });
  expect(ended(shift, 7 * H, null).end).toBe(9 * H);
  expect(rested(shift, 0, 13.9 * H, null).breaks).toEqual([[13.5 * H, 14 * H]]);
});

test("rules give the starts of every day, lengths with their breaks, and places of breaks", () => {
  expect(begun(shift, 12 * H, rules).start).toBe(9 * H);
  expect(ended(shift, 12.5 * H, rules)).toMatchObject({ end: 12 * H, breaks: [], paid: 4 * H });
  const short = { ...shift, end: 12 * H, breaks: [], paid: 4 * H };
  expect(ended(short, 15 * H, rules)).toMatchObject({ end: 14 * H, breaks: [[10 * H, 10.5 * H]], paid: 5.5 * H });
  expect(rested(shift, 0, 13 * H, rules).breaks).toEqual([[12 * H, 12.5 * H]]);
});

test("a key goes to the next place, however far it is", () => {
  expect(next((at) => begun(shift, at, rules), (row) => row.start, shift.start, 1).start).toBe(9 * H);
  expect(next((at) => ended(shift, at, rules), (row) => row.end, shift.end, -1).end).toBe(12 * H);
  expect(next((at) => begun(shift, at, rules), (row) => row.start, shift.start, -1).start).toBe(8 * H);
});

test("one day is taken out of a shift", () => {
  expect(apart(shift, "2026-03-03").map((one) => [one.id, one.row?.weekday])).toEqual([["3", [0]], [null, [1]]]);
  expect(apart({ ...shift, weekday: null }, "2026-03-02")[0].row?.weekday).toEqual([1, 2, 3, 4, 5, 6]);
});

test("clocks are read and written, also after midnight", () => {
  expect([clockOf(8.5 * H), clockOf(25 * H), secondsOf("08:30"), secondsOf("24:10"), secondsOf("x")]).toEqual(["08:30", "01:00", 8.5 * H, null, null]);
});
