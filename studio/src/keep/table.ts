/** A table of what a chart shows: as CSV, and as a spreadsheet takes it from the clipboard. */

export type Value = string | number | null | undefined;
export interface Table {
  columns: string[];
  rows: Value[][];
}

/** A spreadsheet runs texts that begin like a formula: an apostrophe makes them texts again. */
const safe = (text: string) => (/^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.]+$/.test(text) ? `'${text}` : text);
const plain = (value: Value) => (value === null || value === undefined ? "" : typeof value === "number" ? String(value) : safe(value));

export function csv({ columns, rows }: Table): string {
  const cell = (value: Value) => {
    const text = plain(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

export function tabs({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => row.map((value) => plain(value).replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");
}

/** What an HTML table shows, cell by cell. */
export function tableOf(element: HTMLTableElement): Table {
  const text = (cell: Element) => {
    const copy = cell.cloneNode(true) as Element;
    const chosen = [...cell.querySelectorAll("select")].map((one) => one.selectedOptions[0]?.textContent ?? "");
    copy.querySelectorAll("select").forEach((one, n) => one.replaceWith(chosen[n]));
    for (const hidden of copy.querySelectorAll("button, .unseen")) hidden.remove();
    return (copy.textContent ?? "").replace(/\s+/g, " ").trim();
  };
  const [head, ...rows] = [...element.rows].map((row) => [...row.cells].map(text));
  return { columns: head ?? [], rows };
}

export function download(name: string, content: Blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const fileName = (title: string) => title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "chart";
