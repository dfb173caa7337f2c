/** The Plan screen: demand, the staffing grid, and what each change does to service and cost. */

import { Suspense, lazy, memo, useEffect, useLayoutEffect, useMemo, useState } from "react";
import { Bands, Demand, FIGURES, type FigureName } from "./Bands";
import { Scorecard } from "./Scorecard";
import { StaffGrid } from "./StaffGrid";
import { day, times as count } from "./format";
import type { Desk } from "./plan";
import type { Palette } from "./theme";
import type { Metric } from "./types";

const Shifts = memo(lazy(() => import("./shifts/Shifts")));
const NAMES = 176; // width of the column of names
const NARROWEST = 30;

function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [element, place] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(1200);
  useEffect(() => {
    if (!element) return;
    const seen = new ResizeObserver(([entry]) => setWidth(entry.contentRect.width));
    seen.observe(element);
    return () => seen.disconnect();
  }, [element]);
  return [place, width];
}

/** A value once the frame after its change is painted. */
function useFrameLater<T>(value: T): T {
  const [later, setLater] = useState(value);
  useEffect(() => {
    let timer = 0;
    const frame = requestAnimationFrame(() => {
      timer = window.setTimeout(() => setLater(() => value));
    });
    return () => {
      cancelAnimationFrame(frame);
      window.clearTimeout(timer);
    };
  }, [value]);
  return later;
}

interface Props {
  desk: Desk;
  metrics: Record<string, Metric>;
  palette: Palette;
  onExplain: (name: string) => void;
  onRefuse: (message: string) => void;
}

export function PlanScreen({ desk, metrics, palette, onExplain, onRefuse }: Props) {
  const { plan, answer } = desk;
  const [shown, setShown] = useState<FigureName>("sl");
  const [chosen, setDay] = useState("");
  const [place, width] = useWidth();
  const today = plan && plan.days.includes(chosen) ? chosen : (plan?.days[0] ?? "");
  const times = useMemo(
    () => (plan ? plan.labels.flatMap((label, t) => (label.startsWith(today) ? [t] : [])) : []),
    [plan?.labels, today], // eslint-disable-line
  );
  // The cards and the bands are drawn first; demand and the grid, which change less, in a frame of their own.
  const later = useFrameLater(answer) ?? answer;
  // As texts, so that an answer that changes neither leaves the grid as it is.
  const misses = later?.targets.flatMap((target) => target.misses).join() ?? "";
  const missed = useMemo(() => new Set(later?.targets.flatMap((target) => target.misses)), [misses]); // eslint-disable-line
  const needs = later?.required.join() ?? "";
  const required = useMemo(() => later?.required, [needs]); // eslint-disable-line
  const missedOn = useMemo(() => {
    const out = new Map<string, number>();
    for (const t of missed) {
      const on = plan?.labels[t]?.slice(0, 10) ?? "";
      out.set(on, (out.get(on) ?? 0) + 1);
    }
    return out;
  }, [missed, plan?.labels]); // eslint-disable-line
  useLayoutEffect(() => {
    if (!answer) return;
    const { revision, done, replications } = answer;
    requestAnimationFrame(() => performance.mark("shown", { detail: { revision, done, replications } }));
  }, [answer]);

  if (!plan) return <p className="loading">{desk.faults.length ? "" : "Opening the scenario …"}</p>;
  const cellWidth = Math.max(NARROWEST, Math.floor((width - NAMES - 4) / Math.max(times.length, 1)));
  const size = { times, palette, nameWidth: NAMES, cellWidth };
  const fixed = plan.groups.filter((group) => group.locked).length;
  const stale = answer !== null && answer.revision !== plan.revision;
  return (
    <main ref={place}>
      {answer ? (
        <Scorecard plan={plan} answer={answer} metrics={metrics} stale={stale} onExplain={onExplain} />
      ) : (
        <section className="cards waiting">{desk.status || "Simulating the saved plan …"}</section>
      )}
      <div className="bar">
        {plan.days.length > 1 && (
          <nav aria-label="Days" className="days">
            {plan.days.map((one) => (
              <button key={one} type="button" aria-pressed={one === today} onClick={() => setDay(one)}>
                {day(one)}
                {missedOn.has(one) && <span className="count" title={`${count(missedOn.get(one) ?? 0, "interval")} with a miss`}>{missedOn.get(one)}</span>}
              </button>
            ))}
          </nav>
        )}
        {plan.days.length === 1 && <b>{plan.steady ? "Steady state: an edit is for all time" : day(today)}</b>}
        <span className="grow" />
        {answer && (
          <span className="progress" data-testid="progress" data-revision={answer.revision} data-done={answer.done && !stale}>
            {answer.done && !stale ? `${answer.replications} replications` : `simulating: ${stale ? 0 : answer.replications} of ${answer.of}`}
            <progress value={stale ? 0 : answer.replications} max={answer.of} aria-label="Replications" />
          </span>
        )}
      </div>
      <div className="scroll">
        {later && <Demand labels={plan.labels} answer={later} {...size} />}
        <StaffGrid plan={plan} required={required} missed={missed} onEdit={desk.edit} onRefuse={onRefuse} {...size} />
        <p className="hint">
          Agents {plan.unit === "scheduled" ? "scheduled, shrinkage not yet off" : "present"}. Type in cells, paste from Excel, drag the
          corner to fill; <kbd>+</kbd> and <kbd>−</kbd> change a selection by one. Red times have a miss.{" "}
          <i>Required</i> is what Erlang needs for the targets, each queue on its own: a first guess, which the simulation below judges.
          {fixed > 0 && (plan.shifts.length ? " Teams marked “fixed” work in shifts: change their shifts below." : " Teams marked “fixed” work in shifts or by the clock of another site: their hours are shown here, and change in the scenario file.")}
        </p>
        {plan.shifts.length > 0 && (
          <Suspense fallback={<p className="loading">Loading …</p>}>
            <Shifts plan={plan} today={today} times={times} nameWidth={NAMES} cellWidth={cellWidth} onEdit={desk.editShifts} />
          </Suspense>
        )}
        {answer && (
          <>
            <div className="figures">
              <div role="tablist" aria-label="Figures">
                {FIGURES.map(({ name, title }) => (
                  <button key={name} type="button" role="tab" aria-selected={name === shown} onClick={() => setShown(name)}>
                    {title}
                  </button>
                ))}
              </div>
              <button type="button" className="about" aria-label="What this figure means" onClick={() => onExplain(shown)}>
                ?
              </button>
              <span className="legend">
                <i className="value" /> estimate <i className="band" /> 95 % interval <i className="target" /> target <i className="miss">◆</i> miss
              </span>
            </div>
            <Bands plan={plan} answer={answer} metrics={metrics} name={shown} {...size} />
          </>
        )}
      </div>
    </main>
  );
}
