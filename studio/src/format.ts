/** Numbers as a planner writes them. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat("en", { maximumFractionDigits: 1, minimumFractionDigits: 1 });

function money(value: number, currency: string): string {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency, maximumFractionDigits: 0 }).format(value);
  } catch {
    return `${whole.format(value)} ${currency}`;
  }
}

/** A time in seconds: 42 s, 3:05 min. */
export function seconds(value: number): string {
  if (Math.abs(value) < 100) return `${(Math.abs(value) < 10 ? one : whole).format(value)} s`;
  const all = Math.round(Math.abs(value));
  return `${value < 0 ? "−" : ""}${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")} min`;
}

/** A figure in its unit; a dash where it could not be measured. */
export function figure(value: number | null | undefined, unit: string, currency = "EUR"): string {
  if (value === null || value === undefined) return "–";
  if (unit === "share") return `${one.format(100 * value)} %`;
  if (unit === "s") return seconds(value);
  if (unit === "money") return money(value, currency);
  if (unit === "h") return `${one.format(value)} h`;
  return whole.format(value);
}

/** A difference with its sign: shares in points. */
export function change(value: number | null | undefined, unit: string, currency = "EUR"): string {
  if (value === null || value === undefined) return "–";
  const sign = value > 0 ? "+" : value < 0 ? "−" : "±";
  const size = Math.abs(value);
  if (unit === "share") return `${sign}${one.format(100 * size)} pts`;
  return `${sign}${figure(size, unit, currency)}`;
}

export const clock = (label: string) => label.slice(11, 16);

/** Mon 9 Mar. */
export function day(date: string): string {
  const at = new Date(`${date}T12:00:00Z`);
  return new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" })
    .format(at)
    .replace(",", "");
}

export const times = (n: number, what: string) => `${whole.format(n)} ${what}${n === 1 ? "" : "s"}`;
