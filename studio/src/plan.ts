/** The plan of the open scenario: what the service says of it, and edits that are shown before it has answered. */

import { useCallback, useEffect, useRef, useState } from "react";
import { LOST, Refused, eventsOf, get, post } from "./api";
import type { Job } from "./optimize/types";
import type { Answer, Cell, Fault, Plan, ShiftChange, State } from "./types";

export interface Desk {
  plan: Plan | null;
  answer: Answer | null;
  faults: Fault[];
  status: string;
  job: Job | null;
  setJob: (job: Job | null) => void;
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

export function usePlan(path: string): Desk {
  const [plan, setPlan] = useState<Plan | null>(null);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [faults, setFaults] = useState<Fault[]>([]);
  const [status, setStatus] = useState("");
  const [job, setJob] = useState<Job | null>(null);
  const [connected, setConnected] = useState(true);
  const pending = useRef(0); // edits that the service has not answered
  const queue = useRef(Promise.resolve()); // so that they arrive in order

  const failed = useCallback((error: unknown) => {
    setFaults(error instanceof Refused ? error.faults : [{ message: String(error) }]);
  }, []);
  const take = useCallback((state: State) => {
    if (pending.current) return;
    setPlan((now) => (now && state.revision >= now.revision ? { ...now, ...state } : now));
  }, []);
  const load = useCallback(async () => {
    const told = await get<Plan>("/api/plan", { path });
    if (pending.current) return;
    setPlan((now) => (now && now.path === told.path && now.revision > told.revision ? now : told)); // an edit may have overtaken it
  }, [path]);

  useEffect(() => {
    setPlan(null);
    setAnswer(null);
    setFaults([]);
    setStatus("");
    setJob(null);
    if (!path) return;
    let source: EventSource | null = null;
    let ended = false;
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
      on("optimize", (told: Job) => setJob((now) => (now && now.job > told.job ? now : told)));
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
      ended = true;
      document.removeEventListener("visibilitychange", seen);
      source?.close();
    };
  }, [path, load, take, failed]);

  const send = useCallback(
    (what: string, body: unknown) => {
      pending.current += 1;
      queue.current = queue.current.then(async () => {
        try {
          const state = await post<State>(`/api/plan/${what}`, { path }, body);
          pending.current -= 1;
          setFaults([]);
          take(state);
        } catch (error) {
          pending.current -= 1;
          failed(error);
          if (!pending.current) await load().catch(() => undefined);
        }
      });
    },
    [path, take, failed, load],
  );

  const edit = useCallback(
    (cells: Cell[]) => {
      if (!cells.length) return;
      performance.clearMarks();
      performance.mark("edit"); // for the benchmark
      send("cells", { cells }); // on its way before the page is drawn
      setPlan((now) => (now ? { ...now, values: withCells(now, cells), can_undo: true, can_redo: false } : now));
    },
    [send],
  );
  const editShifts = useCallback(
    (changes: ShiftChange[]) => {
      performance.clearMarks();
      performance.mark("edit");
      send("shifts", { changes });
    },
    [send],
  );
  const step = useCallback((which: string) => send(which, {}), [send]);
  const save = useCallback(
    async (name = "", replace = false) => {
      await queue.current;
      const { path: written } = await post<{ path: string }>("/api/plan/save", { path }, { name, replace });
      if (written === path) await load();
      return written;
    },
    [path, load],
  );
  const dismiss = useCallback(() => setFaults([]), []);
  return { plan, answer, faults, status, job, setJob, connected, edit, editShifts, step, save, dismiss };
}
