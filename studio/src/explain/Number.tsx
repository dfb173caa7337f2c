/** Why a figure is what it is: a waterfall of steps, each with its interval, and in sentences. */

import { useEffect, useMemo, useRef, useState } from "react";
import { get } from "../api";
import { note } from "../charts";
import { Faults, Figure, Progress, axis, hint } from "../figure";
import { change, figure, times } from "../format";
import { Keep } from "../keep/Keep";
import { tableOf } from "../keep/table";
import type { ScreenProps } from "../more";
import { useStudy } from "../study";
import type { Palette } from "../theme";

interface Possible {
  figures: string[];
  queues: string[];
  reasons: string[];
  changed: boolean;
}
interface Step {
  step: string;
  title: string;
  change: number;
  low: number | null;
  high: number | null;
  level: number;
  sentence: string;
  by_formula: boolean;
}
interface Explanation {
  heading: string;
  inputs: { figure: string; unit: string; orders: string; replications: number; seed: number };
  start: { name: string; value: number };
  end: { name: string; value: number; low: number | null; high: number | null };
  steps: Step[];
}

export function Number_({ desk, path, metrics, palette, onExplain }: ScreenProps) {
  const revision = desk.plan?.revision;
  const [possible, setPossible] = useState<Possible | null>(null);
  const [name, setName] = useState("sl");
  const [queue, setQueue] = useState("");
  const [since, setSince] = useState<"erlang" | "saved">("erlang");
  const [shapley, setShapley] = useState(false);
  useEffect(() => {
    if (revision === undefined) return;
    get<Possible>("/api/explain", { path })
      .then(setPossible)
      .catch(() => undefined); // the answer below says why
  }, [path, revision]);
  const changed = desk.plan ? desk.plan.changed > 0 : false;
  const from = changed ? since : "erlang";
  const study = useStudy<Explanation>("/api/explain", path, revision, { figure: name, queue, since: from, shapley, replications: 20 }, 100);
  return (
    <>
      <div className="bar wrap">
        <label>
          Figure{" "}
          <select value={name} onChange={(event) => setName(event.target.value)}>
            {(possible?.figures ?? [name]).map((one) => (
              <option key={one} value={one}>
                {metrics[one]?.title ?? one}
              </option>
            ))}
          </select>
        </label>
        <button type="button" className="about" aria-label="What this figure means" onClick={() => onExplain(name)}>
          ?
        </button>
        <label>
          Of{" "}
          <select value={queue} onChange={(event) => setQueue(event.target.value)}>
            <option value="">all contacts</option>
            {possible?.queues.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <label>
          From{" "}
          <select value={from} onChange={(event) => setSince(event.target.value as "erlang" | "saved")}>
            <option value="erlang">Erlang C to the simulation</option>
            <option value="saved" disabled={!changed}>
              the saved plan to the plan on the screen{changed ? "" : " (no changes)"}
            </option>
          </select>
        </label>
        <label title="The mean of each step over the orders in which steps can be taken">
          <input type="checkbox" checked={shapley} onChange={(event) => setShapley(event.target.checked)} /> average over orders
        </label>
        <span className="grow" />
        <Progress progress={study.progress} what="Simulating each step" />
      </div>
      <Faults faults={study.faults} />
      {!study.result && !study.faults.length && <p className="loading">Simulating the steps …</p>}
      {study.result && !study.faults.length && <Waterfall told={study.result} stale={study.stale} palette={palette} better={metrics[study.result.inputs.figure]?.better ?? 0} />}
    </>
  );
}

type Api = { value: (index: number) => number; coord: (at: [number, number]) => [number, number]; size: (of: [number, number]) => [number, number] };

function Waterfall({ told, stale, palette, better }: { told: Explanation; stale: boolean; palette: Palette; better: number }) {
  const place = useRef<HTMLTableElement>(null);
  const { steps, start, end } = told;
  const unit = told.inputs.unit;
  const factor = unit === "share" ? 100 : 1;
  const option = useMemo(() => {
    const sure = (step: Step) => (step.low === null || step.high === null ? Math.sign(step.change) : step.low > 0 ? 1 : step.high < 0 ? -1 : 0);
    const colours = [palette.value, palette.faint, "#009e73", palette.miss];
    const before = [start.value, ...steps.map((step) => step.level)];
    const bars = [
      { from: 0, to: start.value, low: null as number | null, high: null as number | null, colour: 0, text: figure(start.value, unit) },
      ...steps.map((step, n) => ({
        from: before[n],
        to: step.level,
        low: step.low === null || step.by_formula ? null : before[n] + step.low,
        high: step.high === null || step.by_formula ? null : before[n] + step.high,
        colour: sure(step) === 0 || better === 0 ? 1 : sure(step) * better > 0 ? 2 : 3,
        text: change(step.change, unit),
      })),
      { from: 0, to: end.value, low: end.low, high: end.high, colour: 0, text: figure(end.value, unit) },
    ];
    const ends = bars.flatMap((bar) => [bar.from, bar.to, bar.low ?? bar.to, bar.high ?? bar.to]);
    const render = (_: unknown, api: Api) => {
      const n = api.value(0);
      const bar = bars[n];
      const at = (value: number) => api.coord([value * factor, n]);
      const [x0, y] = at(bar.from);
      const [x1] = at(bar.to);
      const tall = api.size([0, 1])[1] * 0.6;
      const right = Math.max(x0, x1, bar.high === null ? 0 : at(bar.high)[0]);
      const lines = bar.low !== null && bar.high !== null ? [[at(bar.low)[0], at(bar.high)[0]]] : [];
      return {
        type: "group",
        children: [
          { type: "rect", shape: { x: Math.min(x0, x1), y: y - tall / 2, width: Math.max(Math.abs(x1 - x0), 1), height: tall }, style: { fill: colours[bar.colour] } },
          ...lines.map(([x, to]) => ({ type: "line", shape: { x1: x, y1: y, x2: to, y2: y }, style: { stroke: palette.ink, lineWidth: 1.5 } })),
          { type: "text", style: { text: bar.text, x: right + 6, y, verticalAlign: "middle", fill: palette.ink, fontSize: 12 } },
        ],
      };
    };
    return {
      animation: false,
      grid: { left: 190, right: 90, top: 4, bottom: 40 },
      xAxis: axis(palette, {
        type: "value",
        min: Math.min(0, ...ends) < 0 ? undefined : 0,
        max: unit === "share" ? Math.min(100, Math.ceil(Math.max(...ends) * 10) * 10) : undefined,
        name: `${told.inputs.figure}${unit === "share" ? ", %" : `, ${unit}`}; dark lines: 95 % interval`,
        nameLocation: "middle",
        nameGap: 26,
      }),
      yAxis: axis(palette, {
        type: "category",
        inverse: true,
        data: [start.name, ...steps.map((step) => step.title), end.name],
        axisLabel: { color: palette.ink, width: 180, overflow: "truncate" },
        splitLine: { show: false },
      }),
      tooltip: {
        ...hint,
        formatter: ({ dataIndex: n }: { dataIndex: number }) => {
          const step = steps[n - 1];
          if (!step) return note(n ? end.name : start.name, [["value", figure(n ? end.value : start.value, unit)]]);
          return note(step.title, [
            ["change", change(step.change, unit)],
            ["95 % interval", step.by_formula ? "by formula" : `${change(step.low, unit)} to ${change(step.high, unit)}`],
            ["then", figure(step.level, unit)],
          ]);
        },
      },
      series: [{ type: "custom", renderItem: render, data: bars.map((bar, n) => [n, factor * bar.to, factor * (bar.low ?? bar.from), factor * (bar.high ?? bar.to)]), encode: { y: 0, x: [1, 2, 3] }, clip: false }],
    };
  }, [told, palette, better, factor, unit, start, end, steps]);
  return (
    <div className={stale ? "stale" : ""} data-testid="explanation" data-done={!stale}>
      <Figure
        title={told.heading}
        option={option}
        height={56 + 30 * (steps.length + 2)}
        table={{
          columns: ["step", "change", "low", "high", "level"],
          rows: [[start.name, null, null, null, start.value], ...steps.map((step) => [step.title, step.change, step.low, step.high, step.level]), [end.name, null, end.low, end.high, end.value]],
        }}
        label={`${told.heading}: ${steps.map((step) => step.sentence).join(" ")}`}
        testid="waterfall"
      />
      <header className="head">
        <h2>In words</h2>
        <Keep title={told.heading} table={() => tableOf(place.current!)} />
      </header>
      {!steps.length && <p className="says">Nothing differs that a simulation looks at.</p>}
      <table className="figures-table words" ref={place}>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Change</th>
            <th scope="col">95 % interval</th>
            <th scope="col">Then</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step) => (
            <tr key={step.step}>
              <th scope="row">{step.sentence}</th>
              <td>{change(step.change, unit)}</td>
              <td>{step.by_formula ? "formula" : `${change(step.low, unit).replace(" pts", "")} to ${change(step.high, unit)}`}</td>
              <td>{figure(step.level, unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="hint">
        Changes add up exactly; they are those of {told.inputs.orders}. {times(told.inputs.replications, "replication")} of each step on the same
        customers, seed {told.inputs.seed}.
      </p>
    </div>
  );
}
