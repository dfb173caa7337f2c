/** A field of a form, or the fields below it, as the schema of the scenario has them. */

import { useId, useMemo, useState } from "react";
import { FieldFaults } from "./Faults";
import { Input } from "./Input";
import { useForms } from "./context";
import { below, exactly } from "./faults";
import { type Schema, type Ways, label, partAt, plain, waysOf } from "./schema";
import { type At, type Node, find, flow, isEmpty, keyOf, keys, scalar, shown } from "./tree";

const LAW = "law ";
const LONG = 60; // characters of a value in a heading

interface Props {
  at: At;
  part: Schema;
  required?: boolean;
  title?: string;
  open?: boolean; // without a heading to open it by
  shown?: boolean; // opened at first
}

function optionsOf(ways: Ways): [string, string][] {
  const out: [string, string][] = [];
  if (ways.field.length) out.push(["value", ways.laws ? "a time" : "one value"]);
  for (const law of Object.keys(ways.laws?.properties ?? {})) out.push([LAW + law, law]);
  if (ways.object) out.push(["object", "details"]);
  if (ways.map) out.push(["map", "by name"]);
  if (ways.list) out.push(["list", "list"]);
  return out;
}

/** How a value is written now. */
function formOf(ways: Ways, node: Node | undefined): string {
  const options = optionsOf(ways).map(([key]) => key);
  if (node?.map) {
    const own = keys(node);
    if (ways.object && own.some((key) => ways.object?.properties?.[key])) return "object";
    if (ways.laws) return own.length && options.includes(LAW + own[0]) ? LAW + own[0] : options[0];
    if (ways.list && !ways.object && !ways.map) return "list"; // one entry that stands for a list
    return ways.object ? "object" : ways.map ? "map" : "value";
  }
  if (node?.list) return ways.list ? "list" : "value";
  return options[0] ?? "value";
}

export function Field({ at, part, required = false, title, open, shown: first = false }: Props) {
  const { root, tree, faults, refused, edit, locked } = useForms();
  const ways = useMemo(() => waysOf(root, part), [root, part]);
  const node = find(tree, at);
  const [chosen, setChosen] = useState<string | null>(null);
  const id = useId();
  const options = optionsOf(ways);
  const form = chosen && (isEmpty(node) || formOf(ways, node) !== chosen) ? chosen : formOf(ways, node);
  const name = title ?? label(String(at[at.length - 1]));
  const text = plain(part.description ?? (ways.object ?? ways.list)?.description);
  const own = form === "value" ? below(faults, at) : exactly(faults, at);
  const told = refused && keyOf(refused.at) === keyOf(at) ? [...refused.faults, ...own] : own;

  const choose = (next: string) => {
    if (next.startsWith(LAW)) {
      const law = next.slice(LAW.length);
      const params = Object.keys(ways.laws?.properties?.[law]?.properties ?? {});
      const was = node?.map?.[0]?.[1].map ?? [];
      const kept = was.filter(([key]) => params.includes(key)).map(([key, value]) => `${key}: ${flow(value)}`);
      if (node?.text && params.includes("mean")) kept.push(`mean: ${scalar(node.text, node.kind)}`);
      edit([{ do: "put", path: at, typed: `{${law}: {${kept.join(", ")}}}` }]);
    } else if (next === "value" && form.startsWith(LAW)) {
      const mean = node?.map?.[0]?.[1].map?.find(([key]) => key === "mean")?.[1];
      edit(mean ? [{ do: "put", path: at, typed: shown(mean) }] : [{ do: "remove", path: at }]);
    }
    setChosen(next.startsWith(LAW) ? null : next);
  };
  const chooser = options.length > 1 && !ways.choices && (
    <select className="as" aria-label={`${name}: written as`} value={form} disabled={locked} onChange={(event) => choose(event.target.value)}>
      {options.map(([key, words]) => (
        <option key={key} value={key}>
          {words}
        </option>
      ))}
    </select>
  );
  const hint = text && (
    <small id={`${id}-hint`} className="field-hint">
      {text}
    </small>
  );
  const wrong = <FieldFaults id={`${id}-faults`} faults={told} at={at} />;
  if (form === "value")
    return (
      <div className={told.length ? "field wrong" : "field"} data-at={keyOf(at)}>
        <div className="field-name">
          <label htmlFor={id}>{name}</label>
          {chooser}
        </div>
        <Input {...{ at, part, ways, node, required, id }} invalid={told.length > 0} described={`${id}-hint ${id}-faults`} />
        {wrong}
        {hint}
      </div>
    );
  const law = form.startsWith(LAW) ? form.slice(LAW.length) : "";
  const inner = law ? (
    <Properties at={[...at, law]} part={ways.laws?.properties?.[law] ?? {}} />
  ) : form === "object" ? (
    <Properties at={at} part={ways.object as Schema} />
  ) : form === "map" ? (
    <Names at={at} item={ways.map as Schema} />
  ) : (
    <List at={at} item={ways.list as Schema} />
  );
  return (
    <Group {...{ at, name, node, open, first, told, chooser, hint, wrong }} always={law !== ""}>
      {inner}
    </Group>
  );
}

interface GroupProps {
  at: At;
  name: string;
  node: Node | undefined;
  open?: boolean;
  first: boolean;
  always: boolean;
  told: unknown[];
  chooser: React.ReactNode;
  hint: React.ReactNode;
  wrong: React.ReactNode;
  children: React.ReactNode;
}

function Group({ at, name, node, open, first, always, told, chooser, hint, wrong, children }: GroupProps) {
  const { faults, edit, locked, look } = useForms();
  const inside = below(faults, at).length;
  const [shut, setShut] = useState<boolean | null>(null);
  const isOpen = open || always || !(shut ?? (at.length > 2 && !inside && !first));
  const value = node && !isOpen ? shown(node) : "";
  return (
    <div className={`field wide${told.length ? " wrong" : ""}`} data-at={keyOf(at)}>
      {!open && (
        <div className="field-name">
          {always ? (
            <b>{name}</b>
          ) : (
            <button
              type="button"
              className="opens"
              aria-expanded={isOpen}
              onClick={() => {
                setShut(isOpen);
                if (node) look(node.line);
              }}
            >
              {name}
            </button>
          )}
          {chooser}
          {inside > 0 && <span className="count">{inside}</span>}
          {value && <code className="value">{value.length > LONG ? `${value.slice(0, LONG)} …` : value}</code>}
          {!node && !isOpen && <span className="hint-inline">not set</span>}
          <span className="grow" />
          {node && at.length > 1 && (
            <button type="button" className="small" disabled={locked} aria-label={`Remove ${name}`} onClick={() => edit([{ do: "remove", path: at }])}>
              Remove
            </button>
          )}
        </div>
      )}
      {wrong}
      {!open && hint}
      {isOpen && <div className="inner">{children}</div>}
    </div>
  );
}

/** Every key of a part, and keys that it does not have but the text does. Parts that are not there can be added. */
export function Properties({ at, part }: { at: At; part: Schema }) {
  const { root, tree, edit, locked, faults, look } = useForms();
  const [added, setAdded] = useState<string[]>([]);
  const node = find(tree, at);
  const needed = new Set(part.required ?? []);
  const unknown = (node?.map ?? []).filter(([key]) => !part.properties?.[key]);
  const all = Object.entries(part.properties ?? {});
  const absent = all.filter(
    ([key, one]) =>
      !needed.has(key) && !added.includes(key) && !find(node, [key]) && !below(faults, [...at, key]).length && !waysOf(root, one).field.length,
  );
  const hidden = new Set(absent.map(([key]) => key));
  return (
    <div className="fields">
      {unknown.map(([key, value]) => (
        <div key={key} className="field wide wrong" data-at={keyOf([...at, key])}>
          <div className="field-name">
            <b>{key}</b>
            <code className="value">{shown(value).slice(0, LONG)}</code>
            <button type="button" className="small" onClick={() => look(value.line)}>
              Line {value.line}
            </button>
            <button type="button" className="small" disabled={locked} onClick={() => edit([{ do: "remove", path: [...at, key] }])}>
              Remove
            </button>
          </div>
          <FieldFaults id={`${keyOf([...at, key])}-faults`} faults={below(faults, [...at, key])} at={[...at, key]} />
        </div>
      ))}
      {all
        .filter(([key]) => !hidden.has(key))
        .map(([key, one]) => (
          <Field key={key} at={[...at, key]} part={one} required={needed.has(key)} shown={added.includes(key)} />
        ))}
      {absent.length > 0 && (
        <p className="field wide more">
          <span className="hint-inline">Not set:</span>
          {absent.map(([key, one]) => (
            <button key={key} type="button" className="small" disabled={locked} title={plain(one.description)} onClick={() => setAdded([...added, key])}>
              + {label(key)}
            </button>
          ))}
        </p>
      )}
    </div>
  );
}

/** Values by names of the user's. */
function Names({ at, item }: { at: At; item: Schema }) {
  const { tree, edit, locked } = useForms();
  const [name, setName] = useState("");
  const [added, setAdded] = useState<string[]>([]);
  const own = keys(find(tree, at));
  const plainItem = useForms().root && !partIsObject(useForms().root, item);
  const id = useId();
  const add = () => {
    const text = name.trim();
    if (!text || own.includes(text)) return;
    setName("");
    if (plainItem) setAdded([...added, text]);
    else edit([{ do: "put", path: [...at, text], value: {} }]);
  };
  return (
    <div className="fields">
      {[...own, ...added.filter((one) => !own.includes(one))].map((one) => (
        <Field key={one} at={[...at, one]} part={item} title={one} required />
      ))}
      <div className="field add-name">
        <label htmlFor={id}>New name</label>
        <span className="with-unit">
          <input
            id={id}
            value={name}
            disabled={locked}
            spellCheck={false}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => event.key === "Enter" && add()}
          />
          <button type="button" disabled={locked || !name.trim() || own.includes(name.trim())} onClick={add}>
            Add
          </button>
        </span>
      </div>
    </div>
  );
}

const partIsObject = (root: ReturnType<typeof useForms>["root"], part: Schema) => {
  const ways = waysOf(root, part);
  return !ways.field.length && ways.object !== null;
};

/** Entries that stand in an order. */
function List({ at, item }: { at: At; item: Schema }) {
  const { root, tree, edit, locked } = useForms();
  const node = find(tree, at);
  const single = node?.map !== undefined; // one entry that stands for a list
  const entries = node?.list ?? (node && !isEmpty(node) ? [node] : []);
  const add = () => {
    if (single && node) edit([{ do: "put", path: at, typed: `[${flow(node)}, {}]` }]);
    else if (node?.list) edit([{ do: "put", path: [...at, entries.length], value: {} }]);
    else edit([{ do: "put", path: at, value: [{}] }]);
  };
  return (
    <div className="fields">
      {entries.map((_, n) => {
        const place = single ? at : [...at, n];
        const ways = waysOf(root, item);
        return single && ways.object ? (
          <div key={n} className="field wide">
            <Properties at={place} part={ways.object} />
          </div>
        ) : (
          <Field key={n} at={place} part={partAt(root, place) ?? item} title={`Entry ${n + 1}`} required />
        );
      })}
      <p className="field wide">
        <button type="button" disabled={locked} onClick={add}>
          Add an entry
        </button>
      </p>
    </div>
  );
}
