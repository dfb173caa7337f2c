/** Studies: long work that tells its progress, and ends when the page asks something else. */

import { useEffect, useRef, useState } from "react";
import { Refused, ask } from "./api";
import type { Fault } from "./types";

interface Line<T> {
  progress?: [number, number];
  result?: T;
  faults?: Fault[];
}

export interface Study<T> {
  result: T | null;
  progress: [number, number] | null;
  faults: Fault[];
  stale: boolean;
}

const kept = new Map<string, unknown>(); // answers by question, so that a screen that is opened again has them
const MOST = 40;

function keep(key: string, answer: unknown) {
  kept.set(key, answer);
  if (kept.size > MOST) kept.delete(kept.keys().next().value as string);
}

/** The answer to a question; the one before stays, as stale, until it is there. Nothing is asked where the body is null. */
export function useStudy<T>(address: string, path: string, revision: number | undefined, body: unknown, delay = 0): Study<T> {
  const question = body === null ? "" : JSON.stringify([address, path, revision, body]);
  const [state, setState] = useState<{ of: string; result: T | null; progress: [number, number] | null; faults: Fault[] }>(() => ({
    of: question,
    result: (kept.get(question) as T | undefined) ?? null,
    progress: null,
    faults: [],
  }));
  useEffect(() => {
    if (!question || revision === undefined) return;
    const found = kept.get(question) as T | undefined;
    if (found !== undefined) {
      setState({ of: question, result: found, progress: null, faults: [] });
      return;
    }
    const stop = new AbortController();
    const refused = (faults: Fault[]) => setState((now) => ({ ...now, of: question, progress: null, faults }));
    const timer = window.setTimeout(() => {
      setState((now) => ({ ...now, progress: [0, 1], faults: [] }));
      ask<Line<T>>(address, { path }, body, stop.signal, (line) => {
        if (line.progress) setState((now) => ({ ...now, progress: line.progress ?? null }));
        if (line.faults) refused(line.faults);
        if (line.result === undefined) return;
        keep(question, line.result);
        setState({ of: question, result: line.result, progress: null, faults: [] });
      }).catch((error) => {
        if (!stop.signal.aborted) refused(error instanceof Refused ? error.faults : [{ message: String(error) }]);
      });
    }, delay);
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [question]); // eslint-disable-line
  return { result: state.result, progress: state.progress, faults: state.faults, stale: state.of !== question };
}

export interface Work {
  running: boolean;
  progress: [number, number] | null;
  /** Do something long once: its result, null if it was stopped, or an error with every fault. */
  start: <T>(address: string, path: string, body: unknown) => Promise<T | null>;
  stop: () => void;
}

/** Long work that is begun by a button and can be stopped; it goes on where the page shows another screen. */
export function useWork(): Work {
  const [progress, setProgress] = useState<[number, number] | null>(null);
  const stopper = useRef<AbortController | null>(null);
  const start = async <T>(address: string, path: string, body: unknown): Promise<T | null> => {
    const mine = new AbortController();
    stopper.current = mine;
    setProgress([0, 1]);
    let result: T | undefined;
    let faults: Fault[] = [];
    try {
      await ask<Line<T>>(address, { path }, body, mine.signal, (line) => {
        if (line.progress) setProgress(line.progress);
        if (line.faults) faults = line.faults;
        if (line.result !== undefined) result = line.result;
      });
    } catch (error) {
      if (!mine.signal.aborted) throw error;
    } finally {
      setProgress(null);
    }
    if (mine.signal.aborted) return null;
    if (result === undefined) throw new Refused(faults.length ? faults : [{ message: "The studio ended before this was done." }], 422);
    return result;
  };
  return { running: progress !== null, progress, start, stop: () => stopper.current?.abort() };
}
