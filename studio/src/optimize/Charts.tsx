/** How the best cost came down, and what cost buys: the search and the frontier. */

import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "react";
import { note } from "../charts";
import { Figure } from "../figure";
import { figure } from "../format";
import type { Palette } from "../theme";
import type { Metric } from "../types";
import type { Frontier, Job } from "./types";

const axis = (palette: Palette) => ({
  axisLabel: { color: palette.faint },
  axisLine: { lineStyle: { color: palette.line } },
  splitLine: { lineStyle: { color: palette.line } },
  nameTextStyle: { color: palette.faint },
});

export function Curve({ job, unit, currency, palette }: { job: Job; unit: string; currency: string; palette: Palette }) {
  const option = useMemo<EChartsCoreOption>(() => {
    const of = (column: 1 | 2) => job.curve.map((point) => [point[0], point[column]]);
    return {
      animation: false,
      grid: { left: 76, right: 16, top: 12, bottom: 30 },
      xAxis: { type: "value", name: "s", min: 0, ...axis(palette), splitLine: { show: false } },
      yAxis: { type: "value", scale: true, ...axis(palette), axisLabel: { color: palette.faint, formatter: (value: number) => figure(value, unit, currency) } },
      tooltip: {
        trigger: "axis",
        className: "chart-note",
        confine: true,
        transitionDuration: 0,
        formatter: (given: { dataIndex: number }[]) => {
          const [seconds, cost, bound, met] = job.curve[given[0].dataIndex];
          const lines: [string, string][] = [["best plan", figure(cost, unit, currency)]];
          if (bound !== null) lines.push(["bound", figure(bound, unit, currency)]);
          return note(`${Math.round(seconds)} s`, [...lines, ["goals", met ? "met so far" : "missed"]]);
        },
      },
      series: [
        {
          type: "line",
          name: "best plan",
          step: "end",
          data: job.curve.map((point) => ({ value: [point[0], point[1]], itemStyle: { color: point[3] ? palette.value : palette.miss } })),
          symbol: "circle",
          symbolSize: 5,
          lineStyle: { color: palette.value, width: 2 },
        },
        { type: "line", name: "bound", step: "end", data: of(2), symbol: "none", lineStyle: { color: palette.target, type: "dashed", width: 1.5 } },
      ],
    };
  }, [job.curve, unit, currency, palette]);
  return (
    <Figure
      title="The search"
      option={option}
      height={190}
      table={{ columns: ["seconds", "best plan", "bound", "goals"], rows: job.curve.map(([at, cost, bound, met]) => [at, cost, bound, met ? "met so far" : "missed"]) }}
      label="Cost of the best plan and its bound during the search; red where goals are missed"
    />
  );
}

interface FrontierProps {
  found: Frontier;
  metrics: Record<string, Metric>;
  currency: string;
  palette: Palette;
  chosen: number;
}

export function FrontierChart({ found, metrics, currency, palette, chosen }: FrontierProps) {
  const option = useMemo<EChartsCoreOption>(() => {
    const unit = metrics[found.figure]?.unit ?? "share";
    const points = [...found.points].sort((a, b) => Number(a[found.figure]) - Number(b[found.figure]));
    return {
      animation: false,
      grid: { left: 76, right: 20, top: 12, bottom: 40 },
      xAxis: {
        type: "value",
        scale: true,
        name: metrics[found.figure]?.title,
        nameLocation: "middle",
        nameGap: 26,
        ...axis(palette),
        splitLine: { show: false },
        axisLabel: { color: palette.faint, formatter: (value: number) => figure(value, unit) },
      },
      yAxis: { type: "value", scale: true, ...axis(palette), axisLabel: { color: palette.faint, formatter: (value: number) => figure(value, "money", currency) } },
      tooltip: {
        trigger: "item",
        className: "chart-note",
        confine: true,
        transitionDuration: 0,
        formatter: ({ dataIndex }: { dataIndex: number }) => {
          const point = points[dataIndex];
          return note(`Plan ${point.number}`, [
            ["cost", figure(point.cost as number, "money", currency)],
            [metrics[found.figure]?.title ?? found.figure, figure(point[found.figure] as number, unit)],
          ]);
        },
      },
      series: [
        {
          type: "line",
          data: points.map((point) => ({
            value: [point[found.figure], point.cost],
            symbol: point.dominated ? "emptyCircle" : "circle",
            symbolSize: point.number === chosen ? 16 : 10,
            itemStyle: { color: point.number === chosen ? palette.miss : palette.value },
          })),
          lineStyle: { color: palette.line, width: 1.5 },
        },
      ],
    };
  }, [found, metrics, currency, palette, chosen]);
  const keys = ["number", "cost", found.figure, `${found.figure}_low`, `${found.figure}_high`, "target"];
  return (
    <Figure
      title={`Cost against ${metrics[found.figure]?.title ?? found.figure}`}
      option={option}
      height={260}
      table={{ columns: ["plan", ...keys.slice(1)], rows: found.points.map((point) => keys.map((key) => point[key] as number | null)) }}
      label="Cost of plans against the metric, one point for each plan"
    />
  );
}
