/** The What-if screen: sliders for named variants of the plan, and their differences from it on the same customers. */

import { useEffect, useMemo, useRef, useState } from "react";
import { verdict } from "./Scorecard";
import { Refused, ask } from "./api";
import { change, clock, day, figure } from "./format";
import { Keep } from "./keep/Keep";
import { tableOf } from "./keep/table";
import type { Desk } from "./plan";
import type { Answer, Fault, Metric, Plan, Target } from "./types";

const MOST = 5;
const ROWS = ["sl", "abandoned_share", "asa", "occupancy", "fcr_true", "cost", "paid_hours"];

export interface Variant {
  id: number;
  name: string;
  volume: number;
  handle_time: number;
  patience: number;
  resolution: number;
  shrinkage: number;
}
type Slider = Exclude<keyof Variant, "id" | "name">;
type Told = Omit<Answer, "revision" | "bands"> & { variant: number };

const SLIDERS: { key: Slider; title: string; points: boolean; from: number; to: number; step: number }[] = [
  { key: "volume", title: "Volume", points: false, from: 50, to: 200, step: 1 },
  { key: "handle_time", title: "Handle time", points: false, from: 50, to: 150, step: 1 },
  { key: "patience", title: "Patience", points: false, from: 25, to: 300, step: 5 },
  { key: "resolution", title: "Resolution (FCR)", points: true, from: -30, to: 30, step: 1 },
  { key: "shrinkage", title: "Shrinkage", points: true, from: -20, to: 30, step: 1 },
];

const fresh = (id: number, name: string): Variant => ({ id, name, volume: 1, handle_time: 1, patience: 1, resolution: 0, shrinkage: 0 });
const FIRST: Variant[] = [{ ...fresh(1, "15 % more contacts"), volume: 1.15 }];

/** The value of a slider: per cent of what it is now, or points more. */
export const position = (variant: Variant, key: Slider, points: boolean) => (points ? variant[key] : Math.round(variant[key] * 100));

export function said(variant: Variant, key: Slider, points: boolean): string {
  const at = points ? variant[key] : Math.round(variant[key] * 100) - 100;
  const sign = at > 0 ? "+" : at < 0 ? "−" : "±";
  return `${sign}${Math.abs(at)} ${points ? "points" : "%"}`;
}

function kept(path: string): Variant[] {
  try {
    const found = JSON.parse(localStorage.getItem(`cxsim-what-if ${path}`) ?? "null");
    if (Array.isArray(found) && found.length) return found.slice(0, MOST).map((one, n) => ({ ...fresh(n + 1, "Variant"), ...one, id: n + 1 }));
  } catch {
    // what was kept cannot be read: begin again
  }
  return FIRST;
}

interface Props {
  desk: Desk;
  metrics: Record<string, Metric>;
  onExplain: (name: string) => void;
}

export function WhatIfScreen({ desk, metrics, onExplain }: Props) {
  const { plan } = desk;
  const path = plan?.path ?? "";
  const [variants, setVariants] = useState<Variant[]>(() => kept(path));
  const [answers, setAnswers] = useState<Map<number, Told>>(new Map());
  const [faults, setFaults] = useState<Fault[]>([]);
  const [current, setCurrent] = useState("");
  const of = useRef(path);
  const question = useMemo(() => JSON.stringify({ path, revision: plan?.revision, variants }), [path, plan?.revision, variants]);

  useEffect(() => {
    if (of.current !== path) {
      of.current = path;
      setVariants(kept(path));
      setAnswers(new Map());
    } else if (path) localStorage.setItem(`cxsim-what-if ${path}`, JSON.stringify(variants));
  }, [path, variants]);

  useEffect(() => {
    if (!path) return;
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      const body = { variants: variants.map(({ id: _, ...one }) => ({ ...one, name: one.name.trim() || "Variant" })) };
      performance.clearMarks();
      performance.mark("edit"); // for the benchmark
      ask<Told>("/api/what-if", { path }, body, stop.signal, (told) => {
        setFaults([]);
        setCurrent(question);
        setAnswers((now) => new Map(now).set(told.variant < 0 ? -1 : variants[told.variant].id, told));
        requestAnimationFrame(() => performance.mark("shown", { detail: { done: told.done, replications: told.replications } }));
      }).catch((error) => {
        if (!stop.signal.aborted) setFaults(error instanceof Refused ? error.faults : [{ message: String(error) }]);
      });
    }, 60);
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [question]); // eslint-disable-line

  if (!plan) return null;
  const put = (id: number, values: Partial<Variant>) => setVariants((now) => now.map((one) => (one.id === id ? { ...one, ...values } : one)));
  const base = answers.get(-1);
  const shown = variants.map((one) => ({ variant: one, told: answers.get(one.id) }));
  const stale = current !== question;
  const present = plan.groups.some((group) => !group.scheduled);
  return (
    <main>
      <section className="variants" aria-label="Variants">
        {variants.map((one) => (
          <fieldset key={one.id} data-testid={`variant-${one.id}`}>
            <legend>
              <input aria-label="Name of the variant" value={one.name} maxLength={60} onChange={(event) => put(one.id, { name: event.target.value })} />
            </legend>
            {SLIDERS.map(({ key, title, points, from, to, step }) => (
              <label key={key}>
                <span>{title}</span>
                <input
                  type="range"
                  min={from}
                  max={to}
                  step={step}
                  value={position(one, key, points)}
                  aria-valuetext={said(one, key, points)}
                  onChange={(event) => put(one.id, { [key]: points ? Number(event.target.value) : Number(event.target.value) / 100 })}
                />
                <output>{said(one, key, points)}</output>
              </label>
            ))}
            <p className="buttons">
              <button type="button" onClick={() => put(one.id, { ...fresh(one.id, one.name) })}>
                Reset
              </button>
              {variants.length > 1 && (
                <button type="button" onClick={() => setVariants((now) => now.filter((other) => other.id !== one.id))}>
                  Remove
                </button>
              )}
            </p>
          </fieldset>
        ))}
        {variants.length < MOST && (
          <button
            type="button"
            className="add"
            onClick={() => setVariants((now) => [...now, fresh(Math.max(...now.map((one) => one.id)) + 1, `Variant ${now.length + 1}`)])}
          >
            + Add a variant
          </button>
        )}
      </section>
      {faults.length > 0 && (
        <div className="faults" role="alert">
          <ul>
            {faults.slice(0, 8).map((fault, n) => (
              <li key={n}>
                <b>
                  {fault.place}: {fault.path}
                </b>{" "}
                {fault.message}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="bar">
        <b>{plan.changed ? "Against the plan on the screen, with its unsaved changes" : "Against the plan as saved"}</b>
        <span className="grow" />
        {base && (
          <span className="progress" data-testid="what-if-progress" data-done={!stale && shown.every(({ told }) => told?.done)}>
            {stale ? "simulating" : `${Math.min(...shown.map(({ told }) => told?.replications ?? 0))} of ${base.of} replications`}
            <progress value={stale ? 0 : Math.min(...shown.map(({ told }) => told?.replications ?? 0))} max={base.of} aria-label="Replications" />
          </span>
        )}
      </div>
      {base ? (
        <>
          <div className="kept"><Keep title="What if" table={() => tableOf(document.querySelector("[data-testid=what-if-table]")!)} /></div>
          <Figures plan={plan} metrics={metrics} base={base} shown={shown} stale={stale} onExplain={onExplain} />
        </>
      ) : (
        <p className="loading">{faults.length ? "" : desk.status || "Simulating the plan and its variants …"}</p>
      )}
      <p className="hint">
        Every variant meets the same customers as the plan, so differences are much more precise than the values themselves. Differences are
        marked better or worse only if their 95 % interval leaves no doubt.
        {present && " Where headcounts are agents present, more shrinkage means more paid hours, not fewer agents."}
      </p>
    </main>
  );
}

interface Shown {
  variant: Variant;
  told: Told | undefined;
}

function Figures({
  plan,
  metrics,
  base,
  shown,
  stale,
  onExplain,
}: {
  plan: Plan;
  metrics: Record<string, Metric>;
  base: Told;
  shown: Shown[];
  stale: boolean;
  onExplain: (name: string) => void;
}) {
  return (
    <table className={stale ? "figures-table stale" : "figures-table"} data-testid="what-if-table">
      <thead>
        <tr>
          <th scope="col">Figure</th>
          <th scope="col">Plan</th>
          {shown.map(({ variant }) => (
            <th key={variant.id} scope="col">
              {variant.name || "Variant"}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">Targets missed</th>
          <td>
            {base.missed.targets} of {base.missed.of}
          </td>
          {shown.map(({ variant, told }) => {
            const more = told ? told.missed.targets - base.missed.targets : 0;
            return (
              <td key={variant.id}>
                {told ? `${told.missed.targets} of ${told.missed.of}` : "–"}{" "}
                {more !== 0 && <span className={more < 0 ? "better" : "worse"}>{more > 0 ? `+${more}` : `−${-more}`}</span>}
              </td>
            );
          })}
        </tr>
        <Required plan={plan} base={base} shown={shown} onExplain={onExplain} />
        {ROWS.filter((name) => metrics[name]).map((name) => {
          const { title, unit, better } = metrics[name];
          return (
            <tr key={name}>
              <th scope="row">
                <span className="cap">{title}</span>{" "}
                <button type="button" className="about" aria-label={`What ${title} means`} onClick={() => onExplain(name)}>
                  ?
                </button>
              </th>
              <td>{figure(base.totals[name].value, unit, plan.currency)}</td>
              {shown.map(({ variant, told }) => {
                const total = told?.totals[name];
                if (!total) return <td key={variant.id}>–</td>;
                const sure = verdict(total, better);
                const points = change(total.change_low, unit, plan.currency).replace(" pts", "");
                return (
                  <td key={variant.id}>
                    {figure(total.value, unit, plan.currency)}{" "}
                    <span className={sure > 0 ? "better" : sure < 0 ? "worse" : "same"}>
                      {change(total.change, unit, plan.currency)}{" "}
                      <small>
                        ({points} to {change(total.change_high, unit, plan.currency)})
                      </small>
                    </span>
                  </td>
                );
              })}
            </tr>
          );
        })}
        {base.targets.map((target, n) => (
          <tr key={`${target.queue} ${target.figure}`} className={n === 0 ? "first" : ""}>
            <th scope="row">
              {target.queue} <small>{goal(target, metrics)}</small>
            </th>
            <td>{judged(target, metrics)}</td>
            {shown.map(({ variant, told }) => (
              <td key={variant.id}>{told ? judged(told.targets[n], metrics) : "–"}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Agents that the targets need in an interval that is chosen. */
function Required({ plan, base, shown, onExplain }: { plan: Plan; base: Told; shown: Shown[]; onExplain: (name: string) => void }) {
  const open = plan.labels.flatMap((label, t) => (base.required[t] === null ? [] : [{ label, t }]));
  const busiest = open.reduce((most, one) => ((base.required[one.t] ?? 0) > (base.required[most] ?? -1) ? one.t : most), open[0]?.t ?? -1);
  const [chosen, setChosen] = useState(-1);
  const at = base.required[chosen] === undefined || base.required[chosen] === null ? busiest : chosen;
  if (at < 0) return null;
  const planned = plan.values.reduce((sum, row) => sum + row[at], 0);
  return (
    <tr data-testid="required">
      <th scope="row">
        Agents required{" "}
        <select aria-label="Interval" value={at} onChange={(event) => setChosen(Number(event.target.value))}>
          {open.map(({ label, t }) => (
            <option key={label} value={t}>
              {plan.days.length > 1 ? `${day(label.slice(0, 10))} ` : ""}
              {clock(label)}
            </option>
          ))}
        </select>{" "}
        <button type="button" className="about" aria-label="What agents required means" onClick={() => onExplain("agents_required")}>
          ?
        </button>
      </th>
      <td>
        {base.required[at]} <small>planned: {Number.isInteger(planned) ? planned : planned.toFixed(1)}</small>
      </td>
      {shown.map(({ variant, told }) => {
        const more = (told?.required[at] ?? 0) - (base.required[at] ?? 0);
        return (
          <td key={variant.id}>
            {told?.required[at] ?? "–"} {told && more !== 0 && <span className="same">{more > 0 ? `+${more}` : `−${-more}`}</span>}
          </td>
        );
      })}
    </tr>
  );
}

function goal(target: Target, metrics: Record<string, Metric>): string {
  const metric = metrics[target.figure];
  const within = target.within === null ? "" : ` within ${figure(target.within, "s")}`;
  return `${metric?.title ?? target.figure} ${target.bound === "min" ? "at least" : "at most"} ${figure(target.limit, metric?.unit ?? "")}${within}`;
}

function judged(target: Target | undefined, metrics: Record<string, Metric>) {
  if (!target) return "–";
  return (
    <span className={target.met === false ? "worse" : target.met ? "met" : ""}>
      {figure(target.value, metrics[target.figure]?.unit ?? "")}
      {target.met === false && <span className="unseen"> missed</span>}
      {target.met && <span className="unseen"> met</span>}
    </span>
  );
}
