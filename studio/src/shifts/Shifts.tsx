/** The shifts of a day as bars: drag a bar, its end or a break; or use the keyboard and the fields of the chosen shift. */

import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useState } from "react";
import "./shifts.css";
import { day, times as count } from "../format";
import type { Plan, Shift, ShiftChange, ShiftRow } from "../types";
import { apart, begun, clockOf, ended, next, rested, rowOf, secondsOf } from "./rules";

const MOST = 150; // bars that are drawn at once

interface Props {
  plan: Plan;
  today: string;
  times: number[];
  nameWidth: number;
  cellWidth: number;
  onEdit: (changes: ShiftChange[]) => void;
}

type Drag = { shift: Shift; kind: "start" | "end" | number; from: number; row: ShiftRow };

export default function Shifts({ plan, today, times, nameWidth, cellWidth, onEdit }: Props) {
  const [chosen, setChosen] = useState("");
  const [team, setTeam] = useState("");
  const [drag, setDrag] = useState<Drag | null>(null);
  const rules = plan.shift_rules;
  const order = useMemo(() => new Map(plan.groups.map(({ name }, g) => [name, g])), [plan.groups]);
  const todays = useMemo(
    () =>
      plan.shifts
        .filter((one) => one.days.includes(today))
        .sort((a, b) => (order.get(a.group) ?? 0) - (order.get(b.group) ?? 0) || a.start - b.start || a.end - b.end || Number(a.id) - Number(b.id)),
    [plan.shifts, today, order],
  );
  const teams = [...new Set(todays.map(({ group }) => group))];
  const inTeam = todays.filter(({ group }) => !team || !teams.includes(team) || group === team);
  const shown = inTeam.slice(0, MOST);
  const selected = todays.find(({ id }) => id === chosen);
  const fixed = (one: Shift) => !plan.groups[order.get(one.group) ?? 0]?.locked.startsWith("works in shifts");

  // Where a time of the day lies: columns may leave closed hours out.
  const begins = times.map((t) => secondsOf(plan.labels[t].slice(11, 16)) ?? 0);
  const width = times.length * cellWidth;
  const place = (seconds: number) => {
    const at = begins.findLastIndex((one) => one <= seconds);
    if (at < 0) return 0;
    return Math.min(width, (at + Math.min(1, (seconds - begins[at]) / plan.interval_seconds)) * cellWidth);
  };
  const put = (id: string, row: ShiftRow | null) => onEdit([{ id, row }]);
  const change = (shift: Shift, kind: Drag["kind"], seconds: number) =>
    kind === "start" ? begun(shift, seconds, rules) : kind === "end" ? ended(shift, seconds, rules) : rested(shift, kind, seconds, rules);
  const value = (row: ShiftRow, kind: Drag["kind"]) => (kind === "start" ? row.start : kind === "end" ? row.end : row.breaks[kind]?.[0] ?? 0);

  const grab = (event: PointerEvent<HTMLElement>, shift: Shift, kind: Drag["kind"]) => {
    if (event.button !== 0 || fixed(shift)) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    setChosen(shift.id);
    setDrag({ shift, kind, from: event.clientX, row: rowOf(shift) });
  };
  const pull = (event: PointerEvent<HTMLElement>) => {
    if (!drag) return;
    const seconds = ((event.clientX - drag.from) / cellWidth) * plan.interval_seconds;
    setDrag({ ...drag, row: change(drag.shift, drag.kind, value(rowOf(drag.shift), drag.kind) + seconds) });
  };
  const drop = () => {
    if (drag && JSON.stringify(drag.row) !== JSON.stringify(rowOf(drag.shift))) put(drag.shift.id, drag.row);
    setDrag(null);
  };
  const hold = { onPointerMove: pull, onPointerUp: drop, onPointerCancel: () => setDrag(null) };

  const key = (event: KeyboardEvent, shift: Shift, kind: "bar" | number) => {
    if (fixed(shift) || event.ctrlKey || event.metaKey) return;
    const direction = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const row = rowOf(shift);
    if (direction) {
      const what = kind === "bar" ? (event.shiftKey ? "end" : "start") : kind;
      const moved = next((at) => change(shift, what, at), (one) => value(one, what), value(row, what), direction);
      if (JSON.stringify(moved) !== JSON.stringify(row)) put(shift.id, moved);
    } else if (event.key === "+" || event.key === "-") {
      put(shift.id, { ...row, agents: Math.max(0, row.agents + (event.key === "+" ? 1 : -1)) });
    } else if (event.key === "Delete" || event.key === "Backspace") {
      put(shift.id, null);
    } else if (event.key === "Escape" && drag) {
      setDrag(null);
    } else return;
    event.preventDefault();
  };

  return (
    <section className="shifts" aria-label="Shifts" data-testid="shifts">
      <div className="bar">
        <b>{count(todays.length, "shift")} on {day(today)}</b>
        <span className="hint-inline">{count(todays.reduce((sum, one) => sum + one.agents, 0), "person").replace("persons", "people")}</span>
        {teams.length > 1 && (
          <select aria-label="Team of the shifts" value={teams.includes(team) ? team : ""} onChange={(event) => setTeam(event.target.value)}>
            <option value="">All teams</option>
            {teams.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        )}
        <span className="grow" />
        <span className="hint-inline">
          Drag a bar, its end or its break. <kbd>←</kbd> <kbd>→</kbd> move it, with <kbd>Shift</kbd> its end; <kbd>+</kbd> <kbd>−</kbd> people.
        </span>
      </div>
      {selected && <Chosen key={`${selected.id} ${plan.revision}`} shift={selected} today={today} fixed={fixed(selected)} {...{ put, onEdit, change }} />}
      <ul style={{ width: nameWidth + width }}>
        {shown.map((shift, n) => {
          const row = drag?.shift.id === shift.id ? drag.row : rowOf(shift);
          const told = `${shift.group}, ${clockOf(row.start)} to ${clockOf(row.end)}, ${row.agents} ${row.agents === 1 ? "person" : "people"}${row.name ? `, ${row.name}` : ""}${shift.days.length > 1 ? `, on ${shift.days.length} days` : ""}`;
          const span = (a: number, b: number) => ({ left: place(a), width: Math.max(3, place(b) - place(a)) });
          const first = n === 0 || shown[n - 1].group !== shift.group;
          return (
            <li key={shift.id} data-shift={shift.id} className={first ? "first" : ""}>
              <span className="team" style={{ width: nameWidth }}>
                <b title={shift.group}>{first ? shift.group : ""}</b>
                <Count value={row.agents} label={`People, ${told}`} disabled={fixed(shift)} onChange={(agents) => put(shift.id, { ...row, agents })} />
              </span>
              <span className="track" style={{ width, backgroundSize: `${cellWidth}px 100%` }}>
                <button
                  type="button"
                  className={`shift${shift.changed ? " changed" : ""}${chosen === shift.id ? " chosen" : ""}`}
                  style={span(row.start, row.end)}
                  aria-label={told}
                  aria-pressed={chosen === shift.id}
                  data-testid={`shift-${shift.id}`}
                  onClick={() => setChosen(shift.id)}
                  onKeyDown={(event) => key(event, shift, "bar")}
                  onPointerDown={(event) => grab(event, shift, "start")}
                  {...hold}
                >
                  <span>
                    {clockOf(row.start)}–{clockOf(row.end)} {row.name ?? ""}
                  </span>
                </button>
                {row.breaks.map(([a, b], which) => (
                  <button
                    key={which}
                    type="button"
                    className="break"
                    style={span(a, b)}
                    aria-label={`Break ${clockOf(a)} to ${clockOf(b)} of ${told}`}
                    onKeyDown={(event) => key(event, shift, which)}
                    onPointerDown={(event) => grab(event, shift, which)}
                    {...hold}
                  />
                ))}
                {!fixed(shift) && (
                  <i className="end" data-testid={`end-${shift.id}`} style={{ left: place(row.end) - 5 }} onPointerDown={(event) => grab(event, shift, "end")} {...hold} />
                )}
              </span>
            </li>
          );
        })}
      </ul>
      {inTeam.length > shown.length && <p className="hint">The first {shown.length} of {inTeam.length} are shown; choose a team.</p>}
    </section>
  );
}

function Count({ value, label, disabled, onChange }: { value: number; label: string; disabled: boolean; onChange: (agents: number) => void }) {
  const [typed, setTyped] = useState(String(value));
  useEffect(() => setTyped(String(value)), [value]);
  const done = () => {
    const agents = Number(typed);
    if (typed.trim() && Number.isInteger(agents) && agents >= 0 && agents !== value) onChange(agents);
    else setTyped(String(value));
  };
  return (
    <input
      className="people"
      inputMode="numeric"
      aria-label={label}
      disabled={disabled}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => event.key === "Enter" && done()}
    />
  );
}

interface ChosenProps {
  shift: Shift;
  today: string;
  fixed: boolean;
  put: (id: string, row: ShiftRow | null) => void;
  onEdit: (changes: ShiftChange[]) => void;
  change: (shift: Shift, kind: "start" | "end" | number, seconds: number) => ShiftRow;
}

/** The fields of the chosen shift. What is typed is sent as it is: the service says what the scenario does not allow. */
function Chosen({ shift, today, fixed, put, onEdit }: ChosenProps) {
  const row = rowOf(shift);
  const at = (text: string, after: number) => {
    const seconds = secondsOf(text);
    return seconds === null ? null : seconds <= after ? seconds + 86400 : seconds;
  };
  const time = (label: string, now: number, take: (text: string) => ShiftRow | null) => (
    <label key={label}>
      {label}
      <input
        type="time"
        step={900}
        defaultValue={clockOf(now)}
        disabled={fixed}
        onBlur={(event) => {
          const after = event.target.value === clockOf(now) ? null : take(event.target.value);
          if (after) put(shift.id, after);
        }}
        onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      />
    </label>
  );
  return (
    <div className="chosen" role="group" aria-label="The chosen shift">
      <b>{shift.group}</b>
      {row.name && <span>{row.name}</span>}
      {time("Start", row.start, (text) => {
        const start = secondsOf(text);
        const by = start === null ? 0 : start - row.start;
        return by ? { ...row, start: row.start + by, end: row.end + by, breaks: row.breaks.map(([a, b]) => [a + by, b + by]) } : null;
      })}
      {time("End", row.end, (text) => {
        const end = at(text, row.start);
        return end === null ? null : { ...row, end };
      })}
      {row.breaks.map(([a, b], n) =>
        time(row.breaks.length > 1 ? `Break ${n + 1}` : "Break", a, (text) => {
          const start = at(text, row.start - 1);
          return start === null ? null : { ...row, breaks: row.breaks.map((span, which) => (which === n ? [start, start + b - a] : span)) };
        }),
      )}
      {shift.days.length > 1 && (
        <button type="button" disabled={fixed} onClick={() => onEdit(apart(shift, today))} title="An edit then changes this day alone">
          Only {day(today)} (now {shift.days.length} days)
        </button>
      )}
      <button type="button" disabled={fixed} onClick={() => onEdit([{ id: null, row: { ...row, agents: 1, name: null } }])}>
        Add one like it
      </button>
      <button type="button" disabled={fixed} onClick={() => put(shift.id, null)}>
        Remove
      </button>
    </div>
  );
}
