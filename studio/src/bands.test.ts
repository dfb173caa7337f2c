import { describe, expect, it } from "vitest";
import { runs } from "./Bands";
import { frame } from "./charts";

describe("the band of a row", () => {
  it("is cut where an interval has none", () => {
    expect(runs([1, 2, null, 3, 4, null], [2, 3, 4, null, 5, 6])).toEqual([[0, 2], [4, 5]]);
    expect(runs([null], [1])).toEqual([]);
    expect(runs([0, 0], [0, 0])).toEqual([[0, 2]]);
  });
});

describe("the frame of a chart", () => {
  const option = { xAxis: { data: ["08:00"] }, yAxis: { min: 0 }, series: [{ type: "line", name: "help", data: [1] }], tooltip: { formatter: () => "" } };
  it("is the same for other values", () => {
    expect(frame({ ...option, series: [{ type: "line", name: "help", data: [2] }] })).toBe(frame(option));
  });
  it.each([
    ["another axis", { yAxis: { min: 0.5 } }],
    ["another row", { series: [{ type: "line", name: "other", data: [1] }] }],
    ["another number of rows", { series: [] }],
  ])("is another with %s", (_, change) => expect(frame({ ...option, ...change })).not.toBe(frame(option)));
});
