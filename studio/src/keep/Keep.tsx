/** The menu that copies or saves what a chart or a table shows. */

import type { EChartsCoreOption } from "echarts/core";
import { useEffect, useRef, useState } from "react";
import { usePalette } from "../theme";
import { type Table, csv, download, fileName, tabs } from "./table";

interface Props {
  title: string;
  table: () => Table;
  picture?: { option: EChartsCoreOption | (() => EChartsCoreOption); width: number; height: number };
}

export function Keep({ title, table, picture }: Props) {
  const palette = usePalette();
  const menu = useRef<HTMLDetailsElement>(null);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!said) return;
    const timer = window.setTimeout(() => setSaid(""), 3000);
    return () => window.clearTimeout(timer);
  }, [said]);
  const close = () => {
    if (menu.current) menu.current.open = false;
  };
  const act = (done: string, what: () => Promise<void> | void) => async () => {
    close();
    try {
      await what();
      setSaid(done);
    } catch (error) {
      setSaid(`This browser does not allow it: ${error instanceof Error ? error.message : error}`);
    }
  };
  const drawn = async () => {
    const { png, svg } = await import("./picture");
    const { option, ...size } = picture!;
    const drawing = { title, palette, ...size, option: typeof option === "function" ? (option as () => EChartsCoreOption)() : option };
    return { png: () => png(drawing), svg: () => svg(drawing) };
  };
  const name = fileName(title);
  return (
    <details
      className="keep"
      ref={menu}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && close()}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      <summary aria-label={`Copy or save: ${title}`} title="Copy or save">
        <span role="status">{said || "Keep"}</span>
      </summary>
      <div>
        {picture && (
          <>
            <button type="button" onClick={act("Copied", async () => navigator.clipboard.write([new ClipboardItem({ "image/png": drawn().then((one) => one.png()) })]))}>
              Copy picture
            </button>
            <button type="button" onClick={act("Saved", async () => download(`${name}.png`, (await drawn()).png()))}>
              Save PNG
            </button>
            <button type="button" onClick={act("Saved", async () => download(`${name}.svg`, (await drawn()).svg()))}>
              Save SVG
            </button>
          </>
        )}
        <button type="button" onClick={act("Copied", () => navigator.clipboard.writeText(tabs(table())))}>
          Copy table
        </button>
        <button type="button" onClick={act("Saved", () => download(`${name}.csv`, new Blob(["\ufeff", csv(table())], { type: "text/csv" })))}>
          Save CSV
        </button>
      </div>
    </details>
  );
}
