/** The Scenario screen: forms made from the schema, and the YAML text beside them; either changes the other. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { get } from "../api";
import type { ScreenProps } from "../more";
import { Editor, FaultList, select } from "./Editor";
import { Entries } from "./Entries";
import { FieldFaults } from "./Faults";
import { Field } from "./Field";
import { Flow } from "./Flow";
import { Costs, Skills, Targets } from "./Tables";
import { Trial } from "./Trial";
import { FormsContext } from "./context";
import { type Placed, below } from "./faults";
import type { Root } from "./schema";
import { type Section, sectionAt, sectionsOf } from "./sections";
import { useText } from "./text";
import { type At, entry, find, keyOf } from "./tree";
import "./scenario.css";

let schema: Promise<Root> | null = null;
const schemaOnce = () => {
  schema ??= get<Root>("/api/scenario/schema").catch((error) => {
    schema = null;
    throw error;
  });
  return schema;
};

export default function ScenarioScreen({ path, desk, metrics, onDone, onExplain }: ScreenProps) {
  const text = useText(path, desk.plan?.revision ?? 0);
  const { told, read, tree, checked, changed } = text;
  const [root, setRoot] = useState<Root | null>(null);
  const [section, setSection] = useState("general");
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const [sought, setSought] = useState<At | null>(null); // a field to be shown
  const [line, setLine] = useState(0);
  const [wide, setWide] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    schemaOnce().then(setRoot).catch(() => undefined);
  }, []);
  const sections = useMemo(() => (root ? sectionsOf(root) : []), [root]);
  const faults = useMemo(() => read?.faults ?? [], [read]);
  const locked = read !== null && read.tree === null;
  const sound = checked && !faults.length;
  const mayOpen = changed && sound && told !== null && !told.example;
  const currency = entry(tree ?? undefined, "currency")?.text || String(root?.properties?.currency?.default ?? "EUR");

  const goTo = useCallback(
    (at: At) => {
      const found = sectionAt(sections, at);
      setSection(found.section);
      if (found.entry) setChosen((now) => ({ ...now, [found.section]: found.entry }));
      setSought(at);
    },
    [sections],
  );
  useEffect(() => {
    if (!sought) return;
    const timer = window.setTimeout(() => {
      for (let n = sought.length; n > 0; n--) {
        const place = main.current?.querySelector<HTMLElement>(`.form [data-at='${CSS.escape(keyOf(sought.slice(0, n))).replaceAll("'", "\\'")}']`);
        const field = place?.querySelector<HTMLElement>("input:not(:disabled), select:not(.as):not(:disabled), button:not(:disabled)");
        if (!place) continue;
        place.scrollIntoView({ block: "center" });
        field?.focus();
        break;
      }
      setSought(null);
    }, 50);
    return () => window.clearTimeout(timer);
  }, [sought]);

  const save = useCallback(async () => {
    if (await text.save()) onDone(`Saved in ${path}.`);
  }, [text, path, onDone]);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]")) return;
      const pressed = event.key.toLowerCase();
      const redo = pressed === "y" || (pressed === "z" && event.shiftKey);
      if (pressed === "s") {
        event.preventDefault();
        if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur(); // what is typed counts
        if (mayOpen) void save();
      } else if (redo || pressed === "z") {
        event.preventDefault();
        text.step(redo ? "redo" : "undo");
      }
    };
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  }, [text, save, mayOpen]);

  const forms = useMemo(
    () => (root && tree ? { root, tree, faults, refused: text.refused, locked, currency, edit: text.edit, look: setLine, goTo } : null),
    [root, tree, faults, text.refused, locked, currency, text.edit, goTo],
  );
  if (!told) return <main>{text.failed.map((fault, n) => <p key={n} className="fault">{fault.message}</p>)}</main>;
  const now = sections.find(({ name }) => name === section);
  const broken = locked ? faults[0] : null;
  return (
    <main className="scenario" ref={main}>
      <div className="bar">
        <b>{path.replace("example:", "Example ")}</b>
        <span data-testid="scenario-state" className={faults.length ? "worse" : "hint-inline"}>
          {!checked ? "checking …" : faults.length ? `${faults.length} fault${faults.length === 1 ? "" : "s"}` : changed ? "no faults" : "no faults, as saved"}
        </span>
        <span className="grow" />
        <button type="button" disabled={!text.canUndo} onClick={() => text.step("undo")} title="Ctrl+Z">
          Undo
        </button>
        <button type="button" disabled={!text.canRedo} onClick={() => text.step("redo")} title="Ctrl+Y">
          Redo
        </button>
        <button type="button" disabled={!changed} onClick={text.discard}>
          Discard changes
        </button>
        <button type="button" className="main" disabled={!mayOpen} onClick={() => void save()} title="Ctrl+S">
          Save file
        </button>
        <button type="button" aria-pressed={wide} onClick={() => setWide(!wide)}>
          {wide ? "Show the text" : "Hide the text"}
        </button>
      </div>
      {told.example && <p className="hint">This is an example, which stays as it is. Save its plan under a name of your own with “Save as …”, then edit that file.</p>}
      {text.failed.length > 0 && (
        <div className="faults" role="alert">
          <ul>
            {text.failed.map((fault, n) => (
              <li key={n}>{fault.message}</li>
            ))}
          </ul>
          <button type="button" onClick={text.load}>
            Reload the file
          </button>
        </div>
      )}
      {desk.plan && <Trial {...{ path, metrics, onExplain, currency }} text={text.text} ready={changed && sound} plan={desk.plan} />}
      <div className={`desk${wide ? " wide" : ""}${now?.view === "flow" ? " drawn" : ""}`}>
        {forms ? (
          <FormsContext.Provider value={forms}>
            <Sections {...{ sections, faults, section }} onChoose={setSection} />
            {now?.view === "flow" && (
              <div className="form drawing">
                <h1 className="form-title">{now.title}</h1>
                <Flow path={path} text={text.text} sound={sound} onOpen={goTo} />
              </div>
            )}
            <div className="form" data-testid="form" aria-label={now?.title} role="region">
              {broken && (
                <p className="locked" role="status">
                  The text cannot be read{broken.line ? ` at line ${broken.line}` : ""}: {broken.message}. The forms show what was read last.{" "}
                  <button type="button" onClick={() => select(area.current, text.text, broken)}>
                    Show line {broken.line}
                  </button>
                </p>
              )}
              {text.refused && !shownAt(main.current, text.refused.at) && <FieldFaults id="refused" faults={text.refused.faults} at={text.refused.at} />}
              {now && (
                <Form
                  section={now}
                  chosen={chosen[now.name] ?? ""}
                  onChoose={(name) => setChosen((old) => ({ ...old, [now.name]: name }))}
                />
              )}
            </div>
          </FormsContext.Provider>
        ) : (
          <p className="hint">{locked ? "The text cannot be read, so there are no forms yet." : "Reading …"}</p>
        )}
        {!wide && (
          <div className="beside">
            <Editor text={text.text} faults={faults} line={line} area={area} onType={text.type} />
            <FaultList faults={faults} onText={(fault: Placed) => select(area.current, text.text, fault)} onField={goTo} />
          </div>
        )}
      </div>
    </main>
  );
}

/** Whether a place has a field on the screen, which then says what was refused. */
const shownAt = (main: HTMLElement | null, at: At) =>
  [...(main?.querySelectorAll<HTMLElement>(".form [data-at]") ?? [])].some(({ dataset }) => dataset.at === keyOf(at));

function Sections({ sections, faults, section, onChoose }: { sections: Section[]; faults: Placed[]; section: string; onChoose: (name: string) => void }) {
  return (
    <nav aria-label="Parts of the scenario" className="sections">
      {sections.map(({ name, title, keys }) => {
        const wrong = keys.reduce((sum, key) => sum + below(faults, [key]).length, 0);
        return (
          <button key={name} type="button" aria-current={name === section ? "true" : undefined} onClick={() => onChoose(name)}>
            <span>{title}</span>
            {wrong > 0 && <b className="count">{wrong}</b>}
          </button>
        );
      })}
    </nav>
  );
}

interface FormProps {
  section: Section;
  chosen: string;
  onChoose: (name: string) => void;
}

function Form({ section, chosen, onChoose }: FormProps) {
  const { view, keys, title } = section;
  return (
    <>
      {view === "flow" ? <h2>The form of a node</h2> : <h1 className="form-title">{title}</h1>}
      {view === "targets" && <Targets />}
      {view === "skills" && <Skills />}
      {view === "costs" && <Costs />}
      {view === "entries" || view === "flow" ? <Entries kind={keys[0]} chosen={chosen} onChoose={onChoose} /> : <Keys keys={keys} />}
    </>
  );
}

/** Keys of the scenario itself; a single part is open. */
function Keys({ keys }: { keys: string[] }) {
  return (
    <FormsContext.Consumer>
      {(forms) =>
        forms && (
          <div className="fields">
            {keys.map((key) => (
              <Field key={key} at={[key]} part={forms.root.properties?.[key] ?? {}} required={forms.root.required?.includes(key)} open={keys.length === 1 && find(forms.tree, [key])?.text === undefined} />
            ))}
          </div>
        )
      }
    </FormsContext.Consumer>
  );
}
