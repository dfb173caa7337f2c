/** A figure by interval for each queue or team: its value, the band of its interval, its target, and misses. */

import type { EChartsCoreOption } from "echarts/core";
import { memo, useMemo } from "react";
import { Chart, note } from "./charts";
import { clock, figure } from "./format";
import { Keep } from "./keep/Keep";
import { bandsTable, named } from "./keep/bands";
import type { Palette } from "./theme";
import type { Answer, Metric, Plan, Target } from "./types";

const HEIGHT = 58; // of a row
const MOST = 40; // rows that are drawn

export const FIGURES = [
  { name: "sl", title: "Service level" },
  { name: "asa", title: "Wait (ASA)" },
  { name: "abandoned_share", title: "Abandoned" },
  { name: "occupancy", title: "Occupancy" },
] as const;
export type FigureName = (typeof FIGURES)[number]["name"];

interface Props {
  plan: Plan;
  answer: Answer;
  metrics: Record<string, Metric>;
  name: FigureName;
  times: number[];
  palette: Palette;
  nameWidth: number;
  cellWidth: number;
}

interface Row {
  index: number;
  name: string;
  target: Target | undefined;
  misses: Set<number>;
}

function rowsOf(answer: Answer, name: FigureName): Row[] {
  const band = answer.bands[name];
  const rows = band.rows.map((row, index) => {
    const target =
      band.scope === "queue" ? answer.targets.find((one) => one.queue === row && one.figure === name) : undefined;
    return { index, name: row, target, misses: new Set(target?.misses) };
  });
  if (rows.length <= MOST) return rows;
  return rows.sort((a, b) => b.misses.size - a.misses.size || a.index - b.index).slice(0, MOST);
}

/** The range that all rows share, so that they can be compared. */
function range(answer: Answer, name: FigureName, rows: Row[], times: number[]): [number, number] {
  if (name === "sl" || name === "occupancy") {
    const lows = rows.flatMap(({ index }) => times.map((t) => answer.bands[name].value[index][t] ?? 1));
    const least = Math.min(...lows, ...rows.map(({ target }) => target?.limit ?? 1));
    return [Math.max(0, Math.floor((least - 0.04) * 10) / 10), 1];
  }
  return [0, ceiling(answer, name, rows, times)];
}

function ceiling(answer: Answer, name: FigureName, rows: Row[], times: number[]): number {
  const band = answer.bands[name];
  const values = rows.flatMap(({ index }) => times.map((t) => band.value[index][t] ?? 0));
  const limits = rows.map(({ target }) => target?.limit ?? 0);
  const most = Math.max(...values, ...limits, name === "asa" ? 10 : 0.05) * 1.15;
  return name === "asa" ? most : Math.min(1, most);
}

type Point = [number, number];

/** The runs of intervals that have a band: the first of each, and the one after its last. */
export function runs(low: (number | null)[], high: (number | null)[]): [number, number][] {
  const found: [number, number][] = [];
  for (const [t, from] of low.entries()) {
    if (from === null || high[t] === null) continue;
    const last = found.at(-1);
    if (last?.[1] === t) last[1] = t + 1;
    else found.push([t, t + 1]);
  }
  return found;
}

/** Draws the band of a row and the line of its target: one element, where lines of ECharts took most of the time. */
function shape(low: (number | null)[], high: (number | null)[], target: number | undefined, palette: Palette) {
  return ({ coordSys: { x, width } }: { coordSys: { x: number; width: number } }, api: { coord: (at: Point) => Point }) => {
    const outline = ([first, after]: [number, number]) => {
      const points = (list: (number | null)[]) => list.slice(first, after).map((value, n) => api.coord([first + n, value ?? 0]));
      const [below, above] = [points(low), points(high)];
      if (below.length > 1) return [...below, ...above.reverse()];
      const half = (0.4 * width) / low.length; // an interval on its own
      return [below[0], above[0]].flatMap(([at, y], n): Point[] => [[at + (n ? half : -half), y], [at + (n ? -half : half), y]]);
    };
    const y = target === undefined ? 0 : api.coord([0, target])[1];
    return {
      type: "group",
      children: [
        ...runs(low, high).map((run) => ({ type: "polygon", shape: { points: outline(run) }, style: { fill: palette.band } })),
        ...(target === undefined ? [] : [{ type: "line", shape: { x1: x, y1: y, x2: x + width, y2: y }, style: { stroke: palette.target, lineWidth: 1, lineDash: [4, 4] } }]),
      ],
    };
  };
}

type Drawn = Pick<Props, "answer" | "metrics" | "name" | "times" | "palette"> & { labels: string[] };

function optionOf({ labels: all, answer, metrics, name, times, palette }: Drawn, rows: Row[]): EChartsCoreOption {
  const band = answer.bands[name];
  const unit = metrics[name]?.unit ?? "share";
  const [least, most] = range(answer, name, rows, times);
  const labels = times.map((t) => clock(all[t]));
  const cut = (value: number | null) => (value === null ? null : Math.max(least, Math.min(value, most)));
  const series = rows.flatMap(({ index, name: row, target, misses }, at) => {
    const of = (list: (number | null)[][]) => times.map((t) => cut(list[index][t]));
    const base = { xAxisIndex: at, yAxisIndex: at };
    return [
      { ...base, type: "custom", silent: true, data: [[0, least]], renderItem: shape(of(band.low), of(band.high), target && Math.min(target.limit, most), palette) },
      {
        ...base,
        type: "line",
        name: row,
        lineStyle: { color: palette.value, width: 1.6 },
        itemStyle: { color: palette.value },
        symbol: "none",
        data: times.map((t) => {
          const value = cut(band.value[index][t]);
          if (!misses.has(t)) return { value, symbol: "none" };
          const sure = target?.bound === "min" ? (band.high[index][t] ?? 1) < target.limit : (band.low[index][t] ?? 0) > (target?.limit ?? 0);
          return {
            value,
            symbol: "diamond",
            symbolSize: 9,
            itemStyle: { color: sure ? palette.miss : palette.paper, borderColor: palette.miss, borderWidth: 1.5 },
          };
        }),
      },
    ];
  });
  return {
    animation: false,
    aria: { enabled: false },
    grid: rows.map((_, at) => ({ left: 0, right: 0, top: at * HEIGHT + 7, height: HEIGHT - 14 })),
    xAxis: rows.map((_, at) => ({
      type: "category",
      gridIndex: at,
      data: labels,
      axisTick: { show: false },
      axisLabel: { show: false },
      axisLine: { lineStyle: { color: palette.line } },
      axisPointer: { show: true, type: "line", lineStyle: { color: palette.faint, type: "solid" }, label: { show: false } },
    })),
    yAxis: rows.map((_, at) => ({ type: "value", gridIndex: at, min: least, max: most, show: false })),
    tooltip: {
      trigger: "axis",
      className: "chart-note",
      confine: true,
      transitionDuration: 0,
      formatter: (given: { axisIndex: number; dataIndex: number }[]) => {
        const row = rows[given[0].axisIndex];
        const t = times[given[0].dataIndex];
        const lines: [string, string][] = [
          [metrics[name]?.title ?? name, figure(band.value[row.index][t], unit)],
          ["95 % interval", `${figure(band.low[row.index][t], unit)} to ${figure(band.high[row.index][t], unit)}`],
        ];
        if (row.target) lines.push(["target", limit(row.target, unit)]);
        const offered = band.scope === "queue" ? answer.bands.offered.value[row.index][t] : null;
        if (offered !== null) lines.push(["contacts", figure(offered, "contacts")]);
        return note(`${row.name}, ${clock(all[t])}`, lines);
      },
    },
    series,
  };
}

function limit(target: Target, unit: string): string {
  const within = target.within === null ? "" : ` within ${figure(target.within, "s")}`;
  return `${target.bound === "min" ? "at least" : "at most"} ${figure(target.limit, unit)}${within}`;
}

export function Bands(props: Props) {
  const { answer, metrics, name, times, palette, nameWidth, cellWidth } = props;
  const { labels } = props.plan;
  const rows = useMemo(() => rowsOf(answer, name), [answer, name]);
  // Not of the plan: an edit that has no answer yet changes nothing here, and drawing would hold up the simulation.
  const option = useMemo(
    () => optionOf({ labels, answer, metrics, name, times, palette }, rows),
    [labels, answer, metrics, name, times, palette, rows],
  );
  const unit = metrics[name]?.unit ?? "share";
  const all = answer.bands[name].rows.length;
  const [least, most] = useMemo(() => range(answer, name, rows, times), [answer, name, rows, times]);
  return (
    <>
      <div className="bands" data-testid={`bands-${name}`}>
        <ul style={{ width: nameWidth }}>
          {rows.map((row) => (
            <li key={row.name} style={{ height: HEIGHT }} className={row.target?.met === false ? "missed" : ""}>
              <b title={row.name}>{row.name}</b>
              {row.target && (
                <span data-testid={`target-${row.name}`}>
                  <i>{row.target.met === false ? "✕ missed" : row.target.met ? "✓ met" : "not measured"}</i>{" "}
                  {figure(row.target.value, unit)}
                </span>
              )}
              {row.target && <small>{limit(row.target, unit)}</small>}
            </li>
          ))}
        </ul>
        <div className="kept"><Keep title={`${metrics[name]?.title ?? name} by interval`} table={() => bandsTable(labels, answer, name, times)} picture={{ option: () => named(option, rows.map((row) => row.name), unit, props.palette), width: times.length * cellWidth + nameWidth, height: rows.length * HEIGHT + 22 }} /></div>
        <Chart
          steady
          option={option}
          width={times.length * cellWidth}
          height={rows.length * HEIGHT}
          label={`${metrics[name]?.title ?? name} by interval with 95 % intervals, one row each for ${rows.map((row) => row.name).join(", ")}`}
        />
      </div>
      <p className="hint">
        Each row runs from {figure(least, unit)} to {figure(most, unit)}. A filled diamond is a miss that the 95 % interval leaves no doubt
        about; a hollow one may be met.
      </p>
      {all > rows.length && <p className="hint">The {rows.length} with most misses are shown, of {all}.</p>}
    </>
  );
}

/** Contacts offered by interval, all queues together. */
export const Demand = memo(function Demand({ labels, answer, times, palette, nameWidth, cellWidth }: Omit<Props, "name" | "metrics" | "plan"> & { labels: string[] }) {
  const band = answer.bands.offered;
  const option = useMemo<EChartsCoreOption>(() => {
    const totals = times.map((t) => band.value.reduce((sum, row) => sum + (row[t] ?? 0), 0));
    return {
      animation: false,
      grid: { left: 0, right: 0, top: 6, bottom: 1 },
      xAxis: { type: "category", data: times.map((t) => clock(labels[t])), show: false },
      yAxis: { type: "value", show: false, min: 0 },
      tooltip: {
        trigger: "axis",
        className: "chart-note",
        confine: true,
        transitionDuration: 0,
        axisPointer: { type: "shadow" },
        formatter: (given: { dataIndex: number }[]) => {
          const t = times[given[0].dataIndex];
          const by = band.rows.map((row, r): [string, number] => [row, band.value[r][t] ?? 0]).sort((a, b) => b[1] - a[1]);
          const lines = by.slice(0, 12).map(([row, value]): [string, string] => [row, figure(value, "contacts")]);
          return note(`${clock(labels[t])}: ${figure(totals[given[0].dataIndex], "contacts")} contacts`, lines);
        },
      },
      series: [{ type: "bar", data: totals, itemStyle: { color: palette.bar }, barCategoryGap: "12%" }],
    };
  }, [band, times, labels, palette]);
  const all = times.reduce((sum, t) => sum + band.value.reduce((one, row) => one + (row[t] ?? 0), 0), 0);
  return (
    <div className="bands demand">
      <ul style={{ width: nameWidth }}>
        <li>
          <b>Contacts offered</b>
          <span>{figure(all, "contacts")}, redials included</span>
        </li>
      </ul>
      <div className="kept"><Keep title="Contacts offered by interval" table={() => bandsTable(labels, answer, "offered", times)} picture={{ option: () => named(option, ["contacts"], "contacts", palette), width: times.length * cellWidth + nameWidth, height: 120 }} /></div>
      <Chart steady option={option} width={times.length * cellWidth} height={64} label="Contacts offered by interval" />
    </div>
  );
});
