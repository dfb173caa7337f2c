/** One value in a field: a choice, or a text that is put when the field is left or Enter is pressed. */

import { useEffect, useId, useRef, useState } from "react";
import { useForms } from "./context";
import { type Schema, type Ways, exampleOf, named, placeholder, unitOf } from "./schema";
import type { Change } from "./skills";
import { type At, type Node, entry, keys, shown } from "./tree";
import { queuesOf } from "./graph";

interface Props {
  at: At;
  part: Schema;
  ways: Ways;
  node: Node | undefined;
  required: boolean;
  id: string;
  described?: string;
  invalid: boolean;
  label?: string; // where there is no other label
  before?: Change[]; // what has to be written first
  text?: string; // of a value that is shown in a short form
}

/** The names that may stand at a place. */
function useNames(at: At): string[] {
  const { root, tree } = useForms();
  const kind = named(root, at);
  if (!kind) return [];
  const own = kind === "queues" ? queuesOf(tree) : keys(entry(tree, kind));
  const nodes = root.names.flow.some((one) => one.startsWith("flow.")) && at[0] === "flow" ? [...keys(entry(tree, "flow")), "closed"] : [];
  return [...new Set([...own, ...nodes])];
}

const isText = ({ field, lines }: Ways) =>
  !lines && field.every((one) => one.type === "string" && !one.pattern && !one.examples && !one.format && !one.enum);

export function Input({ at, part, ways, node, required, id, described, invalid, label, before = [], text: given }: Props) {
  const { edit, locked, look, currency } = useForms();
  const now = given ?? shown(node);
  const [draft, setDraft] = useState<string | null>(null);
  const names = useNames(at);
  const list = useId();
  const left = useRef(false);
  useEffect(() => setDraft(null), [now]);
  const put = (text: string) => {
    if (text === now) return setDraft(null);
    if (!text.trim()) return node ? edit([{ do: "remove", path: at }]) : setDraft(null);
    const many = (ways.lines || node?.list) && !/^\s*[[{]/.test(text) && (text.includes(",") || node?.list || !ways.field.some((one) => one.type !== "array"));
    if (many) edit([...before, { do: "put", path: at, typed: `[${text}]` }]);
    else if (isText(ways)) edit([...before, { do: "put", path: at, value: text }]);
    else edit([...before, { do: "put", path: at, typed: text }]);
  };
  const shared = {
    id,
    "aria-describedby": described,
    "aria-invalid": invalid || undefined,
    "aria-label": label,
    disabled: locked,
    onFocus: () => node && look(node.line),
  };
  const empty = placeholder(part, required);
  if (ways.choices) {
    const options = [...new Set([...ways.choices, ...(now ? [now] : [])])];
    return (
      <select {...shared} value={now} onChange={(event) => put(event.target.value)}>
        <option value="">{empty || "not set"}</option>
        {options.map((one) => (
          <option key={one} value={one}>
            {one.replaceAll("_", " ")}
          </option>
        ))}
      </select>
    );
  }
  const unit = unitOf(ways, currency);
  return (
    <span className="with-unit">
      <input
        {...shared}
        value={draft ?? now}
        placeholder={empty}
        title={exampleOf(ways) && `such as ${exampleOf(ways)}`}
        spellCheck={false}
        autoComplete="off"
        list={names.length ? list : undefined}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => {
          if (draft !== null && !left.current) put(draft);
          left.current = false;
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && draft !== null) put(draft);
          if (event.key === "Escape") setDraft(null);
        }}
      />
      {unit && <span className="unit">{unit}</span>}
      {names.length > 0 && (
        <datalist id={list}>
          {names.slice(0, 500).map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </span>
  );
}
