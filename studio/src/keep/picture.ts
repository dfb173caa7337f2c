/** A chart as a picture with its title, drawn once more beside the page; loaded when the first picture is wanted. */

import { TitleComponent } from "echarts/components";
import * as echarts from "echarts/core";
import type { EChartsCoreOption } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import type { Palette } from "../theme";

echarts.use([TitleComponent, CanvasRenderer, SVGRenderer]);

export interface Drawing {
  title: string;
  option: EChartsCoreOption;
  width: number;
  height: number;
  palette: Palette;
}

const HEAD = 34; // pixels of the title
type Grid = { top?: number | string };

function whole({ title, option, height, palette }: Drawing): EChartsCoreOption {
  const lower = (grid: Grid) => ({ ...grid, top: typeof grid.top === "number" ? grid.top + HEAD : grid.top });
  const grid = option.grid as Grid | Grid[] | undefined;
  return {
    ...option,
    animation: false,
    backgroundColor: palette.paper,
    grid: Array.isArray(grid) ? grid.map((one) => ({ ...lower(one) })) : grid && { ...lower(grid), height: (grid as { height?: number }).height ?? height - (Number(grid.top) || 0) - (Number((grid as { bottom?: number }).bottom) || 0) },
    title: { text: title, left: 8, top: 8, textStyle: { color: palette.ink, fontSize: 14, fontWeight: 600 } },
  };
}

export function svg(drawing: Drawing): Blob {
  const { width, height } = drawing;
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height: height + HEAD });
  chart.setOption(whole(drawing));
  const text = chart.renderToSVGString();
  chart.dispose();
  return new Blob([text], { type: "image/svg+xml" });
}

export function png(drawing: Drawing): Blob {
  const { width, height } = drawing;
  const place = document.createElement("div");
  const chart = echarts.init(place, null, { renderer: "canvas", width, height: height + HEAD, devicePixelRatio: 2 });
  chart.setOption(whole(drawing));
  const address = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: drawing.palette.paper });
  chart.dispose();
  const bytes = atob(address.slice(address.indexOf(",") + 1));
  return new Blob([Uint8Array.from(bytes, (letter) => letter.charCodeAt(0))], { type: "image/png" });
}
