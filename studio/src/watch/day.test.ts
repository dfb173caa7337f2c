import { describe, expect, it } from "vitest";
import { Day, type Told, clock, lasted } from "./day";

const told: Told = {
  name: "day",
  replication: 0,
  date: "2026-03-02",
  dates: ["2026-03-02"],
  opens: 0,
  closes: 1000,
  queues: ["help", "mail"],
  groups: ["desk", "back"],
  group_of: [0, 0, 1],
  outcomes: ["answered", "abandoned"],
  states: ["on duty", "break", "away", "overrun", "engaged"],
  left_out: 0,
  contacts: {
    issue: ["1", "2", "3"],
    queue: [0, 0, 1],
    agent: [0, -1, -1],
    outcome: [0, 1, 0],
    queued: [10, 20, 30],
    answered: [15, null, null],
    talked: [300, null, null],
    ended: [320, 80, null],
  },
  spells: { agent: [0, 1, 1], state: [0, 0, 1], start: [0, 0, 400], end: [1000, 1000, 500] },
};

describe("a moment of a day", () => {
  const day = new Day(told);
  it("has those who wait, until they are answered or leave", () => {
    expect(day.at(12).waiting).toEqual([[0], []]);
    expect(day.at(40).waiting).toEqual([[1], [2]]);
    expect(day.at(80).waiting).toEqual([[], [2]]);
    expect(day.at(900).waiting).toEqual([[], [2]]); // nobody has answered it by the end of the day
  });
  it("has agents who talk and write up, and those on a break", () => {
    expect([...day.at(100).busy]).toEqual([[0, 0]]);
    expect([...day.at(320).busy]).toEqual([]);
    expect(day.at(450).doing.get(1)).toBe(1);
    expect(day.at(600).doing.get(1)).toBe(0);
    expect(day.members).toEqual([[0, 1], []]);
  });
  it("counts what came, was answered and was lost", () => {
    expect(day.counts(0, 50)).toEqual({ came: 2, answered: 1, gone: 0 });
    expect(day.counts(0, 80)).toEqual({ came: 2, answered: 1, gone: 1 });
  });
  it("steps from event to event, and says each", () => {
    expect(day.next(0)).toBe(10);
    expect(day.next(10)).toBe(15);
    expect(day.before(15)).toBe(10);
    expect(day.says(15)).toEqual(["help: desk answers after 5 s"]);
    expect(day.says(80)).toEqual(["help: a contact is abandoned after 60 s"]);
    expect(day.says(320)).toEqual(["help: desk is free again"]);
  });
});

it("a time of day is written as on a clock", () => expect(clock(9 * 3600 + 61)).toBe("09:01:01"));

it.each([
  [42.4, "42 s"],
  [185, "3:05 min"],
  [19_260, "5 h 21 min"],
])("a wait of %d seconds is %s", (seconds, text) => expect(lasted(seconds)).toBe(text));
