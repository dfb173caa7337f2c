/** The plan of the open scenario: what the service says of it, and edits that are shown before it has answered. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { LOST, Refused, eventsOf, get, post } from "./api";
import type { Job } from "./optimize/types";
import type { Answer, Cell, Fault, Plan, Shift, ShiftChange, State } from "./types";

const UNDONE = "The studio does not answer, so this step was not done. Start it again in the same folder, and repeat the step.";
const PAUSE = 500; // ms between two attempts to reach the service

export interface Desk {
  plan: Plan | null;
  answer: Answer | null;
  faults: Fault[];
  status: string;
  job: Job | null;
  takeJob: (job: Job) => void;
  connected: boolean;
  edit: (cells: Cell[]) => void;
  editShifts: (changes: ShiftChange[]) => void;
  step: (which: "undo" | "redo" | "revert" | "reload") => void;
  save: (name?: string, replace?: boolean) => Promise<string>;
  dismiss: () => void;
}

/** Values with cells put in. */
export function withCells(plan: Plan, cells: Cell[]): number[][] {
  const row = new Map(plan.groups.map((group, g) => [group.name, g]));
  const column = new Map(plan.labels.map((label, t) => [label, t]));
  const values = plan.values.map((one) => one.slice());
  for (const [group, label, agents] of cells) {
    const g = row.get(group);
    const t = column.get(label);
    if (g === undefined || t === undefined) continue;
    if (plan.steady) values[g].fill(agents);
    else values[g][t] = agents;
  }
  return values;
}

/** Shifts with changes made to those that are there; the service numbers the new ones. */
export function withShifts(plan: Plan, changes: ShiftChange[]): Shift[] {
  const rows = new Map(changes.map(({ id, row }) => [id, row]));
  return plan.shifts.flatMap((one) => {
    const row = rows.get(one.id);
    return row === undefined ? [one] : row === null ? [] : [{ ...one, ...row, changed: true }];
  });
}

/** Edits of one scenario on their way to the service, in their order. */
class Sent {
  pending = 0; // edits that the service has not answered
  queue: Promise<void> = Promise.resolve();
  late = false; // the plan was loaded meanwhile, and is to be loaded again
  closed = false; // another scenario is on the screen
  constructor(readonly path: string) {}
}

/** Ask until there is an answer; only once if it cannot be asked twice. `lost` hears of each failure. */
export async function arrives<T>(ask: () => Promise<T>, twice: boolean, lost: (error: Refused) => void, pause = PAUSE): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!twice || !(error instanceof Refused) || error.status) throw error;
      lost(error);
      await new Promise((go) => setTimeout(go, pause));
    }
  }
}

/** The later of two states of searches: the answer to a request may arrive after the event of what came next. */
export function laterJob(now: Job | null, told: Job): Job {
  if (!now || told.began > now.began) return told;
  return told.began === now.began && told.told >= now.told ? told : now;
}

export function usePlan(path: string): Desk {
  const [plan, setPlan] = useState<Plan | null>(null);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [faults, setFaults] = useState<Fault[]>([]);
  const [status, setStatus] = useState("");
  const [job, setJob] = useState<Job | null>(null);
  const [connected, setConnected] = useState(true);
  const sent = useMemo(() => new Sent(path), [path]);

  const takeJob = useCallback((told: Job) => setJob((now) => laterJob(now, told)), []);
  const failed = useCallback((error: unknown) => {
    setFaults(error instanceof Refused ? error.faults : [{ message: String(error) }]);
  }, []);
  const take = useCallback(
    (state: State) => {
      if (sent.pending) return;
      setPlan((now) => (now && now.path === sent.path && state.revision >= now.revision ? { ...now, ...state } : now));
    },
    [sent],
  );
  const load = useCallback(async () => {
    const told = await get<Plan>("/api/plan", { path });
    sent.late = sent.pending > 0; // then it is loaded once they are answered
    if (sent.late || sent.closed) return;
    setPlan((now) => (now && now.path === told.path && now.revision > told.revision ? now : told)); // an edit may have overtaken it
  }, [path, sent]);

  useEffect(() => {
    setPlan(null);
    setAnswer(null);
    setFaults([]);
    setStatus("");
    setJob(null);
    if (!path) return;
    let source: EventSource | null = null;
    let ended = false;
    sent.closed = false; // an effect may run twice
    const listen = () => {
      source = eventsOf(path);
      source.onopen = () => {
        setConnected(true);
        setPlan((now) => now && { ...now, revision: 0 }); // another server may count from the start
        setFaults((now) => now.filter((fault) => fault.message !== LOST));
        load().catch(failed);
      };
      source.onerror = () => {
        setConnected(false);
        if (source?.readyState === EventSource.CLOSED && !ended) {
          load().catch(failed); // the page says why
          window.setTimeout(() => !ended && document.visibilityState === "visible" && listen(), 2000);
        }
      };
      const on = (kind: string, told: (content: never) => void) =>
        source?.addEventListener(kind, (event) => told(JSON.parse((event as MessageEvent).data) as never));
      on("plan", take);
      on("answer", (told: Answer) => {
        setAnswer(told);
        setStatus("");
      });
      on("status", (told: { text: string }) => setStatus(told.text));
      on("fault", (told: { faults: Fault[] }) => setFaults(told.faults));
      on("optimize", takeJob);
      on("saved", () => void load().catch(failed));
    };
    // A hidden page listens to nothing: browsers allow few connections to one server.
    const seen = () => {
      if (document.visibilityState === "visible" && source?.readyState !== EventSource.OPEN) {
        source?.close();
        listen();
      } else if (document.visibilityState === "hidden") {
        source?.close();
        source = null;
      }
    };
    load()
      .then(() => !ended && listen())
      .catch(failed);
    document.addEventListener("visibilitychange", seen);
    return () => {
      ended = sent.closed = true;
      document.removeEventListener("visibilitychange", seen);
      source?.close();
    };
  }, [path, sent, load, take, takeJob, failed]);

  const send = useCallback(
    (what: string, body: unknown, twice = false) => {
      sent.pending += 1;
      sent.queue = sent.queue.then(async () => {
        let refused: unknown = null;
        let state: State | null = null;
        try {
          state = await arrives(() => post<State>(`/api/plan/${what}`, { path }, body), twice, failed);
        } catch (error) {
          refused = error;
        }
        sent.pending -= 1;
        if (sent.closed) return;
        if (state) {
          setFaults([]);
          take(state);
        } else failed(refused instanceof Refused && !refused.status ? new Refused([{ message: UNDONE }], 0) : refused);
        if (!sent.pending && (refused || sent.late)) await load().catch(() => undefined);
      });
    },
    [path, sent, take, failed, load],
  );
  useEffect(() => {
    const leave = (event: BeforeUnloadEvent) => {
      if (sent.pending) event.preventDefault(); // the browser asks
    };
    window.addEventListener("beforeunload", leave);
    return () => window.removeEventListener("beforeunload", leave);
  }, [sent]);

  const edit = useCallback(
    (cells: Cell[]) => {
      if (!cells.length) return;
      performance.clearMarks();
      performance.mark("edit"); // for the benchmark
      send("cells", { cells }, true); // on its way before the page is drawn
      setPlan((now) => (now ? { ...now, values: withCells(now, cells), can_undo: true, can_redo: false } : now));
    },
    [send],
  );
  const editShifts = useCallback(
    (changes: ShiftChange[]) => {
      performance.clearMarks();
      performance.mark("edit");
      send("shifts", { changes }, changes.every(({ id }) => id !== null)); // a new shift would be added twice
      setPlan((now) => (now ? { ...now, shifts: withShifts(now, changes), can_undo: true, can_redo: false } : now));
    },
    [send],
  );
  const step = useCallback((which: string) => send(which, {}), [send]);
  const save = useCallback(
    async (name = "", replace = false) => {
      await sent.queue;
      const { path: written } = await post<{ path: string }>("/api/plan/save", { path }, { name, replace });
      if (written === path) await load();
      return written;
    },
    [path, load, sent],
  );
  const dismiss = useCallback(() => setFaults([]), []);
  return { plan, answer, faults, status, job, takeJob, connected, edit, editShifts, step, save, dismiss };
}
