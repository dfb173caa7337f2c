/** A scenario made of imports, with what was observed beside what was fitted. */

import { useMemo, useRef, useState } from "react";
import { Refused } from "../api";
import { note } from "../charts";
import { Faults, Figure, Working, axis, hint } from "../figure";
import { change, figure } from "../format";
import { Keep } from "../keep/Keep";
import { tableOf } from "../keep/table";
import { useWork } from "../study";
import type { Palette } from "../theme";
import type { Fault } from "../types";
import type { Calibrated, Curve } from "./types";

interface Props {
  imports: string[];
  palette: Palette;
  onOpen: (path: string) => void;
  onDone: (message: string) => void;
}

const short = (folder: string) => folder.replace(/^results\//, "");

export function Calibrate({ imports, palette, onOpen, onDone }: Props) {
  const [chosen, setChosen] = useState<string[]>([]);
  const [name, setName] = useState("");
  const [minutes, setMinutes] = useState(30);
  const [folder, setFolder] = useState<string | null>(null);
  const work = useWork();
  const [told, setTold] = useState<Calibrated | null>(null);
  const [faults, setFaults] = useState<Fault[]>([]);
  const used = chosen.filter((one) => imports.includes(one));
  const from = used.length ? used : imports.slice(-1);
  const target = folder ?? `calibrate-${short(from[0])}`;
  const go = async () => {
    setFaults([]);
    try {
      const found = await work.start<Calibrated>("/api/data/calibrate", "", { folders: from, folder: target, name, minutes, replications: 10 });
      if (!found) onDone("The calibration was stopped; nothing was written.");
      else if (found.scenario) {
        setTold(found);
        onDone(`Calibrated: ${found.scenario}.`);
      } else setFaults(found.faults);
    } catch (error) {
      setFaults(error instanceof Refused ? error.faults : [{ message: String(error) }]);
    }
  };
  return (
    <section className="calibrate">
      <h2>Make a scenario of what was imported</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <fieldset className="files">
          <legend>Imports: contacts, and log-ins or shifts of the same agents</legend>
          {imports.map((one) => (
            <label key={one}>
              <input type="checkbox" checked={from.includes(one)} onChange={(event) => setChosen(event.target.checked ? [...from, one] : from.filter((other) => other !== one))} /> {one}
            </label>
          ))}
        </fieldset>
        <div className="bar wrap">
          <label>
            Name <input value={name} placeholder="the dates of the data" onChange={(event) => setName(event.target.value)} />
          </label>
          <label>
            Interval{" "}
            <select value={minutes} onChange={(event) => setMinutes(Number(event.target.value))}>
              {[15, 30, 60].map((one) => (
                <option key={one} value={one}>
                  {one} min
                </option>
              ))}
            </select>
          </label>
          <label>
            Write into results/ <input value={target} spellCheck={false} onChange={(event) => setFolder(event.target.value)} />
          </label>
          <button className="main" disabled={work.running}>
            Calibrate
          </button>
          <Working work={work} what="Estimating each part, then replaying the recorded days" />
        </div>
      </form>
      <Faults faults={faults} />
      {work.running && <p className="hint">You may go to another screen; the folder is written all the same.</p>}
      {told && <Compared told={told} palette={palette} onOpen={onOpen} />}
    </section>
  );
}

function Compared({ told, palette, onOpen }: { told: Calibrated; palette: Palette; onOpen: (path: string) => void }) {
  const loop = useRef<HTMLTableElement>(null);
  const estimates = useRef<HTMLTableElement>(null);
  return (
    <div data-testid="calibrated">
      <p className="says">
        {told.source} {told.verdict}.{" "}
        <button type="button" className="main" onClick={() => onOpen(told.scenario)}>
          Open the scenario
        </button>
      </p>
      {told.closed_loop.length > 0 && (
        <>
          <header className="head">
            <h2>The recorded days, replayed</h2>
            <Keep title="Closed loop" table={() => tableOf(loop.current!)} />
          </header>
          <table className="figures-table" ref={loop} data-testid="closed-loop">
            <thead>
              <tr>
                {["Metric", "Observed", "Simulated", "95 % of replications", "Difference"].map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {told.closed_loop.map((row) => {
                const outside = row.low !== null && row.high !== null && (row.observed < row.low || row.observed > row.high);
                return (
                  <tr key={row.figure}>
                    <th scope="row">{row.title}</th>
                    <td>{figure(row.observed, row.unit)}</td>
                    <td>{figure(row.simulated, row.unit)}</td>
                    <td>
                      {figure(row.low, row.unit)} to {figure(row.high, row.unit)}
                    </td>
                    <td className={outside ? "worse" : ""}>
                      {change(row.simulated - row.observed, row.unit)}
                      {outside && <span className="unseen"> outside what chance explains</span>}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </>
      )}
      <Week title="Fresh contacts by interval" rows={told.charts.volumes.reasons} width={told.charts.volumes.width} palette={palette} />
      <div className="curves">
        {told.charts.talk.map((one) => (
          <Fitted key={one.name} title={`Talk: ${one.name}`} up="share of talks up to" one={one} palette={palette} />
        ))}
        {told.charts.patience.map((one) => (
          <Fitted key={one.name} title={`Patience: ${one.name}`} up="share still waiting after" one={one} palette={palette} />
        ))}
      </div>
      <Week title="People on duty" rows={[{ name: told.charts.staff.groups.join(", "), values: told.charts.staff.values }]} width={told.charts.staff.width} palette={palette} />
      <details open={told.closed_loop.length === 0}>
        <summary>{told.assumptions.length} assumptions, because the data does not tell</summary>
        <ul>
          {told.assumptions.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </details>
      {told.notes.length > 0 && (
        <details>
          <summary>{told.notes.length} notes on the data</summary>
          <ul>
            {told.notes.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </details>
      )}
      <details>
        <summary>Every estimate</summary>
        <Keep title="Every estimate" table={() => tableOf(estimates.current!)} />
        <div className="scroll" tabIndex={0} role="region" aria-label="Every estimate">
          <table className="figures-table words" ref={estimates}>
            <thead>
              <tr>
                {["Of", "Estimate", "Value", "Low", "High", "Unit", "Rows", "Method"].map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {told.estimates.map((row, n) => (
                <tr key={n}>
                  <th scope="row">{row.of}</th>
                  <td>{row.parameter}</td>
                  {[row.value, row.low, row.high].map((value, k) => (
                    <td key={k}>{value === null ? "–" : Number(value.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 4 })}</td>
                  ))}
                  <td>{row.unit}</td>
                  <td>{row.rows.toLocaleString("en")}</td>
                  <td className="left">{row.method}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </div>
  );
}

function Fitted({ title, up, one, palette }: { title: string; up: string; one: Curve; palette: Palette }) {
  const option = useMemo(() => {
    const line = (name: string, data: [number, number][], colour: string, type: string) => ({
      type: "line",
      name,
      symbol: "none",
      data: data.map(([x, y]) => [x, 100 * y]),
      lineStyle: { color: colour, width: 1.8, type },
      itemStyle: { color: colour },
    });
    const top = one.observed.at(-1)?.[0] ?? 1;
    return {
      animation: false,
      grid: { left: 40, right: 14, top: 26, bottom: 38 },
      legend: { top: 0, left: 30, itemHeight: 6, textStyle: { color: palette.ink, fontSize: 11 } },
      xAxis: axis(palette, { type: "value", min: 0, max: Math.ceil(top), name: "seconds", nameLocation: "middle", nameGap: 22 }),
      yAxis: axis(palette, { type: "value", min: 0, max: 100 }),
      tooltip: {
        ...hint,
        trigger: "axis",
        formatter: (given: { value: [number, number]; seriesName: string }[]) =>
          note(`${up} ${figure(given[0].value[0], "s")}`, given.map((each): [string, string] => [each.seriesName, figure(each.value[1] / 100, "share")])),
      },
      series: [line("observed", one.observed, palette.value, "solid"), line(`fitted (${one.law})`, one.fitted, palette.miss, "dashed")],
    };
  }, [one, palette, up]);
  const fitted = new Map(one.fitted);
  return (
    <Figure
      title={title}
      says={`${up[0].toUpperCase() + up.slice(1)} so many seconds, %; ${one.rows.toLocaleString("en")} contacts`}
      option={option}
      height={200}
      table={{ columns: ["seconds", "observed", "fitted"], rows: one.observed.map(([x, y]) => [x, y, fitted.get(x)]) }}
      testid="curve"
    />
  );
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

function Week({ title, rows, width, palette }: { title: string; rows: { name: string; values: (number | null)[][] }[]; width: number; palette: Palette }) {
  const [shown, setShown] = useState(0);
  const row = rows[Math.min(shown, rows.length - 1)];
  const open = row.values.flatMap((day, d) => (day.some((value) => value !== null) ? [d] : []));
  const slots = row.values[0].map((_, s) => s).filter((s) => row.values.some((day) => day[s] !== null));
  const clock = (s: number) => `${String(Math.floor((s * width) / 3600)).padStart(2, "0")}:${String(Math.round((s * width) / 60) % 60).padStart(2, "0")}`;
  const option = useMemo(() => {
    const types = ["solid", "dashed", "dotted", "solid", "dashed", "solid", "dotted"];
    const colours = [palette.value, palette.value, palette.value, palette.miss, palette.miss, palette.faint, palette.faint];
    return {
      animation: false,
      grid: { left: 44, right: 14, top: 26, bottom: 24 },
      legend: { top: 0, left: 30, itemHeight: 6, textStyle: { color: palette.ink, fontSize: 11 } },
      xAxis: axis(palette, { type: "category", data: slots.map(clock) }),
      yAxis: axis(palette, { type: "value", min: 0 }),
      tooltip: {
        ...hint,
        trigger: "axis",
        formatter: (given: { dataIndex: number; seriesName: string; value: number }[]) =>
          note(clock(slots[given[0].dataIndex]), given.map((each): [string, string] => [each.seriesName, each.value === null ? "–" : String(Number(each.value.toFixed(1)))])),
      },
      series: open.map((d) => ({
        type: "line",
        name: DAYS[d],
        step: "end",
        symbol: "none",
        data: slots.map((s) => row.values[d][s]),
        lineStyle: { color: colours[d], width: 1.6, type: types[d] },
        itemStyle: { color: colours[d] },
      })),
    };
  }, [row, palette]); // eslint-disable-line
  return (
    <>
      {rows.length > 1 && (
        <div className="days" role="group" aria-label={title}>
          {rows.map((one, n) => (
            <button key={one.name} type="button" aria-pressed={n === shown} onClick={() => setShown(n)}>
              {one.name}
            </button>
          ))}
        </div>
      )}
      <Figure
        title={`${title}: ${row.name}`}
        option={option}
        height={220}
        table={{ columns: ["time", ...open.map((d) => DAYS[d])], rows: slots.map((s) => [clock(s), ...open.map((d) => row.values[d][s])]) }}
      />
    </>
  );
}
