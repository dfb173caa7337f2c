/** The Optimize screen: goals, a search that improves its plan live, and the frontier of cost and service. */

import { useCallback, useEffect, useRef, useState } from "react";
import { Refused, get, post } from "../api";
import { figure } from "../format";
import { Keep } from "../keep/Keep";
import { tableOf } from "../keep/table";
import type { ScreenProps } from "../more";
import type { Fault } from "../types";
import { Curve, FrontierChart } from "./Charts";
import { Goals } from "./Goals";
import "./optimize.css";
import type { Asked, Goal, Job } from "./types";

const LIMITS: [string, number | null][] = [
  ["30 s", 30],
  ["1 min", 60],
  ["2 min", 120],
  ["5 min", 300],
  ["15 min", 900],
  ["1 h", 3600],
  ["until it ends by itself", null],
];

type GoalFault = Fault & { goal: number };

export default function Optimize({ desk, path, metrics, palette, onDone }: ScreenProps) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [goals, setGoals] = useState<Goal[] | null>(null); // null: those of the scenario
  const [budget, setBudget] = useState("");
  const [sense, setSense] = useState("cost");
  const plans = useRef<HTMLTableElement>(null);
  const [seconds, setSeconds] = useState<number | null>(120);
  const [start, setStart] = useState("scratch");
  const [kind, setKind] = useState<Job["kind"]>("optimize");
  const [traded, setTraded] = useState<"sl" | "fcr_true">("sl");
  const [faults, setFaults] = useState<GoalFault[]>([]);
  const [told, setTold] = useState<Fault[]>([]);
  const [chosen, setChosen] = useState(0);
  const failed = useCallback((error: unknown) => setTold(error instanceof Refused ? error.faults : [{ message: String(error) }]), []);
  const currency = desk.plan?.currency ?? "EUR";

  useEffect(() => {
    let gone = false;
    get<Asked>("/api/optimize", { path })
      .then((found) => {
        if (gone) return;
        setAsked(found);
        setSense(found.maximise ? `max ${found.maximise}` : found.minimise === "cost" ? "cost" : `min ${found.minimise}`);
        setBudget(found.budget === null ? "" : String(found.budget));
        if (found.job) setKind(found.job.kind);
      })
      .catch(failed);
    return () => {
      gone = true;
    };
  }, [path, failed]);

  const job: Job | null = desk.job?.job !== undefined && desk.job.job >= (asked?.job?.job ?? 0) ? desk.job : (asked?.job ?? null);
  const running = job !== null && (job.status === "running" || job.status === "stopping");
  const objective = sense === "cost" ? {} : { [sense.startsWith("max ") ? "maximise" : "minimise"]: sense.slice(4), budget: Number(budget) || null };
  const edited = goals !== null || sense !== (asked?.maximise ? `max ${asked.maximise}` : asked?.minimise === "cost" ? "cost" : `min ${asked?.minimise}`) || (sense !== "cost" && Number(budget) !== asked?.budget);
  const body = { ...(goals ? { goals } : {}), ...(edited && sense !== "cost" ? objective : edited && asked?.minimise !== "cost" ? { minimise: "cost" } : {}) };
  const text = JSON.stringify(body);

  useEffect(() => {
    if (!asked || text === "{}") {
      setFaults([]);
      return;
    }
    const timer = window.setTimeout(() => {
      post<{ faults: GoalFault[] }>("/api/optimize/check", { path }, JSON.parse(text))
        .then((found) => setFaults(found.faults))
        .catch(failed);
    }, 250);
    return () => window.clearTimeout(timer);
  }, [text, asked, path, failed]);

  if (!asked || !desk.plan) return <p className="loading">{told[0]?.message ?? "Loading …"}</p>;

  const go = () => {
    setTold([]);
    setChosen(0);
    post<Job>("/api/optimize/start", { path }, { ...body, kind, seconds, start, figure: traded }).then(desk.takeJob).catch(failed);
  };
  const halt = () => post<Job>("/api/optimize/stop", { path }).then(desk.takeJob).catch(failed);
  const accept = (point: string) =>
    post("/api/optimize/accept", { path, point })
      .then(() => onDone("The plan is in the grid. Undo takes it out again."))
      .catch(failed);

  const problems = [...told, ...(job?.faults ?? [])];
  return (
    <main className="optimize">
      <div className="ask">
        <Goals asked={asked} goals={goals ?? asked.goals} faults={faults} disabled={running} onChange={setGoals} />
        <fieldset disabled={running}>
          <legend>Search</legend>
          <label>
            What to look for
            <select value={kind} onChange={(event) => setKind(event.target.value as Job["kind"])}>
              <option value="optimize">the best plan that meets the goals</option>
              <option value="frontier">what more service costs (the frontier)</option>
            </select>
          </label>
          {kind === "frontier" ? (
            <label>
              Cost against
              <select value={traded} onChange={(event) => setTraded(event.target.value as typeof traded)}>
                {asked.frontier_figures.map((name) => (
                  <option key={name} value={name}>
                    {metrics[name]?.title ?? name}
                  </option>
                ))}
              </select>
            </label>
          ) : (
            <>
              <label>
                Best means
                <select value={sense} onChange={(event) => setSense(event.target.value)}>
                  <option value="cost">least cost</option>
                  {asked.figures.flatMap(({ name, title }) => {
                    const better = metrics[name]?.better ?? 0;
                    return better ? [<option key={name} value={`${better > 0 ? "max" : "min"} ${name}`}>{`${better > 0 ? "highest" : "lowest"} ${title} within a budget`}</option>] : [];
                  })}
                </select>
              </label>
              {sense !== "cost" && (
                <label>
                  Budget ({currency})
                  <input value={budget} inputMode="numeric" onChange={(event) => setBudget(event.target.value.replace(/[^\d.]/g, ""))} />
                </label>
              )}
              <label>
                Time limit
                <select value={String(seconds)} onChange={(event) => setSeconds(event.target.value === "null" ? null : Number(event.target.value))}>
                  {LIMITS.map(([words, limit]) => (
                    <option key={words} value={String(limit)}>
                      {words}
                    </option>
                  ))}
                </select>
              </label>
              <label>
                Begin with
                <select value={start} onChange={(event) => setStart(event.target.value)}>
                  <option value="scratch">a fluid program</option>
                  <option value="screen">the plan on the screen</option>
                </select>
              </label>
            </>
          )}
          {goals && (
            <button type="button" onClick={() => setGoals(null)}>
              Goals of the scenario again
            </button>
          )}
          <p className="hint">
            {asked.staff === "shifts" ? "Shifts are decided, by the rules under optimize." : "Headcounts by interval are decided."} The search runs beside
            the page and uses the plan and scenario on the screen.
          </p>
        </fieldset>
      </div>
      <div className="bar">
        {running ? (
          <button type="button" className="main" onClick={halt}>
            {job?.status === "stopping" ? "Stop at once" : "Stop with the best plan so far"}
          </button>
        ) : (
          <button type="button" className="main" disabled={faults.length > 0 || (sense !== "cost" && kind === "optimize" && !Number(budget))} onClick={go}>
            {kind === "frontier" ? "Trace the frontier" : "Optimize"}
          </button>
        )}
        <span role="status" data-testid="search-state" data-status={job?.status ?? "none"}>
          {job && <State job={job} />}
        </span>
      </div>
      {problems.length > 0 && (
        <ul className="problems" role="alert">
          {problems.map((fault, n) => (
            <li key={n} className="fault">
              {fault.message}
            </li>
          ))}
        </ul>
      )}
      {job?.kind === "optimize" && job.curve.some((point) => point[1] !== null) && (
        <Curve job={job} unit={job.curve.length && sense !== "cost" ? (metrics[sense.slice(4)]?.unit ?? "money") : "money"} currency={currency} palette={palette} />
      )}
      {job?.best && job.kind === "optimize" && <Found job={job} revision={desk.plan.revision} onAccept={() => accept("")} />}
      {job?.frontier && (
        <section className="frontier" data-testid="frontier">
          <h2>{job.frontier.headline}</h2>
          <FrontierChart found={job.frontier} {...{ metrics, currency, palette, chosen }} />
          <section className="figure">
            <header>
              <h2>Plans</h2>
              <Keep title="Plans of the frontier" table={() => tableOf(plans.current!)} />
            </header>
          </section>
          <table className="figures-table" ref={plans}>
            <thead>
              <tr>
                <th>Plan</th>
                <th>Cost</th>
                <th>{metrics[job.frontier.figure]?.title}</th>
                <th>Asked for</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {[...job.frontier.points]
                .sort((a, b) => Number(a.cost) - Number(b.cost))
                .map((point) => (
                  <tr key={point.number} aria-selected={point.number === chosen} onClick={() => setChosen(point.number)}>
                    <th>
                      <label>
                        <input type="radio" name="point" checked={point.number === chosen} onChange={() => setChosen(point.number)} /> Plan {point.number}
                        {point.dominated && <small> no better than plan {point.dominated}</small>}
                      </label>
                    </th>
                    <td>{figure(point.cost as number, "money", currency)}</td>
                    <td>
                      {figure(point[job.frontier!.figure] as number, "share")}{" "}
                      <small>
                        ({figure(point[`${job.frontier!.figure}_low`] as number, "share")} to {figure(point[`${job.frontier!.figure}_high`] as number, "share")})
                      </small>
                    </td>
                    <td>{point.target === null ? "the goals" : `${figure(point.target, "share")}${point.reached ? "" : ", not reached"}`}</td>
                    <td>
                      <button type="button" onClick={() => accept(String(point.number))}>
                        Accept into the grid
                      </button>
                    </td>
                  </tr>
                ))}
            </tbody>
          </table>
          {job.frontier.out_of_reach.map((words) => (
            <p key={words} className="fault">
              {words}
            </p>
          ))}
          <p className="hint">The plans are not certified: optimize with the goals of the one that you choose. {job.frontier.messages.join(" ")}</p>
        </section>
      )}
    </main>
  );
}

/** Where a search stands, as the terminal says it. */
function State({ job }: { job: Job }) {
  const [now, setNow] = useState(Date.now());
  const going = job.status === "running" || job.status === "stopping";
  useEffect(() => {
    if (!going) return;
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, [going]);
  if (!going) return <>{job.status === "done" ? `ended after ${Math.round(job.took ?? 0)} s` : "ended"}</>;
  const stage = job.stage;
  const parts = [`${stage?.phase ?? "starting"}${job.status === "stopping" ? " (stopping)" : ""}`, `${Math.max(0, Math.round(now / 1000 - job.began))} s`];
  if (stage?.cost_text) parts.push(`best plan ${stage.cost_text}, ${stage.state}`);
  if (stage?.bound_text) parts.push(`bound ${stage.bound_text}${stage.gap_text ? `, gap ${stage.gap_text}` : ""}`);
  if (stage?.worst) parts.push(`tightest goal: ${stage.worst} ${stage.slack}`);
  if (stage?.replications) parts.push(`${stage.replications.toLocaleString("en")} replications`);
  return <>{parts.join(" · ")}</>;
}

function Found({ job, revision, onAccept }: { job: Job; revision: number; onAccept: () => void }) {
  const best = job.best;
  const goals = useRef<HTMLTableElement>(null);
  if (!best) return null;
  return (
    <section className={best.certified ? "best-plan" : "best-plan open"} data-testid="found">
      <h2>{best.headline}</h2>
      <p>
        <button type="button" className="main" onClick={onAccept}>
          Accept into the grid
        </button>{" "}
        {best.goals_met} of {best.goals_of} goals met{best.gap_text && `, gap ${best.gap_text}`}. {best.bound}
        {revision !== job.revision && <span className="hint-inline"> The plan on the screen has changed since the search began.</span>}
      </p>
      <section className="figure">
        <header>
          <h2>Goals</h2>
          <Keep title="Goals of the best plan" table={() => tableOf(goals.current!)} />
        </header>
      </section>
      <table className="figures-table" ref={goals}>
        <thead>
          <tr>
            <th>Goal</th>
            <th>Wanted</th>
            <th>Value</th>
            <th>Proved</th>
            <th>Slack</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {best.goals.map((goal, n) => (
            <tr key={n}>
              <th>{goal.subject}</th>
              <td>{goal.goal}</td>
              <td>{goal.value}</td>
              <td>{goal.proved}</td>
              <td>{goal.slack}</td>
              <td className={goal.met ? "met" : "worse"}>{goal.verdict}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {best.messages.map((words) => (
        <p key={words} className="hint">
          {words}
        </p>
      ))}
    </section>
  );
}
