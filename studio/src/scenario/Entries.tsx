/** A part of the scenario by name: the list of names, and the form of the one that is chosen. */

import { useEffect, useId, useState } from "react";
import type { Fault } from "../types";
import { FieldFaults } from "./Faults";
import { Properties } from "./Field";
import { useForms } from "./context";
import { below, exactly } from "./faults";
import { queuesOf } from "./graph";
import { type Schema, label, partAt, plain, waysOf } from "./schema";
import { type Node, entry, find, isEmpty, keyOf, keys } from "./tree";

const SINGULAR: Record<string, string> = { queues: "queue", reasons: "reason", groups: "group", channels: "channel", segments: "segment", flow: "node" };
export const singular = (kind: string) => SINGULAR[kind] ?? "entry";

interface Props {
  kind: string;
  chosen: string;
  onChoose: (name: string) => void;
}

/** Every name, also of queues that have no entry. */
export const namesOf = (tree: Node, kind: string) => (kind === "queues" ? queuesOf(tree) : keys(entry(tree, kind)));

export function Entries({ kind, chosen, onChoose }: Props) {
  const { root, tree, faults, edit, locked, look } = useForms();
  const [sought, setSought] = useState("");
  const [added, setAdded] = useState("");
  const id = useId();
  const names = namesOf(tree, kind);
  const name = names.includes(chosen) ? chosen : (names[0] ?? "");
  const seen = names.filter((one) => one.toLowerCase().includes(sought.toLowerCase()));
  const add = () => {
    const text = added.trim();
    if (!text || keys(entry(tree, kind)).includes(text)) return;
    edit([{ do: "put", path: [kind, text], value: {} }]);
    setAdded("");
    setSought("");
    onChoose(text);
  };
  const part = partAt(root, [kind, name || "x"]) as Schema;
  const form = waysOf(root, part).object;
  return (
    <div className="entries">
      <nav aria-label={label(kind)}>
        {names.length > 12 && (
          <input aria-label={`Find a ${singular(kind)}`} placeholder={`Find one of ${names.length}`} value={sought} onChange={(event) => setSought(event.target.value)} />
        )}
        <ul>
          {seen.map((one) => {
            const wrong = below(faults, [kind, one]).length;
            return (
              <li key={one}>
                <button
                  type="button"
                  aria-current={one === name ? "true" : undefined}
                  onClick={() => {
                    onChoose(one);
                    const node = find(tree, [kind, one]);
                    if (node) look(node.line);
                  }}
                >
                  <span>{one}</span>
                  {wrong > 0 && <b className="count">{wrong}</b>}
                </button>
              </li>
            );
          })}
        </ul>
        <div className="add-name">
          <label htmlFor={id}>New {singular(kind)}</label>
          <span className="with-unit">
            <input
              id={id}
              value={added}
              disabled={locked}
              spellCheck={false}
              onChange={(event) => setAdded(event.target.value)}
              onKeyDown={(event) => event.key === "Enter" && add()}
            />
            <button type="button" disabled={locked || !added.trim() || keys(entry(tree, kind)).includes(added.trim())} onClick={add}>
              Add
            </button>
          </span>
        </div>
      </nav>
      {name && form ? (
        <section aria-label={`${label(singular(kind))} ${name}`}>
          <Head key={name} kind={kind} name={name} onChoose={onChoose} />
          <p className="hint">{plain(form.description)}</p>
          <Properties key={`fields ${name}`} at={[kind, name]} part={form} />
        </section>
      ) : (
        <p className="hint">There is none yet. Type a name and add it.</p>
      )}
    </div>
  );
}

/** The name, which can be changed, and what is wrong with the whole entry. */
function Head({ kind, name, onChoose }: { kind: string; name: string; onChoose: (name: string) => void }) {
  const { tree, faults, refused, edit, locked } = useForms();
  const [draft, setDraft] = useState<string | null>(null);
  const [taken, setTaken] = useState("");
  const id = useId();
  const at = [kind, name];
  const there = !isEmpty(find(tree, at)) || keys(entry(tree, kind)).includes(name);
  const told: Fault[] = [
    ...(taken ? [{ message: `“${taken}” already exists; choose another name` }] : []),
    ...(refused && keyOf(refused.at) === keyOf(at) ? refused.faults : []),
    ...exactly(faults, at),
  ];
  useEffect(() => setDraft(null), [name]);
  const rename = () => {
    const text = draft?.trim();
    setTaken("");
    if (!text || text === name) return setDraft(null);
    if (namesOf(tree, kind).includes(text)) return setTaken(text);
    edit([{ do: "rename", path: at, typed: text }]);
    onChoose(text);
  };
  return (
    <div className={told.length ? "entry-head wrong" : "entry-head"} data-at={keyOf(at)}>
      <label htmlFor={id}>Name</label>
      <input
        id={id}
        value={draft ?? name}
        disabled={locked}
        spellCheck={false}
        aria-describedby={`${id}-faults`}
        aria-invalid={told.length > 0 || undefined}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={rename}
        onKeyDown={(event) => {
          if (event.key === "Enter") rename();
          if (event.key === "Escape") setDraft(null);
        }}
      />
      {there ? (
        <button type="button" disabled={locked} onClick={() => edit([{ do: "remove", path: at }])}>
          Remove {singular(kind)}
        </button>
      ) : (
        <span className="hint-inline">has no entry of its own: a field that you fill in writes one</span>
      )}
      <FieldFaults id={`${id}-faults`} faults={told} at={at} />
    </div>
  );
}
