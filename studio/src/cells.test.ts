import { describe, expect, it } from "vitest";
import { verdict } from "./Scorecard";
import { agents, block, moved } from "./cells";
import { change, day, figure } from "./format";
import type { Plan } from "./types";

const group = (name: string, locked = "") => ({ name, locked, wage: 0, scheduled: false, shrinkage: 0, serves: [], saved: [1, 2, 3] });
const plan = {
  labels: ["2026-03-02T08:00", "2026-03-02T08:30", "2026-03-02T09:00"],
  groups: [group("a"), group("b"), group("c", "works in shifts")],
  values: [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ],
} as unknown as Plan;
const TIMES = [0, 1, 2];

describe("a number of agents from a spreadsheet", () => {
  it.each([
    ["12", 12],
    [" 12 ", 12],
    ["12.0", 12],
    ["12,00", 12],
    ["1 200", 1200],
    ["", 0],
  ])("%j is %d", (text, value) => expect(agents(text)).toBe(value));
  it.each(["2.5", "x", "-1", "1e3", "1,200.5", "=A1"])("%j is refused", (text) => expect(agents(text)).toBeNaN());
});

describe("a pasted block", () => {
  it("sets only the cells that differ", () => {
    expect(block(plan, TIMES, 1, 0, [["2", "9"], ["8", "6"]])).toEqual([
      ["a", "2026-03-02T09:00", 9],
      ["b", "2026-03-02T08:30", 8],
    ]);
  });
  it("may end in the empty line that Excel adds", () => expect(block(plan, TIMES, 0, 0, [["5"], [""]])).toHaveLength(1));
  it.each([
    [0, 0, [["1", "2", "3", "4"]], "has 1 × 4 cells"],
    [0, 1, [["1"], ["2"], ["3"]], "has 3 × 1 cells"],
    [-1, 0, [["1"]], "cannot begin in the column of names"],
    [0, 2, [["1"]], "c works in shifts."],
    [0, 0, [["many"]], "“many” (a, 08:00) is not a whole number"],
  ])("at column %d, row %d is refused where it does not fit", (column, row, values, said) =>
    expect(block(plan, TIMES, column, row, values)).toContain(said));
});

it("a selection moves by one, none below 0 and none of a fixed team", () => {
  expect(moved(plan, TIMES, 0, 0, 2, 3, 1).map(([, , value]) => value)).toEqual([2, 3, 5, 6]);
  const none = { ...plan, values: [[0, 0, 0], [1, 0, 0], [0, 0, 0]] };
  expect(moved(none, TIMES, 0, 0, 3, 3, -1)).toEqual([["b", "2026-03-02T08:00", 0]]);
});

it("numbers are written with their unit, differences with their sign", () => {
  expect(figure(0.8761, "share")).toBe("87.6 %");
  expect(figure(null, "share")).toBe("–");
  expect(figure(185, "s")).toBe("3:05 min");
  expect(change(-0.004, "share")).toBe("−0.4 pts");
  expect(change(0, "money")).toBe("±€0");
  expect(day("2026-03-09")).toBe("Mon 9 Mar");
});

it("a change is better or worse only when its interval leaves no doubt", () => {
  const total = (change_low: number, change_high: number) => ({ value: 0, low: 0, high: 0, change: 0, change_low, change_high });
  expect(verdict(total(0.1, 0.2), 1)).toBe(1);
  expect(verdict(total(0.1, 0.2), -1)).toBe(-1);
  expect(verdict(total(-0.1, 0.2), 1)).toBe(0);
  expect(verdict(total(0.1, 0.2), 0)).toBe(0);
});
