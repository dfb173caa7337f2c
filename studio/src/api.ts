import type { Fault } from "./types";

/** What the service refused, with every fault. */
export class Refused extends Error {
  constructor(
    readonly faults: Fault[],
    readonly status: number,
  ) {
    super(faults.map((fault) => fault.message).join("\n"));
  }
}

export const LOST = "The studio does not answer. Start it again in the same folder; your edits are kept.";

async function told<T>(request: Promise<Response>): Promise<T> {
  let response: Response;
  try {
    response = await request;
  } catch {
    throw new Refused([{ message: LOST }], 0);
  }
  const content = await response.json().catch(() => null);
  if (response.ok) return content as T;
  throw new Refused(content?.faults ?? [{ message: `The studio answered with status ${response.status}.` }], response.status);
}

const address = (path: string, query: Record<string, string>) => `${path}?${new URLSearchParams(query)}`;

export const get = <T,>(path: string, query: Record<string, string> = {}) => told<T>(fetch(address(path, query)));

export const post = <T,>(path: string, query: Record<string, string>, body: unknown = {}) =>
  told<T>(
    fetch(address(path, query), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

export const eventsOf = (path: string) => new EventSource(address("/api/plan/events", { path }));

/** Ask for answers that come line by line, until the signal ends it. */
export async function ask<T>(path: string, query: Record<string, string>, body: unknown, signal: AbortSignal, told: (line: T) => void) {
  const headers = { "content-type": "application/json" };
  let response: Response;
  try {
    response = await fetch(address(path, query), { method: "POST", headers, body: JSON.stringify(body), signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refused([{ message: LOST }], 0);
  }
  if (!response.ok || !response.body) {
    const content = await response.json().catch(() => null);
    throw new Refused(content?.faults ?? [{ message: `The studio answered with status ${response.status}.` }], response.status);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line && !signal.aborted) told(JSON.parse(line) as T);
  }
}
