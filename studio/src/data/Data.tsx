/** The Data screen: drop exports, see how they are read and why, correct it, import, and calibrate a scenario. */

import { useCallback, useEffect, useRef, useState } from "react";
import { LOST, Refused, get, post } from "../api";
import { Faults, Progress, Working } from "../figure";
import type { ScreenProps } from "../more";
import { useStudy, useWork } from "../study";
import type { Fault } from "../types";
import { Calibrate } from "./Calibrate";
import { Mapping } from "./Mapping";
import { Quality } from "./Quality";
import type { Known, Question, Read } from "./types";

const PIECE = 1_000_000; // bytes
const size = (bytes: number) => (bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`);
const plain = (name: string) => name.replace(/[^\p{L}\p{N}_ .,()+&-]+/gu, "_").replace(/^[^\p{L}\p{N}_]+/u, "").slice(0, 120) || "file";
const KEPT = "cxsim-data-settings";

async function send(file: File, told: (share: number) => void) {
  const name = plain(file.name);
  for (let offset = 0; offset === 0 || offset < file.size; offset += PIECE) {
    const query = new URLSearchParams({ name, offset: String(offset) });
    let answer: Response;
    try {
      answer = await fetch(`/api/data/upload?${query}`, { method: "POST", headers: { "content-type": "application/octet-stream" }, body: file.slice(offset, offset + PIECE) });
    } catch {
      throw new Refused([{ message: LOST }], 0);
    }
    if (!answer.ok) throw new Refused((await answer.json()).faults, answer.status);
    told(Math.min(1, (offset + PIECE) / Math.max(file.size, 1)));
  }
}

function kept(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

export default function DataScreen({ palette, onDone, onOpen }: ScreenProps) {
  const [known, setKnown] = useState<Known | null>(null);
  const [chosen, setChosen] = useState<string[] | null>(null);
  const [version, setVersion] = useState(0);
  const [sending, setSending] = useState<[number, number] | null>(null);
  const [over, setOver] = useState(false);
  const [wrong, setWrong] = useState<Fault[]>([]);
  const [source, setSource] = useState("");
  const [settings, setSettings] = useState(kept);
  const [named, setNamed] = useState(false);
  const [folder, setFolder] = useState<string | null>(null);
  const work = useWork();
  const picker = useRef<HTMLInputElement>(null);

  const failed = useCallback((error: unknown) => setWrong(error instanceof Refused ? error.faults : [{ message: String(error) }]), []);
  const asked = useRef(0);
  const look = useCallback(async () => {
    asked.current += 1;
    const turn = asked.current;
    const told = await get<Known>("/api/data");
    if (turn === asked.current) setKnown(told); // an older answer may come later
  }, []);
  useEffect(() => {
    look().catch(failed);
  }, [look, failed]);
  useEffect(() => localStorage.setItem(KEPT, JSON.stringify(settings)), [settings]);

  const files = (chosen ?? known?.files.map((one) => one.name) ?? []).filter((name) => known?.files.some((one) => one.name === name));
  const body = files.length ? { files, source, settings, keep_identities: named } : null;
  const stamp = known ? version * 1e10 + known.files.reduce((sum, one) => sum + one.bytes, 0) : undefined;
  const study = useStudy<Read>("/api/data/read", "", stamp, body, 150);
  const told = files.length ? study.result : null;
  const put = (key: string, value: string) =>
    setSettings((now) => {
      const { [key]: _, ...rest } = now;
      return value === "" ? rest : { ...rest, [key]: value };
    });

  const take = async (list: FileList | null) => {
    if (!list?.length) return;
    setWrong([]);
    try {
      const many = [...list];
      for (const [n, file] of many.entries()) {
        setSending([n, many.length]);
        await send(file, (share) => setSending([n + share, many.length]));
      }
      setChosen(many.map((file) => plain(file.name)));
      setFolder(null);
      setVersion((now) => now + 1);
      await look();
    } catch (error) {
      failed(error);
    }
    setSending(null);
  };
  const remove = async (name: string) => {
    try {
      await post("/api/data/remove", { name });
      await look();
    } catch (error) {
      failed(error);
    }
  };
  const target = folder ?? `import-${(files[0] ?? "").replace(/\.[^.]*$/, "").replace(/[^\w.+=-]+/g, "-")}`;
  const write = async () => {
    setWrong([]);
    try {
      const made = await work.start<{ folder: string; faults: Fault[]; questions: Question[] }>("/api/data/import", "", { ...body, folder: target });
      if (!made) onDone("The import was stopped; nothing was written.");
      else if (made.folder) {
        onDone(`Imported into ${made.folder}.`);
        await look();
      } else setWrong([...made.faults, ...made.questions]);
    } catch (error) {
      failed(error);
    }
  };
  return (
    <main className="study">
      <Faults faults={wrong} />
      <section
        className={over ? "drop over" : "drop"}
        aria-label="Files"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer.files);
        }}
      >
        <p>
          <b>Drop the files of your contact-center system here</b>, or{" "}
          <button type="button" onClick={() => picker.current?.click()}>
            choose files
          </button>
          <input ref={picker} type="file" multiple hidden data-testid="picker" onChange={(event) => void take(event.target.files)} />
        </p>
        <p className="hint">
          CSV, text, XLSX or JSON, up to {known ? size(known.largest) : "200 MB"} each. They stay on this computer, in the starting folder, and are deleted there after a week.
        </p>
        <Progress progress={sending} what="Sending" />
        {known && known.files.length > 0 && (
          <ul className="files">
            {known.files.map((one) => (
              <li key={one.name}>
                <label>
                  <input
                    type="checkbox"
                    checked={files.includes(one.name)}
                    onChange={(event) => setChosen(event.target.checked ? [...files, one.name] : files.filter((name) => name !== one.name))}
                  />{" "}
                  {one.name} <small>{size(one.bytes)}</small>
                </label>
                <button type="button" aria-label={`Remove ${one.name}`} onClick={() => void remove(one.name)}>
                  Remove
                </button>
              </li>
            ))}
          </ul>
        )}
      </section>
      {files.length > 0 && known && (
        <>
          <div className="bar wrap">
            <label>
              Source{" "}
              <select value={source} onChange={(event) => setSource(event.target.value)}>
                <option value="">found by the columns</option>
                {known.sources.map((one) => (
                  <option key={one.name} value={one.name}>
                    {one.title}
                  </option>
                ))}
              </select>
            </label>
            <label>
              <input type="checkbox" checked={named} onChange={(event) => setNamed(event.target.checked)} /> keep names and numbers (otherwise replaced by ids)
            </label>
            {Object.keys(settings).length > 0 && (
              <button type="button" onClick={() => setSettings({})}>
                Forget {Object.keys(settings).length} correction{Object.keys(settings).length === 1 ? "" : "s"}
              </button>
            )}
            <span className="grow" />
            {(study.progress || study.stale) && !study.faults.length && <Progress progress={study.progress ?? [0, 1]} what="Reading" />}
          </div>
          <Faults faults={[...study.faults, ...(told?.faults ?? [])]} />
        </>
      )}
      {told && (
        <div className={study.stale ? "stale" : ""} data-testid="read" data-done={!study.stale}>
          {told.questions.length > 0 && <Questions key={told.questions.map((one) => one.key).join()} asked={told.questions} onAnswer={put} />}
          {known && <Mapping told={told} known={known} settings={settings} onPut={put} />}
          {told.read && (
            <>
              <Quality told={told} />
              <form
                className="bar"
                onSubmit={(event) => {
                  event.preventDefault();
                  void write();
                }}
              >
                <label>
                  Import into results/ <input value={target} onChange={(event) => setFolder(event.target.value)} spellCheck={false} />
                </label>
                <button className="main" disabled={work.running || study.stale}>
                  Import
                </button>
                <Working work={work} what="Importing" />
              </form>
            </>
          )}
        </div>
      )}
      {known && known.imports.length > 0 && <Calibrate imports={known.imports} palette={palette} onOpen={onOpen} onDone={onDone} />}
    </main>
  );
}

function Questions({ asked, onAnswer }: { asked: Question[]; onAnswer: (key: string, value: string) => void }) {
  return (
    <section className="questions" data-testid="questions">
      <h2>Two readings are possible: which is right?</h2>
      {asked.map((one) => (
        <fieldset key={one.key}>
          <legend>
            <code>{one.place?.replace(/:$/, "").trim()}</code> {one.value && <b>{one.value}</b>} {one.rule}
          </legend>
          <div className="days" role="group" aria-label={one.key}>
            {one.choices.map((choice) => (
              <button key={choice} type="button" onClick={() => onAnswer(one.key, choice)}>
                {choice}
              </button>
            ))}
            <Other name={one.key} onAnswer={(value) => onAnswer(one.key, value)} />
          </div>
        </fieldset>
      ))}
    </section>
  );
}

function Other({ name, onAnswer }: { name: string; onAnswer: (value: string) => void }) {
  const [text, setText] = useState("");
  const zones = name === "timezone" ? Intl.supportedValuesOf("timeZone") : [];
  return (
    <form
      className="other"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) onAnswer(text.trim());
      }}
    >
      <input aria-label={`Another ${name}`} placeholder="another" value={text} list={zones.length ? "zones" : undefined} onChange={(event) => setText(event.target.value)} />
      {zones.length > 0 && (
        <datalist id="zones">
          {zones.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      )}
      <button disabled={!text.trim()}>Set</button>
    </form>
  );
}
