/** What is wrong with a field, beside it, with what could be written instead. */

import type { Fault } from "../types";
import { useForms } from "./context";
import { offers } from "./faults";
import type { At } from "./tree";

export function FieldFaults({ faults, at, id }: { faults: Fault[]; at: At; id: string }) {
  const { edit, locked } = useForms();
  if (!faults.length) return null;
  return (
    <ul className="field-faults" id={id}>
      {faults.map((fault, n) => (
        <li key={n}>
          {fault.message}
          {offers(fault).map((text) => (
            <button key={text} type="button" disabled={locked} onClick={() => edit([{ do: "put", path: at, typed: text }])}>
              Write {text}
            </button>
          ))}
        </li>
      ))}
    </ul>
  );
}
