/** A chart with its title, a sentence, and what can be kept of it; as wide as its place. */

import { CustomChart, ScatterChart } from "echarts/charts";
import { LegendComponent } from "echarts/components";
import type { EChartsCoreOption } from "echarts/core";
import * as echarts from "echarts/core";
import { type ReactNode, useEffect, useState } from "react";
import { Chart } from "./charts";
import { Keep } from "./keep/Keep";
import type { Table } from "./keep/table";
import type { Work } from "./study";
import type { Palette } from "./theme";

echarts.use([CustomChart, LegendComponent, ScatterChart]);

export function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [element, place] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element) return;
    const seen = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    seen.observe(element);
    return () => seen.disconnect();
  }, [element]);
  return [place, width];
}

interface Props {
  title: string;
  says?: ReactNode;
  option: EChartsCoreOption;
  height: number;
  table: Table;
  label?: string;
  testid?: string;
}

export function Figure({ title, says, option, height, table, label, testid }: Props) {
  const [place, width] = useWidth();
  return (
    <section className="figure" data-testid={testid}>
      <header>
        <h2>{title}</h2>
        <Keep title={title} table={() => table} picture={{ option, width: Math.max(width, 480), height }} />
      </header>
      {says && <p className="says">{says}</p>}
      <div ref={place}>{width > 0 && <Chart option={option} width={width} height={height} label={label ?? title} />}</div>
    </section>
  );
}

/** How all axes look. */
export const axis = (palette: Palette, more: object = {}) => ({
  axisLabel: { color: palette.faint, fontSize: 11 },
  axisLine: { lineStyle: { color: palette.line } },
  axisTick: { lineStyle: { color: palette.line } },
  splitLine: { lineStyle: { color: palette.line } },
  nameTextStyle: { color: palette.faint, fontSize: 11 },
  ...more,
});

export const hint = { className: "chart-note", confine: true, transitionDuration: 0 };

type Api = { value: (index: number) => number; coord: (at: [number, number]) => [number, number]; style: (more: object) => object };

/** Draws a line from `low` to `high` with a point at `value`: of data [value, row, low, high, colour number]. */
export const interval = (colours: string[], dot = 5) => (_: unknown, api: Api) => {
  const [x, y] = api.coord([api.value(0), api.value(1)]);
  const from = api.coord([api.value(2), api.value(1)])[0];
  const to = api.coord([api.value(3), api.value(1)])[0];
  const colour = colours[api.value(4)];
  const line = Number.isFinite(from) && Number.isFinite(to);
  return {
    type: "group",
    children: [
      ...(line ? [{ type: "line", shape: { x1: from, y1: y, x2: to, y2: y }, style: { stroke: colour, lineWidth: 3, lineCap: "round" } }] : []),
      { type: "circle", shape: { cx: x, cy: y, r: dot }, style: { fill: colour } },
    ],
  };
};

export function Progress({ progress, what }: { progress: [number, number] | null; what: string }) {
  if (!progress) return null;
  const [done, of] = progress;
  return (
    <span className="progress" role="status">
      {what}: {Math.min(100, Math.floor((100 * done) / Math.max(of, 1)))} %
      <progress value={done} max={of} aria-label={what} />
    </span>
  );
}

/** How far long work is, and the button that stops it. */
export function Working({ work, what }: { work: Work; what: string }) {
  return (
    <>
      <Progress progress={work.progress} what={what} />
      {work.running && (
        <button type="button" onClick={work.stop}>
          Stop
        </button>
      )}
    </>
  );
}

export function Faults({ faults }: { faults: { place?: string; path?: string; message: string }[] }) {
  if (!faults.length) return null;
  return (
    <div className="faults" role="alert">
      <ul>
        {faults.slice(0, 12).map((fault, n) => (
          <li key={n}>
            {fault.path && <b>{fault.path}: </b>}
            {fault.message}
          </li>
        ))}
        {faults.length > 12 && <li>… and {faults.length - 12} more</li>}
      </ul>
    </div>
  );
}
