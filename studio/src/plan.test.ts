import { describe, expect, it } from "vitest";
import { Refused } from "./api";
import type { Job } from "./optimize/types";
import { arrives, laterJob, withCells, withShifts } from "./plan";
import type { Plan, ShiftRow } from "./types";

const row: ShiftRow = { group: "desk", date: null, weekday: null, start: 0, end: 3600, breaks: [], agents: 1, name: null, paid: null };
const shift = (id: string) => ({ ...row, id, days: ["2026-03-02"], changed: false });
const plan = {
  groups: [{ name: "desk" }, { name: "back" }],
  labels: ["08:00", "08:30"],
  values: [
    [1, 2],
    [3, 4],
  ],
  shifts: [shift("0"), shift("1")],
} as unknown as Plan;
const lost = new Refused([{ message: "lost" }], 0);

/** What answers after it has failed so often. */
function service(failures: number, error: unknown) {
  const heard = { asked: 0, told: 0 };
  const ask = async () => {
    heard.asked += 1;
    if (heard.asked <= failures) throw error;
    return heard.asked;
  };
  return { heard, ask, told: () => void (heard.told += 1) };
}

describe("an edit on its way to the service", () => {
  it("is sent again until the service is there", async () => {
    const { heard, ask, told } = service(3, lost);
    expect(await arrives(ask, true, told, 0)).toBe(4);
    expect(heard).toEqual({ asked: 4, told: 3 });
  });
  it("is sent once if it must not be done twice", async () => {
    const { heard, ask, told } = service(1, lost);
    await expect(arrives(ask, false, told, 0)).rejects.toBe(lost);
    expect(heard).toEqual({ asked: 1, told: 0 });
  });
  it("is not sent again where the service refuses it", async () => {
    const refused = new Refused([{ message: "no such team" }], 422);
    await expect(arrives(service(1, refused).ask, true, () => undefined, 0)).rejects.toBe(refused);
  });
});

describe("an edit on the screen before it is answered", () => {
  it("puts cells in and leaves the others", () => {
    expect(withCells(plan, [["back", "08:30", 9], ["nobody", "08:30", 1]])).toEqual([[1, 2], [3, 9]]);
  });
  it("changes a shift, takes one out, and waits for the number of a new one", () => {
    const shown = withShifts(plan, [{ id: "0", row: { ...row, agents: 5 } }, { id: "1", row: null }, { id: null, row }]);
    expect(shown).toEqual([{ ...shift("0"), agents: 5, changed: true }]);
  });
});

describe("what is told of a search", () => {
  const job = (began: number, told: number) => ({ began, told }) as unknown as Job;

  it("is not taken back by an answer that arrives late", () => {
    const done = job(1, 9);
    expect(laterJob(done, job(1, 8))).toBe(done);
    const next = job(2, 0);
    expect(laterJob(done, next)).toBe(next);
    expect(laterJob(null, done)).toBe(done);
  });
});
