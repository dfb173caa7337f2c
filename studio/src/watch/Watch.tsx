/** The Watch screen: a day of one replication, played; every contact can be asked for its story. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Refused, get } from "../api";
import { Faults, useWidth } from "../figure";
import { day as dated } from "../format";
import { Keep } from "../keep/Keep";
import type { ScreenProps } from "../more";
import { type Found, StoryDialog } from "../story";
import type { Fault } from "../types";
import { Day, type Now, type Told, clock, lasted } from "./day";
import { type Hit, draw, layout } from "./draw";

const SPEEDS = [1, 10, 60, 300, 1200];
const FLIGHT = 0.35; // seconds on the screen
const TALL = 460;
const OFTEN = 250; // ms between two readings in words
const MOST = 8;

export default function WatchScreen({ desk, path, palette }: ScreenProps) {
  const { plan } = desk;
  const [date, setDate] = useState("");
  const [replication, setReplication] = useState(0);
  const [day, setDay] = useState<Day | null>(null);
  const [faults, setFaults] = useState<Fault[]>([]);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(60);
  const [shown, setShown] = useState(0); // the time in words
  const [said, setSaid] = useState("");
  const [story, setStory] = useState<Found | null>(null);
  const [place, width] = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const time = useRef(0);
  const hits = useRef<Hit[]>([]);
  const still = useMemo(() => window.matchMedia("(prefers-reduced-motion: reduce)").matches, []);

  useEffect(() => {
    if (plan?.revision === undefined) return;
    let ended = false;
    get<Told>("/api/watch", { path, replication: String(replication), ...(date && { date }) })
      .then((told) => {
        if (ended) return;
        const next = new Day(told);
        setDay((now) => {
          if (!now || now.told.date !== told.date) time.current = Math.min(told.closes, told.opens + 3600);
          return next;
        });
        setShown(time.current);
        setFaults([]);
      })
      .catch((error) => !ended && setFaults(error instanceof Refused ? error.faults : [{ message: String(error) }]));
    return () => {
      ended = true;
    };
  }, [path, plan?.revision, replication, date]);

  const at = useMemo(() => (day && width ? layout(day, width) : null), [day, width]);
  const within = useMemo(() => (day ? day.told.queues.map((name) => plan?.within[name] ?? Number.POSITIVE_INFINITY) : []), [day, plan?.within]);
  const paint = useCallback(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !day || !at) return;
    const scale = window.devicePixelRatio || 1;
    const tall = Math.min(TALL, at.height + 8);
    if (canvas.current!.width !== Math.round(at.width * scale) || canvas.current!.height !== Math.round(tall * scale)) {
      canvas.current!.width = Math.round(at.width * scale);
      canvas.current!.height = Math.round(tall * scale);
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const t = time.current;
    const flight = playing && !still ? FLIGHT * speed : 0;
    hits.current = draw(context, at, { day, now: day.at(t), t, within, palette, flight }, scroller.current?.scrollTop ?? 0, tall);
  }, [day, at, within, palette, playing, speed, still]);
  useEffect(paint, [paint, shown]);

  useEffect(() => {
    if (!playing || !day) return;
    let last = performance.now();
    let told = 0;
    let frame = 0;
    const step = (wall: number) => {
      const passed = Math.min((wall - last) / 1000, 1);
      if (!still || wall - last >= 1000) {
        last = wall;
        time.current = Math.min(time.current + passed * speed, 86_399);
        paint();
      }
      if (wall - told >= OFTEN) {
        told = wall;
        setShown(time.current);
      }
      if (time.current >= Math.max(day.told.closes, day.events.at(-1) ?? 0)) setPlaying(false);
      else frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [playing, speed, day, paint, still]);

  const seek = useCallback((t: number) => {
    time.current = Math.max(0, Math.min(t, 86_399));
    setShown(time.current);
  }, []);
  const step = useCallback(
    (way: 1 | -1) => {
      if (!day) return;
      setPlaying(false);
      seek(way > 0 ? day.next(time.current) : day.before(time.current));
      setSaid(`${clock(time.current)} ${day.says(time.current).join("; ")}`);
    },
    [day, seek],
  );
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const on = event.target instanceof HTMLElement ? event.target : null;
      if (!on || event.ctrlKey || event.metaKey || event.altKey || on.closest("input, select, button, textarea, summary, dialog")) return;
      if (event.key === " ") setPlaying((now) => !now);
      else if (event.key === "ArrowRight") step(1);
      else if (event.key === "ArrowLeft") step(-1);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  }, [step]);

  const ask = (contact: number) => {
    if (!day) return;
    setPlaying(false);
    setStory({ issue: day.told.contacts.issue[contact], replication, at: "", reason: "", segment: "" });
  };
  const click = (event: React.MouseEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const near = hits.current.map((hit) => ({ hit, far: Math.hypot(hit.x - x, hit.y - y) })).sort((a, b) => a.far - b.far)[0];
    if (near && near.far < 10) ask(near.hit.contact);
  };
  if (faults.length)
    return (
      <main className="study">
        <Faults faults={faults} />
      </main>
    );
  if (!day) return <p className="loading">Simulating one replication …</p>;
  const { told } = day;
  const now = day.at(shown);
  return (
    <main className="study watch" data-testid="watch" data-time={Math.round(shown)} data-playing={playing}>
      <div className="bar wrap">
        <button type="button" className="main" onClick={() => setPlaying(!playing)}>
          {playing ? "Pause" : "Play"}
        </button>
        <button type="button" onClick={() => step(-1)} title="Left arrow">
          Step back
        </button>
        <button type="button" onClick={() => step(1)} title="Right arrow">
          Step
        </button>
        <label>
          Speed{" "}
          <select value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
            {SPEEDS.map((one) => (
              <option key={one} value={one}>
                {one < 60 ? `${one} s` : `${one / 60} min`} a second
              </option>
            ))}
          </select>
        </label>
        {told.dates.length > 1 && (
          <label>
            Day{" "}
            <select value={told.date} onChange={(event) => setDate(event.target.value)}>
              {told.dates.map((one) => (
                <option key={one} value={one}>
                  {dated(one)}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          Replication <input type="number" min={0} max={199} value={replication} onChange={(event) => setReplication(Math.max(0, Math.min(199, Number(event.target.value) || 0)))} />
        </label>
        <strong className="clock">{clock(shown)}</strong>
        <input
          className="seek"
          type="range"
          aria-label="Time of day"
          aria-valuetext={clock(shown)}
          min={told.opens}
          max={Math.max(told.closes, Math.ceil(day.events.at(-1) ?? 0))}
          step={10}
          value={shown}
          onChange={(event) => seek(Number(event.target.value))}
        />
      </div>
      {told.left_out > 0 && <p className="hint">The day has too many contacts for the page: the last {told.left_out.toLocaleString("en")} are left out.</p>}
      <div ref={place}>
        <div className="stage" ref={scroller} tabIndex={0} role="region" aria-label="Queues and agents" onScroll={paint} style={{ maxHeight: TALL }}>
          <div style={{ height: at?.height ?? 100 }}>
            <canvas
              ref={canvas}
              role="img"
              aria-label="Each dot is a customer who waits in a queue, each square an agent of a group; the tables below say the same"
              onClick={click}
              style={{ width: at?.width, height: Math.min(TALL, (at?.height ?? 100) + 8) }}
            />
          </div>
        </div>
      </div>
      <p className="key">
        <i className="dot" /> waits <i className="dot late" /> waits longer than the target <i className="box talk" /> serves a customer <i className="box wrapup" /> after-call
        work <i className="box" /> idle <i className="box off" /> break or away
        <span className="hint-inline">Click a customer or a busy agent for the story. Space plays and pauses; arrows step from event to event.</span>
      </p>
      <p className="said" role="status">
        {said}
      </p>
      <Words day={day} now={now} t={shown} onAsk={ask} />
      {story && <StoryDialog title="What happened to this customer" path={path} found={[story]} onClose={() => setStory(null)} />}
    </main>
  );
}

function Words({ day, now, t, onAsk }: { day: Day; now: Now; t: number; onAsk: (contact: number) => void }) {
  const { told } = day;
  const longest = now.waiting
    .flat()
    .sort((a, b) => day.queued[a] - day.queued[b])
    .slice(0, MOST);
  const queues = told.queues.map((name, q) => {
    const { came, answered, gone } = day.counts(q, t);
    const oldest = now.waiting[q].length ? lasted(t - Math.min(...now.waiting[q].map((k) => day.queued[k]))) : null;
    return [name, now.waiting[q].length, oldest, came, answered, gone] as const;
  });
  const groups = told.groups.map((name, g) => {
    let talk = 0;
    let wrap = 0;
    let idle = 0;
    let away = 0;
    for (const agent of day.members[g]) {
      const contact = now.busy.get(agent);
      const state = now.doing.get(agent);
      if (contact !== undefined) t < day.talked[contact] ? (talk += 1) : (wrap += 1);
      else if (state !== undefined) ["break", "away"].includes(told.states[state]) ? (away += 1) : (idle += 1);
    }
    return [name, talk, wrap, idle, away] as const;
  });
  const table = (title: string, columns: string[], rows: readonly (readonly (string | number | null)[])[], testid: string) => (
    <section>
      <header className="head">
        <h2>{title}</h2>
        <Keep title={`${title} at ${clock(t)}`} table={() => ({ columns, rows: rows.map((row) => [...row]) })} />
      </header>
      <div className="scroll short" tabIndex={0} role="region" aria-label={title}>
        <table className="figures-table" data-testid={testid}>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={String(row[0])}>
                <th scope="row">{row[0]}</th>
                {row.slice(1).map((value, n) => (
                  <td key={n}>{value ?? "–"}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
  return (
    <div className="three">
      {table("Queues", ["Queue", "waiting", "longest", "came", "answered", "lost"], queues, "watch-queues")}
      {table("Groups", ["Group", "serving", "after-call", "idle", "away"], groups, "watch-groups")}
      <section>
        <header className="head">
          <h2>Waiting longest</h2>
        </header>
        {longest.length === 0 && <p className="hint">Nobody waits.</p>}
        <ul className="longest" data-testid="watch-longest">
          {longest.map((k) => (
            <li key={told.contacts.issue[k]}>
              <button type="button" onClick={() => onAsk(k)}>
                {told.queues[told.contacts.queue[k]]}: {lasted(t - day.queued[k])}
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
