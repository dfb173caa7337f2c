/** Goals as sentences that can be edited: “SL of the queue billing is at least 80 % over the whole time”. */

import type { Fault } from "../types";
import type { Asked, Goal } from "./types";

const EACH = { horizon: "over the whole time", day: "on every day", interval: "in every interval" } as const;

/** The scope in words. */
function scopeOf(scope: string): string {
  const [kind, name] = scope.split(/:(.*)/);
  if (name) return `${kind} ${name}`;
  return scope === "total" ? "all contacts" : `each ${scope}`;
}

interface Props {
  asked: Asked;
  goals: Goal[];
  faults: (Fault & { goal: number })[];
  disabled: boolean;
  onChange: (goals: Goal[]) => void;
}

export function Goals({ asked, goals, faults, disabled, onChange }: Props) {
  const put = (n: number, change: Partial<Goal>) => onChange(goals.map((goal, at) => (at === n ? { ...goal, ...change } : goal)));
  const scopes = [...new Set([...asked.scopes, ...goals.map(({ scope }) => scope)])];
  return (
    <fieldset className="goals" disabled={disabled}>
      <legend>Goals</legend>
      <ol>
        {goals.map((goal, n) => {
          const known = asked.figures.some(({ name }) => name === goal.figure);
          const own = faults.filter((fault) => fault.goal === n);
          const within = goal.figure === "sl" && goal.scope.startsWith("queue:") ? asked.within[goal.scope.slice(6)] : undefined;
          return (
            <li key={n} className={own.length ? "wrong" : ""} data-testid={`goal-${n}`}>
              <select aria-label={`Metric of goal ${n + 1}`} value={goal.figure} onChange={(event) => put(n, { figure: event.target.value, quantile: null })}>
                {!known && <option value={goal.figure}>{goal.quantile ? `${goal.quantile} of waits` : goal.figure}</option>}
                {asked.figures.map(({ name, title }) => (
                  <option key={name} value={name}>
                    {title}
                  </option>
                ))}
              </select>
              of
              <select aria-label={`For whom, goal ${n + 1}`} value={goal.scope} onChange={(event) => put(n, { scope: event.target.value })}>
                {scopes.map((scope) => (
                  <option key={scope} value={scope}>
                    {scopeOf(scope)}
                  </option>
                ))}
              </select>
              is
              <select aria-label={`Sense of goal ${n + 1}`} value={goal.bound} onChange={(event) => put(n, { bound: event.target.value as Goal["bound"] })}>
                <option value="min">at least</option>
                <option value="max">at most</option>
              </select>
              <input
                aria-label={`Value of goal ${n + 1}`}
                value={goal.limit}
                size={6}
                spellCheck={false}
                aria-invalid={own.length > 0}
                onChange={(event) => put(n, { limit: event.target.value })}
              />
              {within && <span className="hint-inline">within {within}</span>}
              <select aria-label={`Over which time, goal ${n + 1}`} value={goal.each} onChange={(event) => put(n, { each: event.target.value as Goal["each"] })}>
                {Object.entries(EACH).map(([each, words]) => (
                  <option key={each} value={each}>
                    {words}
                  </option>
                ))}
              </select>
              {goal.on_days && <span className="hint-inline">on {goal.on_days} of days</span>}
              <button type="button" aria-label={`Remove goal ${n + 1}`} onClick={() => onChange(goals.filter((_, at) => at !== n))}>
                ×
              </button>
              {own.map((fault, at) => (
                <p key={at} className="fault" role="alert">
                  {fault.message}
                </p>
              ))}
            </li>
          );
        })}
      </ol>
      {faults
        .filter(({ goal }) => goal < 0)
        .map((fault, n) => (
          <p key={n} className="fault" role="alert">
            {fault.message}
          </p>
        ))}
      <button
        type="button"
        onClick={() => onChange([...goals, { figure: "sl", scope: "total", each: "horizon", bound: "min", limit: "80%", quantile: null, on_days: null }])}
      >
        Add a goal
      </button>
    </fieldset>
  );
}
