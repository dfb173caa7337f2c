/** The text that is edited: what the service reads in it, steps back and again, kept until it is saved. */

import { useCallback, useEffect, useRef, useState } from "react";
import { Refused, get, post } from "../api";
import type { Fault } from "../types";
import type { Placed } from "./faults";
import { type History, begun, changed, goesOn, isDraftOf, keep, kept, redone, undone } from "./history";
import type { Change } from "./skills";
import type { At, Node } from "./tree";

export interface Told {
  path: string;
  text: string;
  sha256: string;
  example: boolean;
}
export interface Read {
  text: string;
  tree: Node | null;
  faults: Placed[];
}
export interface Refusal {
  at: At;
  faults: Fault[];
}
export interface Text {
  told: Told | null;
  text: string;
  read: Read | null; // of this text, or of the one before while it is checked
  tree: Node | null; // the newest that could be read
  checked: boolean;
  changed: boolean;
  refused: Refusal | null;
  failed: Fault[];
  canUndo: boolean;
  canRedo: boolean;
  type: (text: string) => void;
  edit: (changes: Change[]) => void;
  step: (which: "undo" | "redo") => void;
  discard: () => void;
  load: () => void;
  save: () => Promise<boolean>;
}

const faultsOf = (error: unknown): Fault[] => (error instanceof Refused ? error.faults : [{ message: String(error) }]);

export function useText(path: string, revision: number): Text {
  const [told, setTold] = useState<Told | null>(null);
  const [history, setHistory] = useState<History>(begun(""));
  const [read, setRead] = useState<Read | null>(null);
  const [tree, setTree] = useState<Node | null>(null);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const [failed, setFailed] = useState<Fault[]>([]);
  const now = useRef(history);
  const file = useRef<Told | null>(null);
  const typedAt = useRef(0);
  const queue = useRef(Promise.resolve()); // so that edits are made one after the other

  const put = useCallback((next: History, saved = file.current) => {
    now.current = next;
    setHistory(next);
    if (saved) keep(path, saved.sha256, next, saved.text);
  }, [path]);
  const take = useCallback((found: Read) => {
    setRead(found);
    if (found.tree) setTree(found.tree);
  }, []);

  const load = useCallback(async () => {
    const found = await get<Told>("/api/scenario", { path });
    file.current = found;
    setTold(found);
    setFailed([]);
    const draft = kept(path, found.sha256);
    put(draft ?? (now.current.text === found.text ? now.current : begun(found.text)), found);
  }, [path, put]);
  const unsaved = told !== null && history.text !== told.text;
  useEffect(() => {
    file.current = null;
    setTold(null);
    load().catch((error) => setFailed(faultsOf(error)));
  }, [load]);
  useEffect(() => {
    // another tab, or Save on the Plan screen, may have written the file
    if (told && !unsaved) load().catch((error) => setFailed(faultsOf(error)));
  }, [revision]); // eslint-disable-line
  useEffect(() => {
    const other = (event: StorageEvent) => {
      if (!isDraftOf(path, event.key) || !file.current) return;
      const draft = kept(path, file.current.sha256);
      const next = draft ?? begun(file.current.text);
      now.current = next;
      setHistory(next);
    };
    window.addEventListener("storage", other);
    return () => window.removeEventListener("storage", other);
  }, [path]);

  const { text } = history;
  useEffect(() => {
    if (!told || read?.text === text) return;
    let old = false;
    const timer = window.setTimeout(() => {
      post<Read>("/api/scenario/form", { path }, { text })
        .then((found) => !old && take({ ...found, text }))
        .catch((error) => !old && setFailed(faultsOf(error)));
    }, read ? 250 : 0);
    return () => {
      old = true;
      window.clearTimeout(timer);
    };
  }, [text, told, path, read, take]);

  const type = useCallback(
    (next: string) => {
      const at = performance.now();
      put(changed(now.current, next, goesOn(typedAt.current, at)));
      typedAt.current = at;
      setRefused(null);
    },
    [put],
  );
  const edit = useCallback(
    (steps: Change[]) => {
      queue.current = queue.current.then(async () => {
        try {
          for (;;) {
            const from = now.current.text;
            const found = await post<Read>("/api/scenario/form", { path }, { text: from, steps });
            if (now.current.text !== from) continue; // typed meanwhile: once more, on the newer text
            typedAt.current = 0;
            take(found);
            put(changed(now.current, found.text));
            setRefused(null);
            return;
          }
        } catch (error) {
          setRefused({ at: steps[0].path, faults: faultsOf(error) });
        }
      });
    },
    [path, put, take],
  );
  const step = useCallback(
    (which: "undo" | "redo") => {
      typedAt.current = 0;
      setRefused(null);
      put(which === "undo" ? undone(now.current) : redone(now.current));
    },
    [put],
  );
  const save = useCallback(async () => {
    await queue.current;
    if (!file.current) return false;
    try {
      const saved = await post<Told>("/api/scenario/save", { path }, { text: now.current.text, sha256: file.current.sha256 });
      file.current = saved;
      setTold(saved);
      put(saved.text === now.current.text ? now.current : begun(saved.text), saved);
      setFailed([]);
      return true;
    } catch (error) {
      setFailed(faultsOf(error));
      return false;
    }
  }, [path, put]);

  return {
    told,
    text,
    read,
    tree,
    checked: read?.text === text,
    changed: unsaved,
    refused,
    failed,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    type,
    edit,
    step,
    discard: () => told && put(changed(now.current, told.text)),
    load: () => void load().catch((error) => setFailed(faultsOf(error))),
    save,
  };
}
