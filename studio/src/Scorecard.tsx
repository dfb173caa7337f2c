/** The figures of the whole plan, each with its change against the saved plan and the interval of that change. */

import { change, figure } from "./format";
import type { Answer, Metric, Plan, Total } from "./types";

const CARDS = ["sl", "abandoned_share", "asa", "occupancy", "cost", "paid_hours"];

/** Whether a change is for the better (1), for the worse (-1), or cannot be told from none (0). */
export function verdict(total: Total, better: number): number {
  const { change_low: low, change_high: high } = total;
  if (low === null || high === null || !better) return 0;
  if (low > 0) return better;
  return high < 0 ? -better : 0;
}

function half(total: Total): number | null {
  return total.low === null || total.high === null ? null : (total.high - total.low) / 2;
}

interface Props {
  plan: Plan;
  answer: Answer;
  metrics: Record<string, Metric>;
  stale: boolean;
  onExplain: (name: string) => void;
  byInterval?: boolean; // whether misses by interval are counted
}

export function Scorecard({ plan, answer, metrics, stale, onExplain, byInterval = true }: Props) {
  const { missed, missed_before: before } = answer;
  const more = missed.targets - before.targets;
  const intervals = missed.intervals - before.intervals;
  return (
    <section className={stale ? "cards stale" : "cards"} aria-label="Figures of the plan" aria-busy={stale}>
      <article className={missed.targets ? "bad" : "good"} data-testid="card-missed">
        <h2>Targets missed</h2>
        <strong>
          {missed.of ? `${missed.targets} of ${missed.of}` : "no targets"}
        </strong>
        <p>{!missed.of ? "add targets to queues" : byInterval ? `${missed.intervals.toLocaleString("en")} by interval` : ""}</p>
        <p className={more + intervals === 0 ? "" : more < 0 || (more === 0 && intervals < 0) ? "better" : "worse"}>
          {plan.changed === 0 ? "as saved" : `saved: ${before.targets}${byInterval ? ` and ${before.intervals.toLocaleString("en")}` : ""}`}
        </p>
      </article>
      {CARDS.filter((name) => answer.totals[name] && metrics[name]).map((name) => {
        const total = answer.totals[name];
        const { unit, title, better } = metrics[name];
        const said = verdict(total, better);
        const width = half(total);
        const wide = unit === "share" ? change(width, unit).slice(1) : figure(width, unit, plan.currency);
        return (
          <article key={name} data-testid={`card-${name}`}>
            <h2>
              <span>{title}</span>
              <button type="button" className="about" aria-label={`What ${title} means`} onClick={() => onExplain(name)}>
                ?
              </button>
            </h2>
            <strong>{figure(total.value, unit, plan.currency)}</strong>
            <p>{width === null ? "" : `± ${wide}`}</p>
            <p className={said > 0 ? "better" : said < 0 ? "worse" : ""}>
              {plan.changed === 0 ? "as saved" : <Change total={total} unit={unit} currency={plan.currency} said={said} />}
            </p>
          </article>
        );
      })}
    </section>
  );
}

function Change({ total, unit, currency, said }: { total: Total; unit: string; currency: string; said: number }) {
  const word = said > 0 ? "better" : said < 0 ? "worse" : "";
  return (
    <>
      {change(total.change, unit, currency)}{" "}
      <span className="interval">
        ({change(total.change_low, unit, currency).replace(" pts", "")} to {change(total.change_high, unit, currency)})
      </span>
      {word && <span className="unseen"> {word} than saved</span>}
    </>
  );
}
