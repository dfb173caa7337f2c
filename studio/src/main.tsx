import { StrictMode, useCallback, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { PlanScreen } from "./Plan";
import { WhatIfScreen } from "./WhatIf";
import { Refused, get } from "./api";
import { useDialog } from "./dialog";
import { MORE, MoreScreen, Share, isMore } from "./more";
import { times } from "./format";
import { usePlan } from "./plan";
import "./styles.css";
import { type Choice, PaletteContext, useTheme } from "./theme";
import type { Fault, Metric, Session, State } from "./types";

const fromHash = () => decodeURIComponent(window.location.hash.slice(1));
const SCREENS: [string, string][] = [
  ["plan", "Plan"],
  ["scenario", "Scenario"],
  ["what-if", "What-if"],
  ...MORE,
];
const changedWords = ({ changed, changed_shifts: shifts }: State) => {
  const words = [changed > shifts && times(changed - shifts, "cell"), shifts && times(shifts, "shift")].filter(Boolean);
  return words.length ? `${words.join(" and ")} changed` : "no unsaved changes";
};
const named = (path: string) => (path.startsWith("example:") ? `${path.slice(8)} (example)` : path);

function App() {
  const [session, setSession] = useState<Session | null>(null);
  const [metrics, setMetrics] = useState<Record<string, Metric>>({});
  const [path, setPath] = useState(fromHash);
  const [told, setTold] = useState<Fault[]>([]);
  const [about, setAbout] = useState("");
  const [screen, setScreen] = useState("plan");
  const [saving, setSaving] = useState(false);
  const [done, setDone] = useState("");
  const [palette, choice, setChoice] = useTheme();
  const desk = usePlan(path);
  const { plan } = desk;

  const failed = useCallback((error: unknown) => {
    setTold(error instanceof Refused ? error.faults : [{ message: String(error) }]);
  }, []);
  const refuse = useCallback((message: string) => setTold([{ message }]), []);
  const look = useCallback(() => get<Session>("/api/session").then(setSession), []);
  useEffect(() => {
    look()
      .then(() => get<Record<string, Metric>>("/api/metrics").then(setMetrics))
      .catch(failed);
    const moved = () => setPath(fromHash());
    window.addEventListener("hashchange", moved);
    return () => window.removeEventListener("hashchange", moved);
  }, [failed, look]);
  useEffect(() => {
    if (session && !fromHash() && session.start) window.location.hash = encodeURIComponent(session.start);
  }, [session]);
  useEffect(() => {
    document.title = plan ? `${plan.changed ? "• " : ""}${plan.name} – cxsim studio` : "cxsim studio";
  }, [plan]);
  useEffect(() => {
    if (!done) return;
    const timer = window.setTimeout(() => setDone(""), 4000);
    return () => window.clearTimeout(timer);
  }, [done]);

  const open = (name: string) => {
    window.location.hash = encodeURIComponent(name);
  };
  const save = useCallback(async () => {
    if (!plan) return;
    if (plan.example || plan.workbook) {
      setSaving(true);
      return;
    }
    try {
      setDone(`Saved in ${await desk.save()}.`);
      setTold([]);
    } catch (error) {
      failed(error);
    }
  }, [plan, desk, failed]);

  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || screen !== "plan") return;
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      const pressed = event.key.toLowerCase();
      if (pressed === "s") {
        event.preventDefault();
        void save();
      } else if (!typing && (pressed === "z" || pressed === "y")) {
        event.preventDefault();
        const back = pressed === "z" && !event.shiftKey;
        if (back ? plan?.can_undo : plan?.can_redo) desk.step(back ? "undo" : "redo");
      }
    };
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  }, [desk, plan, save, screen]);

  const faults = [...told, ...desk.faults];
  const known = session && path && ![...session.scenarios, ...session.examples].includes(path) ? [path] : [];
  return (
    <PaletteContext.Provider value={palette}>
      <header className="top">
        <h1>cxsim studio</h1>
        <nav aria-label="Screens" className="screens">
          {SCREENS.map(([name, title]) => (
            <button key={name} type="button" aria-current={screen === name ? "page" : undefined} onClick={() => setScreen(name)}>
              {title}
            </button>
          ))}
        </nav>
        <select aria-label="Scenario" value={path} onChange={(event) => open(event.target.value)}>
          {!path && <option value="">Choose a scenario</option>}
          {known.map((name) => (
            <option key={name} value={name}>
              {named(name)}
            </option>
          ))}
          <optgroup label={session ? `Folder ${session.folder}` : "Folder"}>
            {session?.scenarios.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </optgroup>
          <optgroup label="Examples">
            {session?.examples.map((name) => (
              <option key={name} value={name}>
                {named(name)}
              </option>
            ))}
          </optgroup>
        </select>
        {plan && <span className="name" title={plan.name}>{plan.name}</span>}
        <span className="grow" />
        {!desk.connected && <span className="lost">not connected</span>}
        <span className="changed" data-testid="changed">
          {plan && changedWords(plan)}
        </span>
        {screen === "plan" && (
          <>
        <button type="button" disabled={!plan?.can_undo} onClick={() => desk.step("undo")} title="Ctrl+Z">
          Undo
        </button>
        <button type="button" disabled={!plan?.can_redo} onClick={() => desk.step("redo")} title="Ctrl+Y">
          Redo
        </button>
        <button type="button" disabled={!plan?.changed} onClick={() => desk.step("revert")}>
          Revert
        </button>
        <button type="button" className="main" disabled={!plan || (!plan.changed && !plan.example)} onClick={() => void save()} title="Ctrl+S">
          Save
        </button>
        <button type="button" disabled={!plan} onClick={() => setSaving(true)}>
          Save as …
        </button>
          </>
        )}
        <Share plan={plan} onDone={setDone} />
        <select aria-label="Colours" value={choice} onChange={(event) => setChoice(event.target.value as Choice)}>
          <option value="auto">Auto</option>
          <option value="light">Light</option>
          <option value="dark">Dark</option>
        </select>
      </header>
      {plan?.note && <p className="note-line">{plan.note}</p>}
      {faults.length > 0 && (
        <div className="faults" role="alert">
          <ul>
            {faults.slice(0, 12).map((fault, n) => (
              <li key={n}>
                {fault.place && fault.place !== "request" && fault.place !== "cells" && <code>{fault.place}</code>}
                {fault.path && fault.place !== "cells" && <b>{fault.path}: </b>}
                {fault.message}
              </li>
            ))}
            {faults.length > 12 && <li>… and {faults.length - 12} more</li>}
          </ul>
          <button
            type="button"
            onClick={() => {
              setTold([]);
              desk.dismiss();
            }}
          >
            Close
          </button>
        </div>
      )}
      {isMore(screen) && (path || screen === "data") ? (
        <MoreScreen name={screen} {...{ desk, path, metrics, palette }} onExplain={setAbout} onDone={setDone} onOpen={(name) => void look().then(() => open(name))} />
      ) : path && (plan || !faults.length) ? (
        screen === "what-if" ? (
          <WhatIfScreen desk={desk} metrics={metrics} onExplain={setAbout} />
        ) : (
        <PlanScreen desk={desk} metrics={metrics} palette={palette} onExplain={setAbout} onRefuse={refuse} />
        )
      ) : (
        session && <Start session={session} onOpen={open} />
      )}
      <p className="done" role="status">
        {done}
      </p>
      {about && metrics[about] && <About name={about} metric={metrics[about]} onClose={() => setAbout("")} />}
      {saving && plan && (
        <SaveAs
          path={plan.path}
          save={desk.save}
          onClose={(written) => {
            setSaving(false);
            if (!written) return;
            setDone(`Saved in ${written}.`);
            void look().then(() => open(written));
          }}
        />
      )}
    </PaletteContext.Provider>
  );
}

function Start({ session, onOpen }: { session: Session; onOpen: (name: string) => void }) {
  const list = (names: string[]) => (
    <ul className="choices">
      {names.map((name) => (
        <li key={name}>
          <button type="button" onClick={() => onOpen(name)}>
            {named(name)}
          </button>
        </li>
      ))}
    </ul>
  );
  return (
    <main className="start">
      <h2>Scenarios in {session.folder}</h2>
      {session.scenarios.length ? list(session.scenarios) : <p>There is none yet. Open an example and save it here.</p>}
      <h2>Examples</h2>
      {list(session.examples)}
    </main>
  );
}

function About({ name, metric, onClose }: { name: string; metric: Metric; onClose: () => void }) {
  const place = useDialog(onClose);
  const better = metric.better > 0 ? "Higher is better." : metric.better < 0 ? "Lower is better." : "Neither high nor low is better by itself.";
  return (
    <dialog ref={place} aria-labelledby="about-title">
      <h2 id="about-title">{metric.title}</h2>
      <p>{metric.formula}</p>
      <p>
        {better} {metric.unit && <>Unit: {metric.unit}. </>}In files and commands: <code>{name}</code>.
      </p>
      <p className="hint">
        Values are estimates over replications with 95 % intervals. Changes are against the saved plan, on the same customers, so their
        intervals are much narrower than those of the values.
      </p>
      <form method="dialog">
        <button className="main">Close</button>
      </form>
    </dialog>
  );
}

function SaveAs({ path, save, onClose }: { path: string; save: (name: string, replace: boolean) => Promise<string>; onClose: (written: string) => void }) {
  const [name, setName] = useState(() => {
    const last = path.replace("example:", "").split("/").at(-1) ?? "plan";
    return path.startsWith("example:") ? `${last}.yaml` : last.replace(/(\.ya?ml|\.xlsx)?$/, path.endsWith(".xlsx") ? ".yaml" : "-2.yaml");
  });
  const [faults, setFaults] = useState<Fault[]>([]);
  const [taken, setTaken] = useState(false);
  const cancel = useCallback(() => onClose(""), [onClose]);
  const place = useDialog(cancel);
  const go = async (replace: boolean) => {
    try {
      onClose(await save(name, replace));
    } catch (error) {
      const all = error instanceof Refused ? error.faults : [{ message: String(error) }];
      setFaults(all);
      setTaken(all.some((fault) => fault.rule?.startsWith("already exists") && fault.value === name));
    }
  };
  return (
    <dialog ref={place} aria-labelledby="save-title">
      <h2 id="save-title">Save the plan under another name</h2>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          void go(false);
        }}
      >
        <label>
          File name <input value={name} onChange={(event) => setName(event.target.value)} autoFocus spellCheck={false} />
        </label>
        {faults.map((fault, n) => (
          <p key={n} className="fault" role="alert">
            {fault.message}
          </p>
        ))}
        <p className="buttons">
          <button type="button" onClick={cancel}>
            Cancel
          </button>
          {taken && (
            <button type="button" onClick={() => void go(true)}>
              Replace it
            </button>
          )}
          <button className="main">Save</button>
        </p>
      </form>
    </dialog>
  );
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
