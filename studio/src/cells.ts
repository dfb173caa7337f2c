/** Blocks of cells: pasted from a spreadsheet, and moved up or down together. */

import type { Cell, Plan } from "./types";

/** A number of agents as a spreadsheet copies it: 12, 12.0, 1 200; NaN for anything else. */
export function agents(text: string): number {
  const plain = text.trim().replace(/[\s\u00a0\u202f'’]/g, "");
  if (plain === "") return 0;
  return /^\d+([.,]0+)?$/.test(plain) ? Number(plain.replace(",", ".")) : Number.NaN;
}

/** The cells that a pasted block sets, its top left at (column, row); or a sentence that says why it does not fit. */
export function block(
  plan: Plan,
  times: number[],
  column: number,
  row: number,
  values: readonly (readonly string[])[],
): Cell[] | string {
  const lines = values.filter((line, n) => n < values.length - 1 || line.some((text) => text.trim() !== ""));
  const wide = Math.max(...lines.map((line) => line.length), 0);
  if (column < 0) return "A block of headcounts cannot begin in the column of names; choose the cell of its first interval.";
  if (row + lines.length > plan.groups.length || column + wide > times.length) {
    const room = `${plan.groups.length - row} × ${times.length - column}`;
    return `The block has ${lines.length} × ${wide} cells, and from here there is room for ${room}; begin further up or left, or copy less.`;
  }
  const cells: Cell[] = [];
  for (const [r, line] of lines.entries()) {
    const group = plan.groups[row + r];
    if (group.locked) return `${group.name} ${group.locked}.`;
    for (const [c, text] of line.entries()) {
      const value = agents(text);
      const label = plan.labels[times[column + c]];
      if (Number.isNaN(value)) {
        return `“${text.slice(0, 40)}” (${group.name}, ${label.slice(11, 16)}) is not a whole number of agents; nothing was pasted.`;
      }
      if (value !== plan.values[row + r][times[column + c]]) cells.push([group.name, label, value]);
    }
  }
  return cells;
}

/** The cells of a range with so many agents more or fewer, none below 0. */
export function moved(plan: Plan, times: number[], x: number, y: number, wide: number, high: number, by: number): Cell[] {
  const cells: Cell[] = [];
  for (let row = y; row < Math.min(y + high, plan.groups.length); row += 1) {
    const group = plan.groups[row];
    if (group.locked) continue;
    for (let column = Math.max(x, 0); column < Math.min(x + wide, times.length); column += 1) {
      const t = times[column];
      const now = plan.values[row][t];
      const value = Math.max(0, by > 0 ? Math.floor(now) + by : Math.ceil(now) + by);
      if (value !== now) cells.push([group.name, plan.labels[t], value]);
    }
  }
  return cells;
}
