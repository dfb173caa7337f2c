/** The text of the scenario with the numbers of its lines, and what is wrong with it. */

import { type RefObject, useEffect, useRef } from "react";
import type { Placed } from "./faults";
import { offset } from "./history";
import type { At } from "./tree";

const ROW = 20; // px

interface Props {
  text: string;
  faults: Placed[];
  line: number; // that a form is about
  area: RefObject<HTMLTextAreaElement>;
  onType: (text: string) => void;
}

export function Editor({ text, faults, line, area, onType }: Props) {
  const gutter = useRef<HTMLOListElement>(null);
  const wrong = new Set(faults.map((fault) => fault.line));
  useEffect(() => {
    const place = area.current;
    if (!place || !line || document.activeElement === place) return;
    const top = (line - 1) * ROW;
    if (top < place.scrollTop || top > place.scrollTop + place.clientHeight - 2 * ROW) place.scrollTop = Math.max(0, top - 6 * ROW);
  }, [line, area]);
  return (
    <div className="editor">
      <ol ref={gutter} aria-hidden="true">
        {Array.from({ length: text.split("\n").length }, (_, n) => (
          <li key={n} className={wrong.has(n + 1) ? "wrong" : line === n + 1 ? "looked" : ""}>
            {n + 1}
          </li>
        ))}
      </ol>
      <textarea
        ref={area}
        aria-label="Text of the scenario"
        aria-invalid={faults.length > 0}
        value={text}
        spellCheck={false}
        wrap="off"
        onChange={(event) => onType(event.target.value)}
        onScroll={(event) => {
          if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}

/** Select what a fault is about in the text. */
export function select(area: HTMLTextAreaElement | null, text: string, fault: Placed) {
  if (!area || !fault.line) return;
  const start = offset(text, fault.line, fault.column);
  area.focus();
  area.setSelectionRange(start, start + (text.slice(start).match(/^[^\s,}\]]+/)?.[0].length ?? 0));
  area.scrollTop = Math.max(0, (fault.line - 6) * ROW);
}

export function FaultList({ faults, onText, onField }: { faults: Placed[]; onText: (fault: Placed) => void; onField: (at: At) => void }) {
  return (
    <aside aria-label="Faults">
      {faults.length === 0 ? (
        <p className="hint">
          Every change is checked: what is wrong stands here and at its field, with what to write. Saving simulates the plan again; unsaved headcounts of the
          Plan screen are kept.
        </p>
      ) : (
        <ul>
          {faults.slice(0, 200).map((fault, n) => (
            <li key={n}>
              <button type="button" onClick={() => onText(fault)}>
                {fault.line > 0 && <span className="count">line {fault.line}</span>} <b>{fault.path}</b>
                <span>{fault.message}</span>
              </button>
              {fault.at.length > 0 && (
                <button type="button" className="small" aria-label={`Show the field of ${fault.path}`} onClick={() => onField(fault.at)}>
                  Field
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </aside>
  );
}
