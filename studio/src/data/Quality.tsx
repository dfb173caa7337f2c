/** What became of every row of the files, and what looks wrong in them. */

import { useRef } from "react";
import { Keep } from "../keep/Keep";
import { tableOf } from "../keep/table";
import type { Read } from "./types";

export function Quality({ told }: { told: Read }) {
  const place = useRef<HTMLTableElement>(null);
  return (
    <section data-testid="quality">
      <header className="head">
        <h2>What became of the rows</h2>
        <Keep title="What became of the rows" table={() => tableOf(place.current!)} />
      </header>
      <table className="figures-table quality" ref={place}>
        <thead>
          <tr>
            <th scope="col">Rows</th>
            <th scope="col">Count</th>
            <th scope="col">Where</th>
          </tr>
        </thead>
        <tbody>
          {told.files?.map((one) => (
            <tr key={one.file}>
              <th scope="row">read from {one.file}</th>
              <td>{one.rows.toLocaleString("en")}</td>
              <td>
                {one.kept.toLocaleString("en")} kept; {one.form}
              </td>
            </tr>
          ))}
          {told.reasons?.map((one, n) => (
            <tr key={n}>
              <th scope="row">
                {one.what}: {one.why}
              </th>
              <td>{one.rows.toLocaleString("en")}</td>
              <td>{one.where}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {told.findings && told.findings.length > 0 && (
        <>
          <h2>Look at this before you use the tables</h2>
          <ul>
            {told.findings.map((one, n) => (
              <li key={n}>
                {one.text}
                {one.fix && <small> ({one.fix})</small>}
              </li>
            ))}
          </ul>
        </>
      )}
      {told.tables?.map((table) => {
        const filled = table.columns.map((_, c) => table.first.some((row) => row[c] !== "" && row[c] !== null));
        return (
          <details key={table.name}>
            <summary>
              {table.name}: {table.rows.toLocaleString("en")} rows as they will be imported
            </summary>
            <div className="scroll" tabIndex={0} role="region" aria-label={`First rows of ${table.name}`}>
              <table className="figures-table">
                <thead>
                  <tr>
                    {table.columns.map((name, c) => filled[c] && <th key={name} scope="col">{name}</th>)}
                  </tr>
                </thead>
                <tbody>
                  {table.first.map((row, n) => (
                    <tr key={n}>{row.map((value, c) => filled[c] && <td key={c}>{value}</td>)}</tr>
                  ))}
                </tbody>
              </table>
            </div>
          </details>
        );
      })}
    </section>
  );
}
