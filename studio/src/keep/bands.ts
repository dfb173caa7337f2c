/** The charts by interval of the Plan screen, as a table and as a picture with the names of its rows. */

import type { EChartsCoreOption } from "echarts/core";
import { figure } from "../format";
import type { Palette } from "../theme";
import type { Answer } from "../types";
import type { Table } from "./table";

export function bandsTable(labels: string[], answer: Answer, name: string, times: number[]): Table {
  const band = answer.bands[name];
  return {
    columns: [band.scope, "interval", name, "low", "high"],
    rows: band.rows.flatMap((row, r) => times.map((t) => [row, labels[t], band.value[r][t], band.low[r][t], band.high[r][t]])),
  };
}

const NAMES = 160;

/** The same chart with names at the left and times at the bottom, which the page writes beside it. */
export function named(option: EChartsCoreOption, rows: string[], unit: string, palette: Palette): EChartsCoreOption {
  const list = <T,>(value: unknown) => (Array.isArray(value) ? value : [value]) as T[];
  const font = { color: palette.ink, fontSize: 11 };
  return {
    ...option,
    grid: list<object>(option.grid).map((grid) => ({ ...grid, left: NAMES + 44, right: 12 })),
    yAxis: list<{ min?: number; max?: number }>(option.yAxis).map((axis, n) => ({
      ...axis,
      show: true,
      name: rows[n],
      nameLocation: "middle",
      nameRotate: 0,
      nameGap: 44,
      nameTextStyle: { ...font, align: "right", width: NAMES - 8, overflow: "truncate" },
      axisLabel: { color: palette.faint, fontSize: 9, formatter: (value: number) => figure(value, unit) },
      interval: axis.max === undefined ? undefined : axis.max - (axis.min ?? 0),
      splitNumber: 1,
      splitLine: { show: false },
    })),
    xAxis: list<object>(option.xAxis).map((axis, n, all) => ({ ...axis, show: true, axisLabel: { show: n === all.length - 1, color: palette.faint, fontSize: 10 } })),
  };
}
