/** Texts that can be gone back to, kept with what was not saved. */

export interface History {
  text: string;
  past: string[];
  future: string[];
}

const MOST = 100; // steps
const LARGEST = 1_000_000; // characters that are kept of all steps
const PAUSE = 1000; // ms after which typing is a step of its own

export const begun = (text: string): History => ({ text, past: [], future: [] });

/** A new text; while one types on, it is one step with what was typed before. */
export function changed(now: History, text: string, joined = false): History {
  if (text === now.text) return now;
  if (joined && now.past.length) return { ...now, text, future: [] };
  return { text, past: cut([...now.past, now.text]), future: [] };
}

export function undone(now: History): History {
  const before = now.past.at(-1);
  return before === undefined ? now : { text: before, past: now.past.slice(0, -1), future: [now.text, ...now.future] };
}

export function redone(now: History): History {
  const [next, ...future] = now.future;
  return next === undefined ? now : { text: next, past: [...now.past, now.text], future };
}

function cut(steps: string[]): string[] {
  const out: string[] = [];
  let size = 0;
  for (const text of steps.slice(-MOST).reverse()) {
    size += text.length;
    if (size > LARGEST && out.length) break;
    out.unshift(text);
  }
  return out;
}

const draftOf = (path: string) => `cxsim-text ${path}`;
export const isDraftOf = (path: string, key: string | null) => key === draftOf(path);

/** Keep what was not saved in this browser; without the steps where they do not fit. */
export function keep(path: string, sha256: string, now: History, saved: string) {
  if (now.text === saved && !now.past.length && !now.future.length) return localStorage.removeItem(draftOf(path));
  for (const one of [now, begun(now.text)]) {
    try {
      return localStorage.setItem(draftOf(path), JSON.stringify({ sha256, ...one }));
    } catch {
      // no room: without the steps
    }
  }
}

/** What was kept of a file, if it is still the one that was edited. */
export function kept(path: string, sha256: string): History | null {
  try {
    const found = JSON.parse(localStorage.getItem(draftOf(path)) ?? "null");
    if (found?.sha256 !== sha256 || typeof found.text !== "string") return null;
    const list = (value: unknown) => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);
    return { text: found.text, past: list(found.past), future: list(found.future) };
  } catch {
    return null; // what was kept cannot be read
  }
}

/** Whether typing now goes on with the step before. */
export const goesOn = (last: number, now: number) => now - last < PAUSE;

/** The place in a text where a line and column begin, both from 1. */
export function offset(text: string, line: number, column: number): number {
  const lines = text.split("\n");
  const before = lines.slice(0, Math.max(line - 1, 0)).reduce((sum, one) => sum + one.length + 1, 0);
  return Math.min(before + Math.max(column - 1, 0), text.length);
}
