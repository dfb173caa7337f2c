/** Faults by the place of their field. */

import type { Fault } from "../types";
import { type At, keyOf } from "./tree";

export interface Placed extends Fault {
  line: number;
  column: number;
  at: At;
}

/** Whether a place is at or below another. */
export const within = (at: At, above: At) => above.every((_, n) => n < at.length && String(at[n]) === String(above[n]));

export const below = (faults: Placed[], at: At) => faults.filter((fault) => within(fault.at, at));

export const exactly = (faults: Placed[], at: At) => faults.filter((fault) => keyOf(fault.at) === keyOf(at));

/** The values that a fault offers to write: “write '20s' or '20 min'” offers two. */
export function offers({ fix = "" }: Fault): string[] {
  if (!/^write /.test(fix)) return [];
  const quoted = [...fix.matchAll(/'([^']+)'/g)].map((found) => found[1]);
  return [...new Set(quoted)].filter((text) => !/[:=]\s|…|NAME/.test(text)).slice(0, 3);
}
