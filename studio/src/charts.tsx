/** ECharts, only the parts that are needed, in a React component. */

import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import type { EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useLayoutEffect, useRef } from "react";

echarts.use([BarChart, CustomChart, LineChart, AriaComponent, GridComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

/** What a chart has besides its values: its places and axes, and which series there are. */
export function frame({ series, tooltip: _, ...rest }: EChartsCoreOption): string {
  const list = (Array.isArray(series) ? series : [series]) as { type: string; name?: string }[];
  return JSON.stringify([rest, list.map(({ type, name }) => [type, name])]);
}

interface Drawn {
  option: EChartsCoreOption;
  width: number;
  height: number;
  label: string;
  steady?: boolean; // only its values change, as long as its frame does not: half the work
}

/** A chart, drawn in the frame in which its values come. */
export function Chart({ option, width, height, label, steady = false }: Drawn) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const before = useRef("");
  useLayoutEffect(() => {
    chart.current = echarts.init(place.current, null, { renderer: "canvas" });
    return () => {
      chart.current?.dispose();
      chart.current = null;
      before.current = "";
    };
  }, []);
  useLayoutEffect(() => {
    chart.current?.resize({ width, height });
  }, [width, height]);
  useLayoutEffect(() => {
    const now = steady ? frame(option) : "";
    const same = now !== "" && now === before.current;
    before.current = now;
    if (same) chart.current?.setOption({ series: option.series, tooltip: option.tooltip });
    else chart.current?.setOption(option, { notMerge: true, lazyUpdate: false });
  }, [option, steady]);
  return <div ref={place} role="img" aria-label={label} style={{ width, height }} />;
}

/** The content of a tooltip: a heading, and lines of name and value. Built of elements, so that names are text. */
export function note(heading: string, lines: [string, string][]): HTMLElement {
  const box = document.createElement("div");
  box.className = "note";
  const head = document.createElement("strong");
  head.textContent = heading;
  box.append(head);
  for (const [name, value] of lines) {
    const line = document.createElement("div");
    const left = document.createElement("span");
    const right = document.createElement("span");
    left.textContent = name;
    right.textContent = value;
    line.append(left, right);
    box.append(line);
  }
  return box;
}
