/** How a file is read: what each column is, and every key of the mapping with the reason for its value. */

import { useState } from "react";
import type { Known, Read } from "./types";

interface Props {
  told: Read;
  known: Known;
  settings: Record<string, string>;
  onPut: (key: string, value: string) => void;
}

const ROWS: Record<string, string> = {
  contacts: "a contact",
  segments: "a part of a contact",
  events: "an event of a contact",
  intervals: "an interval of a queue",
  staffing: "a time on duty",
  roster: "an agent with shifts",
};
const UNITS = ["s", "min", "h", "ms", "hh:mm:ss", "mm:ss", "hh:mm"];

export function Mapping({ told, known, settings, onPut }: Props) {
  const layout = told.layout ?? settings.layout ?? "";
  const roles = known.roles[layout] ?? [...new Set(Object.values(known.roles).flat())];
  const set = Object.fromEntries(Object.entries(settings).flatMap(([key, value]) => (/^columns\.[^.]+$/.test(key) ? [[value, key.slice(8)]] : [])));
  const why = new Map(told.evidence?.map((one) => [one.key, one]));
  const roleOf = (column: string) => told.roles?.[column]?.role ?? set[column] ?? "";
  const assign = (column: string, role: string) => {
    const now = set[column];
    if (now && now !== role) onPut(`columns.${now}`, "");
    if (role) onPut(`columns.${role}`, column);
  };
  const keys = [...(told.evidence ?? [])].filter((one) => !one.key.startsWith("columns."));
  return (
    <section className="mapping">
      <h2>
        What the columns are
      </h2>
      <div className="bar wrap">
        <label>
          A row of the file is{" "}
          <select value={layout} onChange={(event) => onPut("layout", event.target.value)}>
            <option value="" disabled={Boolean(told.layout)}>
              found by the columns
            </option>
            {Object.keys(known.roles).map((one) => (
              <option key={one} value={one}>
                {ROWS[one] ?? one}
              </option>
            ))}
          </select>
        </label>
        <Another keys={known.keys} onPut={onPut} />
      </div>
      {!told.read && <p className="says">Columns are matched once the questions are answered. What you set here is used all the same.</p>}
      <div className="scroll">
        <table className="figures-table" data-testid="columns">
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">For example</th>
              <th scope="col">Is</th>
              <th scope="col">Unit</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {told.columns.map((column) => {
              const role = roleOf(column.name);
              const unit = told.roles?.[column.name]?.unit ?? settings[`columns.${role}.unit`] ?? "";
              const reasons = [why.get(`columns.${role}`)?.why, why.get(`columns.${role}.unit`)?.why].filter(Boolean);
              return (
                <tr key={column.name}>
                  <th scope="row">{column.name}</th>
                  <td>{column.values.join("; ")}</td>
                  <td>
                    <select aria-label={`What ${column.name} is`} value={role} onChange={(event) => assign(column.name, event.target.value)}>
                      <option value="" disabled={Boolean(role)}>
                        not used
                      </option>
                      {roles.map((one) => (
                        <option key={one} value={one} title={known.says[one]}>
                          {one}
                        </option>
                      ))}
                    </select>
                  </td>
                  <td>
                    {unit && (
                      <select aria-label={`Unit of ${column.name}`} value={unit} onChange={(event) => onPut(`columns.${role}.unit`, event.target.value)}>
                        {[...new Set([unit, ...UNITS])].map((one) => (
                          <option key={one}>{one}</option>
                        ))}
                      </select>
                    )}
                  </td>
                  <td>{settings[`columns.${role}`] === column.name ? "you said so" : reasons.join("; ")}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {keys.length > 0 && (
        <>
          <h2>How the file is read, and why</h2>
          <table className="figures-table" data-testid="evidence">
            <thead>
              <tr>
                <th scope="col">Key of the mapping</th>
                <th scope="col">Value</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {keys.map((one) => (
                <tr key={one.key}>
                  <th scope="row" title={known.keys[one.key.split(".")[0]]}>
                    {one.key}
                  </th>
                  <td>
                    <Value key={one.value} name={one.key} value={settings[one.key] ?? one.value} choices={known.choices[one.key]} onPut={onPut} />
                  </td>
                  <td>{one.why}</td>
                </tr>
              ))}
              {Object.entries(settings)
                .filter(([key]) => !key.startsWith("columns.") && !keys.some((one) => one.key === key))
                .map(([key, value]) => (
                  <tr key={key}>
                    <th scope="row" title={known.keys[key.split(".")[0]]}>
                      {key}
                    </th>
                    <td>
                      <Value key={value} name={key} value={value} choices={known.choices[key]} onPut={onPut} />
                    </td>
                    <td>
                      you said so{" "}
                      <button type="button" onClick={() => onPut(key, "")}>
                        Forget
                      </button>
                    </td>
                  </tr>
                ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}

function Value({ name, value, choices, onPut }: { name: string; value: string; choices: string[] | undefined; onPut: (key: string, value: string) => void }) {
  const [text, setText] = useState(value);
  if (choices?.length && (choices.includes(value) || name === "layout"))
    return (
      <select aria-label={name} value={value} onChange={(event) => onPut(name, event.target.value)}>
        {choices.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    );
  return (
    <input
      aria-label={name}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => text.trim() !== value && text.trim() && onPut(name, text.trim())}
      onKeyDown={(event) => event.key === "Enter" && text.trim() && onPut(name, text.trim())}
    />
  );
}

/** Any key of the mapping, such as `names` of a file without a header. */
function Another({ keys, onPut }: { keys: Record<string, string>; onPut: (key: string, value: string) => void }) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const says = keys[key.split(".")[0]];
  return (
    <form
      className="other"
      onSubmit={(event) => {
        event.preventDefault();
        onPut(key.trim(), value.trim());
        setKey("");
        setValue("");
      }}
    >
      <input aria-label="Another key of the mapping" placeholder="another key" list="mapping-keys" value={key} onChange={(event) => setKey(event.target.value)} />
      <datalist id="mapping-keys">
        {Object.entries(keys).map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </datalist>
      <input aria-label="Its value" placeholder="value" value={value} onChange={(event) => setValue(event.target.value)} />
      <button disabled={!key.trim() || !value.trim()}>Set</button>
      {says && <span className="hint-inline">{says}</span>}
    </form>
  );
}
