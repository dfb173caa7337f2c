/** Why a contact went as it did: contacts of one replication, found by what they went through, and their stories. */

import { useEffect, useState } from "react";
import { Refused, get } from "../api";
import { Faults } from "../figure";
import { figure } from "../format";
import { Keep } from "../keep/Keep";
import type { ScreenProps } from "../more";
import { StoryLines } from "../story";
import type { Fault } from "../types";

interface Contact {
  issue: string;
  at: string;
  queue: string;
  reason: string;
  segment: string;
  attempt: number;
  outcome: string;
  wait: number | null;
  talk: number | null;
  agent: string;
  resolved: boolean;
}
interface Listed {
  found: number;
  of: number;
  outcomes: string[];
  contacts: Contact[];
}

const NONE = { queue: "", reason: "", outcome: "", date: "", start: "", end: "", least_wait: "", order: "time", issue: "" };
const SHOWN = 100;

export function Contact({ desk, path }: ScreenProps) {
  const { plan } = desk;
  const [asked, setAsked] = useState(NONE);
  const [replication, setReplication] = useState(0);
  const [listed, setListed] = useState<Listed | null>(null);
  const [faults, setFaults] = useState<Fault[]>([]);
  const [chosen, setChosen] = useState<Contact | null>(null);
  const [reasons, setReasons] = useState<string[]>([]);
  useEffect(() => {
    get<{ reasons: string[] }>("/api/explain", { path })
      .then((told) => setReasons(told.reasons))
      .catch(() => undefined); // the list below says why
  }, [path]);
  useEffect(() => {
    if (plan?.revision === undefined) return;
    let ended = false;
    const timer = window.setTimeout(() => {
      const query = Object.fromEntries(Object.entries({ ...asked, replication: String(replication) }).filter(([, value]) => value !== ""));
      get<Listed>("/api/contacts", { path, ...query })
        .then((told) => {
          if (ended) return;
          setListed(told);
          setFaults([]);
        })
        .catch((error) => !ended && setFaults(error instanceof Refused ? error.faults : [{ message: String(error) }]));
    }, 150);
    return () => {
      ended = true;
      window.clearTimeout(timer);
    };
  }, [path, plan?.revision, asked, replication]);
  const put = (values: Partial<typeof NONE>) => setAsked((now) => ({ ...now, ...values }));
  const choice = (key: keyof typeof NONE, title: string, values: string[], all: string) => (
    <label>
      {title}{" "}
      <select value={asked[key]} onChange={(event) => put({ [key]: event.target.value })}>
        <option value="">{all}</option>
        {values.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      <div className="bar wrap" role="search">
        {choice("queue", "Queue", plan?.queues ?? [], "all")}
        {choice("reason", "Reason", reasons, "all")}
        {choice("outcome", "Outcome", listed?.outcomes ?? [], "all")}
        {plan && plan.days.length > 1 && choice("date", "Day", plan.days, "all")}
        <label>
          From <input type="time" value={asked.start} onChange={(event) => put({ start: event.target.value })} />
        </label>
        <label>
          to <input type="time" value={asked.end} onChange={(event) => put({ end: event.target.value })} />
        </label>
        <label>
          Waited at least <input type="number" min={0} value={asked.least_wait} onChange={(event) => put({ least_wait: event.target.value })} /> s
        </label>
        <label>
          Issue <input className="issue" inputMode="numeric" value={asked.issue} onChange={(event) => put({ issue: event.target.value.trim() })} />
        </label>
        <label>
          Order{" "}
          <select value={asked.order} onChange={(event) => put({ order: event.target.value })}>
            <option value="time">time</option>
            <option value="wait">longest wait</option>
            <option value="contacts">most attempts</option>
          </select>
        </label>
        <label>
          Replication <input type="number" min={0} max={199} value={replication} onChange={(event) => setReplication(Math.max(0, Math.min(199, Number(event.target.value) || 0)))} />
        </label>
      </div>
      <Faults faults={faults} />
      {!listed && !faults.length && <p className="loading">Simulating one replication …</p>}
      {listed && (
        <div className="found">
          <section>
            <header className="head">
              <p className="says" role="status" data-testid="found">
                {listed.found.toLocaleString("en")} of {listed.of.toLocaleString("en")} contacts
                {listed.found > SHOWN && `; the first ${SHOWN} are shown`}
              </p>
              <span className="grow" />
              <Keep
                title="Contacts"
                table={() => ({
                  columns: ["time", "queue", "reason", "segment", "attempt", "outcome", "wait (s)", "talk (s)", "agent", "issue"],
                  rows: listed.contacts.map((one) => [one.at, one.queue, one.reason, one.segment, one.attempt, one.outcome, one.wait, one.talk, one.agent, one.issue]),
                })}
              />
            </header>
            <div className="scroll tall" tabIndex={0} role="region" aria-label="Contacts">
              <table className="figures-table contacts-table" data-testid="contacts">
                <thead>
                  <tr>
                    {["Time", "Queue", "Reason", "Attempt", "Outcome", "Waited", "Talk", "Agent"].map((head) => (
                      <th key={head} scope="col">
                        {head}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {listed.contacts.slice(0, SHOWN).map((one, n) => (
                    <tr key={n} className={chosen?.issue === one.issue ? "chosen" : ""}>
                      <th scope="row">
                        <button type="button" aria-pressed={chosen?.issue === one.issue} onClick={() => setChosen(one)}>
                          {plan && plan.days.length > 1 ? one.at : one.at.slice(11)}
                        </button>
                      </th>
                      <td>{one.queue}</td>
                      <td>{one.reason}</td>
                      <td>{one.attempt}</td>
                      <td>
                        {one.outcome}
                        {one.outcome === "answered" && !one.resolved && ", not resolved"}
                      </td>
                      <td>{figure(one.wait, "s")}</td>
                      <td>{figure(one.talk, "s")}</td>
                      <td>{one.agent}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </section>
          <aside aria-live="polite">
            {chosen ? <StoryLines path={path} issue={chosen.issue} replication={replication} /> : <p className="hint">Choose a contact: its story says what happened, and why.</p>}
          </aside>
        </div>
      )}
    </>
  );
}
