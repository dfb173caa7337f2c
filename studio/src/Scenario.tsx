/** The Scenario screen: the YAML file with every fault at its line while it is typed; saved only without faults. */

import { useCallback, useEffect, useRef, useState } from "react";
import { Refused, get, post } from "./api";
import type { Fault } from "./types";

interface Told {
  path: string;
  text: string;
  sha256: string;
  example: boolean;
}
interface Placed extends Fault {
  line: number;
  column: number;
}

const draftOf = (path: string) => `cxsim-text ${path}`;

/** A text that was not saved, if the file is still the one that was edited. */
function kept(told: Told): string {
  try {
    const found = JSON.parse(localStorage.getItem(draftOf(told.path)) ?? "null");
    if (found?.sha256 === told.sha256 && typeof found.text === "string") return found.text;
  } catch {
    // what was kept cannot be read
  }
  return told.text;
}

/** The place in a text where a line and column begin, both from 1. */
export function offset(text: string, line: number, column: number): number {
  const lines = text.split("\n");
  const before = lines.slice(0, Math.max(line - 1, 0)).reduce((sum, one) => sum + one.length + 1, 0);
  return Math.min(before + Math.max(column - 1, 0), text.length);
}

export function ScenarioScreen({ path, revision, onSaved }: { path: string; revision: number; onSaved: (message: string) => void }) {
  const [told, setTold] = useState<Told | null>(null);
  const [text, setText] = useState("");
  const [faults, setFaults] = useState<Placed[]>([]);
  const [checked, setChecked] = useState(false);
  const [refused, setRefused] = useState<Fault[]>([]);
  const editor = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLOListElement>(null);
  const changed = told !== null && text !== told.text;

  const load = useCallback(async () => {
    const found = await get<Told>("/api/scenario", { path });
    setTold(found);
    setText(kept(found));
    setRefused([]);
  }, [path]);
  const failed = (error: unknown) => setRefused(error instanceof Refused ? error.faults : [{ message: String(error) }]);
  useEffect(() => {
    setTold(null);
    load().catch(failed);
  }, [load]);
  useEffect(() => {
    // another tab, or Save on the Plan screen, may have written the file
    if (told && !changed) load().catch(failed);
  }, [revision]); // eslint-disable-line

  useEffect(() => {
    if (!told) return;
    if (changed) localStorage.setItem(draftOf(path), JSON.stringify({ sha256: told.sha256, text }));
    else localStorage.removeItem(draftOf(path));
    setChecked(false);
    let old = false;
    const timer = window.setTimeout(() => {
      post<{ faults: Placed[] }>("/api/scenario/check", { path }, { text })
        .then((found) => {
          if (old) return;
          setFaults(found.faults);
          setChecked(true);
        })
        .catch((error) => !old && failed(error));
    }, 250);
    return () => {
      old = true;
      window.clearTimeout(timer);
    };
  }, [text, told, path]); // eslint-disable-line

  const save = useCallback(async () => {
    if (!told) return;
    try {
      const saved = await post<Told>("/api/scenario/save", { path }, { text, sha256: told.sha256 });
      localStorage.removeItem(draftOf(path));
      setTold(saved);
      setText(saved.text);
      setRefused([]);
      onSaved(`Saved in ${path}.`);
    } catch (error) {
      failed(error);
    }
  }, [path, text, told, onSaved]);

  const show = (fault: Placed) => {
    const area = editor.current;
    if (!area || !fault.line) return;
    const start = offset(text, fault.line, fault.column);
    area.focus();
    area.setSelectionRange(start, start + (text.slice(start).match(/^[^\s,}\]]+/)?.[0].length ?? 0));
    area.scrollTop = Math.max(0, (fault.line - 6) * 20);
  };

  if (!told) return <main>{refused.map((fault, n) => <p key={n} className="fault">{fault.message}</p>)}</main>;
  const at = new Map(faults.map((fault) => [fault.line, fault]));
  const lines = text.split("\n").length;
  return (
    <main className="scenario">
      <div className="bar">
        <b>{path.replace("example:", "Example ")}</b>
        <span data-testid="scenario-state" className={faults.length ? "worse" : "hint-inline"}>
          {!checked ? "checking …" : faults.length ? `${faults.length} fault${faults.length === 1 ? "" : "s"}` : changed ? "no faults" : "no faults, as saved"}
        </span>
        <span className="grow" />
        <button type="button" disabled={!changed} onClick={() => setText(told.text)}>
          Discard changes
        </button>
        <button type="button" className="main" disabled={!changed || !checked || faults.length > 0 || told.example} onClick={() => void save()}>
          Save file
        </button>
      </div>
      {told.example && <p className="hint">This is an example, which stays as it is. Save its plan under a name of your own with “Save as …”, then edit that file.</p>}
      {refused.length > 0 && (
        <div className="faults" role="alert">
          <ul>
            {refused.map((fault, n) => (
              <li key={n}>{fault.message}</li>
            ))}
          </ul>
          <button type="button" onClick={() => load().catch(failed)}>
            Reload the file
          </button>
        </div>
      )}
      <div className="split">
        <div className="editor">
          <ol ref={gutter} aria-hidden="true">
            {Array.from({ length: lines }, (_, n) => (
              <li key={n} className={at.has(n + 1) ? "wrong" : ""}>
                {n + 1}
              </li>
            ))}
          </ol>
          <textarea
            ref={editor}
            aria-label="Text of the scenario"
            aria-invalid={faults.length > 0}
            value={text}
            spellCheck={false}
            wrap="off"
            onChange={(event) => setText(event.target.value)}
            onScroll={(event) => {
              if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
            }}
            onKeyDown={(event) => {
              if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
                event.preventDefault();
                event.stopPropagation();
                if (changed && checked && !faults.length && !told.example) void save();
              }
            }}
          />
        </div>
        <aside aria-label="Faults">
          {faults.length === 0 ? (
            <p className="hint">
              Every change is checked while you type: what is wrong stands here, with the line to write. Saving simulates the plan again; unsaved
              headcounts of the Plan screen are kept.
            </p>
          ) : (
            <ul>
              {faults.map((fault, n) => (
                <li key={n}>
                  <button type="button" onClick={() => show(fault)}>
                    {fault.line > 0 && <span className="count">line {fault.line}</span>} <b>{fault.path}</b>
                    <span>{fault.message}</span>
                  </button>
                </li>
              ))}
            </ul>
          )}
        </aside>
      </div>
    </main>
  );
}
