/** Values of many entries side by side: targets of queues, skills of groups, and everything with a price. */

import { useEffect, useId, useMemo, useState } from "react";
import { Field } from "./Field";
import { Input } from "./Input";
import { FieldFaults } from "./Faults";
import { useForms } from "./context";
import { below } from "./faults";
import { queuesOf, served } from "./graph";
import { type Schema, alternatives, amounts, label, partAt, plain, resolved, waysOf } from "./schema";
import { ranked, skillOf, toggled } from "./skills";
import { type Change } from "./skills";
import { type At, type Node, entry, find, keyOf, keys, scalar } from "./tree";

const ROWS = 60; // shown at first

/** One value of a table. */
function Cell({ at, name, before = [], text }: { at: At; name: string; before?: Change[]; text?: string }) {
  const { root, tree, faults, refused } = useForms();
  const id = useId();
  const part = partAt(root, at) ?? {};
  const ways = useMemo(() => {
    const found = waysOf(root, part);
    return found.field.length ? found : { ...found, field: [{}] };
  }, [root, part]);
  const own = below(faults, at);
  const told = refused && keyOf(refused.at) === keyOf(at) ? [...refused.faults, ...own] : own;
  return (
    <div className={told.length ? "cell wrong" : "cell"} data-at={keyOf(at)}>
      <Input {...{ at, part, ways, id, before, text }} node={find(tree, at)} required={false} invalid={told.length > 0} described={`${id}-faults`} label={name} />
      <FieldFaults id={`${id}-faults`} faults={told} at={at} />
    </div>
  );
}

/** Rows that are many are shown when asked for, or sought by name. */
function useRows(names: string[], what: string) {
  const [sought, setSought] = useState("");
  const [all, setAll] = useState(false);
  const found = names.filter((one) => one.toLowerCase().includes(sought.toLowerCase()));
  const seen = all ? found : found.slice(0, ROWS);
  const controls = names.length > 12 && (
    <p className="bar">
      <input aria-label={`Find a ${what}`} placeholder={`Find one of ${names.length}`} value={sought} onChange={(event) => setSought(event.target.value)} />
      {seen.length < found.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {found.length}
        </button>
      )}
    </p>
  );
  return { seen, controls };
}

/** Targets: a row for each queue, a column for each figure. */
export function Targets() {
  const { root, tree, goTo } = useForms();
  const { seen, controls } = useRows(queuesOf(tree), "queue");
  const target = partAt(root, ["queues", "x", "target"]) as Schema;
  const part = waysOf(root, target).object as Schema;
  const figures = Object.keys(part.properties ?? {});
  return (
    <section aria-label="Targets of the queues">
      {controls}
      <div className="scroll">
        <table className="form-table">
          <thead>
            <tr>
              <th scope="col">Queue</th>
              {figures.map((key) => (
                <th key={key} scope="col" title={plain(part.properties?.[key].description)}>
                  {label(key)} <small>{boundOf(root, part.properties?.[key] as Schema)}</small>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {seen.map((queue) => (
              <tr key={queue}>
                <th scope="row">
                  <button type="button" className="link" onClick={() => goTo(["queues", queue])}>
                    <Name text={queue} />
                  </button>
                </th>
                {figures.map((key) => (
                  <td key={key}>
                    <TargetCell queue={queue} figure={key} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="hint">A service level is written as 80%/20s: the share and the time. Empty cells have no target.</p>
    </section>
  );
}

const boundOf = (root: Parameters<typeof resolved>[0], part: Schema) => {
  const own = alternatives(root, part).flatMap((one) => Object.keys(one.properties ?? {}));
  return own.length === 1 ? (own[0] === "max" ? "at most" : "at least") : "";
};

/** A figure's target: the one limit it has, or the whole of it; a target in its short form is written out first. */
function TargetCell({ queue, figure }: { queue: string; figure: string }) {
  const { root, tree } = useForms();
  const at = ["queues", queue, "target"];
  const short = find(tree, at);
  const isShort = short?.text !== undefined && short.text !== "";
  if (isShort && figure === "sl") return <Cell at={at} name={`${label(figure)} of ${queue}`} />;
  const own = alternatives(root, partAt(root, [...at, figure]) ?? {}).flatMap((one) => Object.keys(one.properties ?? {}));
  const before: Change[] = isShort ? [{ do: "put", path: at, typed: `{sl: ${scalar(short.text ?? "")}}` }] : [];
  const place = own.length === 1 ? [...at, figure, own[0]] : [...at, figure];
  return <Cell at={place} name={`${label(figure)} of ${queue}`} before={before} text={level(find(tree, place))} />;
}

/** `80%/20s` for {share: 80%, within: 20s}. */
function level(node: Node | undefined): string | undefined {
  const [share, within] = [entry(node, "share")?.text, entry(node, "within")?.text];
  return share && within && node?.map?.length === 2 ? `${share}/${within}` : undefined;
}

/** A name that may be broken at its underscores. */
const Name = ({ text }: { text: string }) => (
  <>
    {text.split(/(?<=_)/).map((part_, n) => (
      <span key={n}>
        {n > 0 && <wbr />}
        {part_}
      </span>
    ))}
  </>
);

/** Teams × skills: which group serves which queue, and at which rank. */
export function Skills() {
  const { tree, faults, edit, locked, goTo } = useForms();
  const groups = entry(tree, "groups");
  const queues = queuesOf(tree);
  const { seen, controls } = useRows(keys(groups), "group");
  return (
    <section aria-label="Teams and skills">
      {controls}
      <div className="scroll">
        <table className="form-table skills" data-testid="skills">
          <thead>
            <tr>
              <th scope="col">Group</th>
              {queues.map((queue) => (
                <th key={queue} scope="col">
                  <button type="button" className="link" onClick={() => goTo(["queues", queue])}>
                    <Name text={queue} />
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {seen.map((name) => {
              const group = entry(groups, name);
              const wrong = below(faults, ["groups", name, "skills"]).length + below(faults, ["groups", name, "serves"]).length;
              return (
                <tr key={name} className={wrong || !served(group).length ? "wrong" : ""}>
                  <th scope="row">
                    <button type="button" className="link" onClick={() => goTo(["groups", name])}>
                      <Name text={name} />
                    </button>
                  </th>
                  {queues.map((queue) => (
                    <td key={queue} className={skillOf(group, queue) ? "on" : ""}>
                      <SkillCell {...{ name, group, queue, locked, edit }} />
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p className="hint">
        Tick the queues that a group serves. Beside the tick is its rank there: a smaller one is preferred, and an empty field means 1. Everything else about a
        skill is in the form of the group: click its name.
      </p>
    </section>
  );
}

interface SkillProps {
  name: string;
  group: Node | undefined;
  queue: string;
  locked: boolean;
  edit: (changes: Change[]) => void;
}

function SkillCell({ name, group, queue, locked, edit }: SkillProps) {
  const skill = skillOf(group, queue);
  const rank = skill === "serves" ? "" : skill;
  const { refused } = useForms();
  const [draft, setDraft] = useState<string | null>(null);
  const [ticked, setTicked] = useState<boolean | null>(null); // until the text has changed
  useEffect(() => setTicked(null), [skill, refused]);
  const put = () => {
    const text = draft?.trim() ?? rank;
    setDraft(null);
    if (text === rank) return;
    if (text) edit(ranked(name, group, queue, text));
    else edit([{ do: "remove", path: ["groups", name, "skills", queue, "rank"] }]);
  };
  const tick = () => {
    if (ticked !== null) return; // the text has not changed yet
    setTicked(skill === "");
    edit(toggled(name, group, queue));
  };
  return (
    <span className="skill">
      <input type="checkbox" checked={ticked ?? skill !== ""} disabled={locked} aria-label={`${name} serves ${queue}`} onChange={tick} />
      {skill && (
        <input
          value={draft ?? rank}
          placeholder="1"
          disabled={locked}
          aria-label={`Rank of ${name} for ${queue}`}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={put}
          onKeyDown={(event) => event.key === "Enter" && put()}
        />
      )}
    </span>
  );
}

/** Everything that costs or earns money, by its place. */
export function Costs() {
  const { root, tree, goTo } = useForms();
  const places = useMemo(() => amounts(root), [root]);
  const fixed = places.filter((place) => !place.includes("*"));
  const named = places.filter((place) => place.filter((step) => step === "*").length === 1);
  return (
    <section aria-label="Costs">
      {named.map((place) => (
        <Priced key={place.join(".")} place={place} goTo={goTo} />
      ))}
      {fixed.length > 0 && (
        <>
          <h2>Prices and budgets</h2>
          <div className="fields">
            {fixed.filter((place) => place.length === 2 || find(tree, place.slice(0, 1))).map((place) => (
              <Field key={place.join(".")} at={place} part={partAt(root, place) ?? {}} title={place.map(label).join(": ")} />
            ))}
          </div>
        </>
      )}
    </section>
  );
}

function Priced({ place, goTo }: { place: string[]; goTo: (at: At) => void }) {
  const { root, tree, currency } = useForms();
  const at = place.indexOf("*");
  const kind = place.slice(0, at);
  const below_ = place.slice(at + 1);
  const names = keys(find(tree, kind)).filter((name) => below_.length === 1 || find(tree, [...kind, name, ...below_.slice(0, -1)]));
  const { seen, controls } = useRows(names, kind.join(" "));
  if (!names.length) return null;
  const part = partAt(root, [...kind, names[0], ...below_]);
  const title = [...kind, ...below_].map(label).join(": ");
  return (
    <section>
      <h2>
        {title} <small>{currency}</small>
      </h2>
      <p className="hint">{plain(part?.description)}</p>
      {controls}
      <ul className="priced">
        {seen.map((name) => (
          <li key={name}>
            <button type="button" className="link" onClick={() => goTo([...kind, name])}>
              <Name text={name} />
            </button>
            <Cell at={[...kind, name, ...below_]} name={`${title} of ${name}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}
