import { expect, it } from "vitest";
import { csv, fileName, tabs } from "./table";

const table = {
  columns: ["queue", "value"],
  rows: [
    ['a "b", c', 1.5],
    ["=cmd()", null],
    ["-5", -2],
  ],
};

it("a table is CSV that other programs read, and no formula that they run", () =>
  expect(csv(table)).toBe('queue,value\r\n"a ""b"", c",1.5\r\n\'=cmd(),\r\n-5,-2\r\n'));

it("a table is text that a spreadsheet takes from the clipboard", () => expect(tabs({ columns: ["a\tb"], rows: [["x\ny"], [undefined]] })).toBe("a b\nx y\n"));

it.each([
  ["SL, from Erlang C to Simulation", "sl-from-erlang-c-to-simulation"],
  ["Größe: <b>", "größe-b"],
  ["///", "chart"],
])("%j is saved as %s", (title, name) => expect(fileName(title)).toBe(name));
