/** Saves the plan on the screen as a report (a page with its workbook and tables), or as a workbook to edit. */

import { useCallback, useState } from "react";
import { Refused, post } from "../api";
import { useDialog } from "../dialog";
import { Faults, Working } from "../figure";
import { useWork } from "../study";
import type { Fault, Plan } from "../types";

const KINDS = { report: "Report: a page with charts, a workbook of results, and tables", workbook: "Workbook: the scenario, to edit in Excel" } as const;
type Kind = keyof typeof KINDS;

export default function Share({ plan, onDone, onClose }: { plan: Plan; onDone: (message: string) => void; onClose: () => void }) {
  const stem = (plan.path.replace("example:", "").split("/").at(-1) ?? "plan").replace(/\.ya?ml$/, "");
  const [kind, setKind] = useState<Kind>("report");
  const [name, setName] = useState(stem);
  const [faults, setFaults] = useState<Fault[]>([]);
  const work = useWork();
  const [files, setFiles] = useState<string[]>([]);
  const place = useDialog(useCallback(() => onClose(), [onClose]));
  const taken = faults.some((fault) => fault.rule?.startsWith("already exists"));
  const go = async (replace: boolean) => {
    setFaults([]);
    setFiles([]);
    try {
      if (kind === "report") {
        const told = await work.start<{ folder: string; files: string[] }>("/api/keep/report", plan.path, { folder: name });
        setFiles(told?.files ?? []);
        onDone(told ? `Saved in ${told.folder}.` : "Stopped; nothing was written.");
      } else {
        const told = await post<{ file: string }>("/api/keep/workbook", { path: plan.path }, { name: name.endsWith(".xlsx") ? name : `${name}.xlsx`, replace });
        setFiles([told.file]);
        onDone(`Saved in ${told.file}.`);
      }
    } catch (error) {
      setFaults(error instanceof Refused ? error.faults : [{ message: String(error) }]);
    }
  };
  return (
    <dialog ref={place} aria-labelledby="share-title">
      <h2 id="share-title">Share the plan{plan.changed ? " with its unsaved changes" : ""}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void go(false);
        }}
      >
        <fieldset className="files">
          <legend>Save as</legend>
          {(Object.keys(KINDS) as Kind[]).map((one) => (
            <label key={one}>
              <span>
                <input type="radio" name="kind" checked={kind === one} onChange={() => setKind(one)} /> {KINDS[one]}
              </span>
            </label>
          ))}
        </fieldset>
        <label>
          {kind === "report" ? "Folder of results" : "File name"} <input value={name} onChange={(event) => setName(event.target.value)} spellCheck={false} />
        </label>
        <Faults faults={faults} />
        <Working work={work} what="Simulating" />
        {files.length > 0 && (
          <p data-testid="shared">
            Download:{" "}
            {files.map((file) => (
              <a key={file} href={`/api/keep/file?${new URLSearchParams({ name: file })}`} download>
                {file}
              </a>
            ))}
          </p>
        )}
        <p className="buttons">
          <button type="button" onClick={() => place.current?.close()}>
            Close
          </button>
          {taken && (
            <button type="button" onClick={() => void go(true)}>
              Replace it
            </button>
          )}
          <button className="main" disabled={work.running}>
            Save
          </button>
        </p>
      </form>
    </dialog>
  );
}
