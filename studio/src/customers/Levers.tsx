/** Levers: remedies that are switched on and sized, and what each changes on the same customers. */

import { useEffect, useMemo, useRef, useState } from "react";
import { get } from "../api";
import { note } from "../charts";
import { Faults, Figure, Progress, axis, hint, interval } from "../figure";
import { change, figure, times } from "../format";
import { Keep } from "../keep/Keep";
import { tableOf } from "../keep/table";
import type { Palette } from "../theme";
import { useStudy } from "../study";
import type { Possible, Sensitive, Weighed } from "./types";

interface Lever {
  name: string;
  use: string[]; // empty for an override of the scenario
  does: string;
  needs: string[];
  on: boolean;
  cost: number;
  sizes: Record<string, number>;
}
type Kept = Record<string, Pick<Lever, "on" | "cost" | "sizes">>;

const MOST = 12;
const words = (name: string) => name.replaceAll("_", " ");
const keyOf = (path: string) => `cxsim-levers ${path}`;

function levers(told: Possible, path: string): Lever[] {
  const own = told.own.map((one) => ({
    ...one,
    does: one.override ? `the override ${one.override} of this scenario` : one.use.map(words).join(", "),
    needs: [],
    on: true,
  }));
  const names = new Set(own.map((one) => one.name));
  const rest = told.remedies
    .filter((one) => !names.has(one.name))
    .map((one) => ({ name: one.name, use: [one.name], does: one.does, needs: one.needs, on: false, cost: 0, sizes: one.sizes }));
  let kept: Kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(keyOf(path)) ?? "{}") as Kept;
  } catch {
    // what was kept cannot be read: begin again
  }
  return [...own, ...rest].map((one) => ({ ...one, ...kept[one.name], sizes: { ...one.sizes, ...kept[one.name]?.sizes } }));
}

const ROWS: [string, string, string, number][] = [
  ["sl", "Service level", "share", 1],
  ["first", "Solved at the first contact", "share", 1],
  ["solved", "Solved", "share", 1],
  ["effort", "Effort per issue", "points", -1],
  ["churn", "Churn", "share", -1],
  ["cost", "Cost of the center", "money", -1],
  ["value_lost", "Value lost", "money", -1],
  ["net", "Net value after the price", "money", 1],
];

const signed = (value: number | null, unit: string, currency: string) =>
  unit === "points" ? (value === null ? "–" : `${value > 0 ? "+" : value < 0 ? "−" : "±"}${Math.abs(value).toFixed(2)}`) : change(value, unit, currency);

export function Levers({ path, revision, palette }: { path: string; revision: number | undefined; palette: Palette }) {
  const [all, setAll] = useState<Lever[]>([]);
  const [valued, setValued] = useState(false);
  const [budget, setBudget] = useState("");
  const [tested, setTested] = useState(false);
  useEffect(() => {
    if (revision === undefined) return;
    get<Possible>("/api/levers", { path })
      .then((told) => {
        setAll((now) => (now.length ? now : levers(told, path)));
        setValued(told.valued);
      })
      .catch(() => undefined); // the screen says why
  }, [path, revision]);
  const put = (name: string, values: Partial<Lever>) => {
    const next = all.map((one) => (one.name === name ? { ...one, ...values } : one));
    setAll(next);
    localStorage.setItem(keyOf(path), JSON.stringify(Object.fromEntries(next.map(({ name: key, on, cost, sizes }) => [key, { on, cost, sizes }]))));
  };
  const possible = all.filter((one) => !one.needs.length);
  const others = all.filter((one) => one.needs.length);
  const on = possible.filter((one) => one.on).slice(0, MOST);
  const limit = budget.trim() === "" ? null : Number(budget);
  const asked = on.length
    ? { levers: on.map(({ name, use, sizes, cost }) => ({ name, use, sizes: use.length ? sizes : {}, cost })), budget: limit !== null && limit >= 0 ? limit : null }
    : null;
  const study = useStudy<Weighed>("/api/levers", path, revision, asked && { ...asked, replications: 20 }, 300);
  const test = useStudy<Sensitive>("/api/levers", path, revision, tested && asked ? { ...asked, replications: 10, assumptions: true } : null);
  if (!all.length) return null;
  return (
    <section className="levers">
      <header className="head">
        <h2>Levers: what would change it</h2>
        <span className="grow" />
        <Progress progress={study.progress} what="Weighing levers" />
      </header>
      <p className="says">
        Switch remedies on and set how much each does. Every choice meets the same customers, so differences are precise. Sizes are
        assumptions, to be replaced by what your own pilot has shown.
      </p>
      <div className="variants remedies">
        {possible.map((one) => (
          <fieldset key={one.name} data-testid={`lever-${one.name}`} className={one.on ? "on" : ""}>
            <legend>
              <label className="switch">
                <input type="checkbox" role="switch" checked={one.on} onChange={(event) => put(one.name, { on: event.target.checked })} />
                <b className="cap">{words(one.name)}</b>
              </label>
            </legend>
            <p className="hint">{one.does}</p>
            {one.on && (
              <>
                {one.use.length > 0 &&
                  Object.entries(one.sizes).map(([size, value]) => (
                    <label key={size}>
                      <span>{words(size)}</span>
                      <input
                        type="range"
                        min={0}
                        max={100}
                        value={Math.round(100 * value)}
                        aria-valuetext={`${Math.round(100 * value)} %`}
                        onChange={(event) => put(one.name, { sizes: { ...one.sizes, [size]: Number(event.target.value) / 100 } })}
                      />
                      <output>{Math.round(100 * value)} %</output>
                    </label>
                  ))}
                <label>
                  <span>price a year</span>
                  <input type="number" min={0} step={1000} value={one.cost} onChange={(event) => put(one.name, { cost: Math.max(0, Number(event.target.value) || 0) })} />
                  <output />
                </label>
              </>
            )}
          </fieldset>
        ))}
      </div>
      {others.length > 0 && (
        <p className="hint">Not possible here: {others.map((one) => `${words(one.name)} (needs ${one.needs.join(", ")})`).join("; ")}.</p>
      )}
      <div className="bar">
        <label>
          Budget a year, to find the best together{" "}
          <input type="number" min={0} step={1000} value={budget} placeholder="none" onChange={(event) => setBudget(event.target.value)} />
        </label>
        {valued && on.length > 0 && (
          <button type="button" onClick={() => setTested(true)}>
            Test the assumptions
          </button>
        )}
        <Progress progress={test.progress} what="Testing assumptions" />
      </div>
      <Faults faults={[...study.faults, ...test.faults]} />
      {!on.length && <p className="hint">No lever is switched on.</p>}
      {study.result && on.length > 0 && <Worth told={study.result} stale={study.stale} palette={palette} />}
      {test.result && tested && <Depends told={test.result} currency={study.result?.currency ?? "EUR"} />}
    </section>
  );
}

function Worth({ told, stale, palette }: { told: Weighed; stale: boolean; palette: Palette }) {
  const place = useRef<HTMLTableElement>(null);
  const { rows, currency } = told;
  const number = (row: Weighed["rows"][number], key: string) => row[key] as number | null;
  const option = useMemo(() => {
    const sorted = [...rows].sort((a, b) => Number(a.net) - Number(b.net));
    const kinds = ["not distinguishable", "pays", "does not pay"];
    return {
      animation: false,
      grid: { left: 170, right: 24, top: 6, bottom: 40 },
      xAxis: axis(palette, { type: "value", name: `net value over ${Number(told.days.toPrecision(3))} days: cost saved + value kept − price`, nameLocation: "middle", nameGap: 26 }),
      yAxis: axis(palette, { type: "category", data: sorted.map((row) => words(String(row.levers))), axisLabel: { color: palette.ink, width: 160, overflow: "truncate" } }),
      tooltip: {
        ...hint,
        formatter: ({ dataIndex }: { dataIndex: number }) => {
          const row = sorted[dataIndex];
          return note(words(String(row.levers)), [
            ["net value", signed(number(row, "net"), "money", currency)],
            ["95 % interval", `${signed(number(row, "net_low"), "money", currency)} to ${signed(number(row, "net_high"), "money", currency)}`],
            ["", String(row.verdict)],
          ]);
        },
      },
      series: [
        {
          type: "custom",
          renderItem: interval([palette.faint, palette.value, palette.miss]),
          encode: { x: [0, 2, 3], y: 1 },
          data: sorted.map((row, n) => [row.net, n, row.net_low, row.net_high, kinds.indexOf(String(row.verdict))]),
          markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: palette.ink, type: "solid" }, data: [{ xAxis: 0 }] },
        },
      ],
    };
  }, [rows, told.days, currency, palette]);
  return (
    <div className={stale ? "stale" : ""} data-testid="levers" data-done={!stale}>
      <Figure
        title="Value of each lever"
        says={told.sentence}
        option={option}
        height={52 + 30 * rows.length}
        table={{ columns: ["lever", "net", "low", "high", "verdict"], rows: rows.map((row) => [row.levers, row.net, row.net_low, row.net_high, row.verdict]) }}
      />
      <header className="head">
        <h2>What each changes</h2>
        <Keep title="What each lever changes" table={() => tableOf(place.current!)} />
      </header>
      <div className="scroll">
        <table className="figures-table" ref={place} data-testid="levers-table">
          <thead>
            <tr>
              <th scope="col">Change against no lever</th>
              {rows.map((row) => (
                <th key={String(row.levers)} scope="col" title={words(String(row.levers))}>
                  <span className="cap">{words(String(row.levers))}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ROWS.map(([key, title, unit, better]) => (
              <tr key={key} className={key === "net" ? "first" : ""}>
                <th scope="row">{title}</th>
                {rows.map((row) => {
                  const [low, high] = [number(row, `${key}_low`), number(row, `${key}_high`)];
                  const sure = low === null || high === null ? 0 : low > 0 ? better : high < 0 ? -better : 0;
                  return (
                    <td key={String(row.levers)}>
                      <span className={sure > 0 ? "better" : sure < 0 ? "worse" : "same"}>
                        {signed(number(row, key), unit, currency)}{" "}
                        <small>
                          ({signed(low, unit, currency).replace(" pts", "")} to {signed(high, unit, currency)})
                        </small>
                      </span>
                    </td>
                  );
                })}
              </tr>
            ))}
            <tr>
              <th scope="row">Price a year</th>
              {rows.map((row) => (
                <td key={String(row.levers)}>{figure(number(row, "price"), "money", currency)}</td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
      <p className="hint">{times(told.replications, "replication")} of each. Differences are marked better or worse only if their 95 % interval leaves no doubt.</p>
    </div>
  );
}

function Depends({ told, currency }: { told: Sensitive; currency: string }) {
  const place = useRef<HTMLTableElement>(null);
  const rows = told.rows.filter((row) => row.verdict_low !== row.verdict || row.verdict_high !== row.verdict);
  return (
    <section data-testid="assumptions">
      <header className="head">
        <h2>How far the verdicts rest on assumptions</h2>
        {rows.length > 0 && <Keep title="Verdicts by assumption" table={() => tableOf(place.current!)} />}
      </header>
      {rows.length === 0 ? (
        <p className="says">Every verdict stays the same when each assumption is halved or doubled.</p>
      ) : (
        <div className="scroll">
          <table className="figures-table" ref={place}>
            <thead>
              <tr>
                {["Lever", "Assumption", "Net at half", "Net now", "Net at double", "Breaks even at"].map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, n) => (
                <tr key={n}>
                  <th scope="row">{words(String(row.lever))}</th>
                  <td>{String(row.assumption)}</td>
                  {["net_low", "net", "net_high"].map((key) => (
                    <td key={key}>
                      {signed(row[key] as number, "money", currency)} <small>{String(row[key.replace("net", "verdict")])}</small>
                    </td>
                  ))}
                  <td>{row.breaks_even === null ? "–" : Number(Number(row.breaks_even).toPrecision(3))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
