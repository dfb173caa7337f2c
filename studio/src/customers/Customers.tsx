/** The Customers screen: the company's view beside the customers', their journeys, and what would change both. */

import { useMemo, useRef, useState } from "react";
import { Refused, get } from "../api";
import { Faults, Figure, Progress, axis, hint } from "../figure";
import { change, figure, times } from "../format";
import { Keep } from "../keep/Keep";
import { tableOf } from "../keep/table";
import type { ScreenProps } from "../more";
import { type Found, StoryDialog } from "../story";
import { useStudy } from "../study";
import type { Fault } from "../types";
import { note } from "../charts";
import { Levers } from "./Levers";
import type { Customers, Figure as Row, Path } from "./types";

/** A figure of a scorecard: points and counts have two decimals. */
const amount = (value: number | null, unit: string, currency: string) => {
  if (value === null) return "–";
  if (unit === "points" || unit === "") return value.toFixed(2);
  return unit === "money" && Math.abs(value) < 100 ? `${value.toFixed(2)} ${currency}` : figure(value, unit, currency);
};

const half = (row: Row, currency: string) => {
  if (row.low === null || row.high === null) return "";
  const wide = (row.high - row.low) / 2;
  return `± ${row.unit === "share" ? change(wide, "share").slice(1) : amount(wide, row.unit, currency)}`;
};

export default function CustomersScreen({ desk, path, palette }: ScreenProps) {
  const { result, progress, faults, stale } = useStudy<Customers>("/api/customers", path, desk.plan?.revision, { replications: 10 }, 150);
  const [shown, setShown] = useState<{ title: string; found: Found[] } | null>(null);
  const [wrong, setWrong] = useState<Fault[]>([]);
  const tell = async (one: Path) => {
    try {
      const { examples } = await get<{ examples: Found[] }>("/api/customers/examples", { path, journey: one.path });
      setShown({ title: one.path, found: examples });
    } catch (error) {
      setWrong(error instanceof Refused ? error.faults : [{ message: String(error) }]);
    }
  };
  return (
    <main className="study">
      <Faults faults={[...faults, ...wrong]} />
      <div className="bar">
        <b>{desk.plan?.changed ? "The plan on the screen, with its unsaved changes" : "The plan as saved"}</b>
        <span className="grow" />
        <Progress progress={progress} what="Following customers" />
        {result && !progress && <span className="progress">{times(result.replications, "replication")}</span>}
      </div>
      {!result && !faults.length && <p className="loading">Following customers through their issues …</p>}
      {result && (
        <div className={stale ? "stale" : ""} data-testid="customers" data-done={!stale}>
          <div className="pair">
            <Board title="The company's view: its queues" rows={result.company} currency={result.currency} />
            <Board title="The customer's view: whole issues" rows={result.customer} currency={result.currency} />
          </div>
          <Gap told={result} palette={palette} />
          <Journeys told={result} onTell={tell} />
        </div>
      )}
      <Levers path={path} revision={desk.plan?.revision} palette={palette} />
      {result && (
        <details className="assumptions">
          <summary>What effort, loyalty and churn rest on</summary>
          <ul>
            {result.assumptions.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </details>
      )}
      {shown && <StoryDialog title={shown.title} path={path} found={shown.found} onClose={() => setShown(null)} />}
    </main>
  );
}

function Board({ title, rows, currency }: { title: string; rows: Row[]; currency: string }) {
  const [about, setAbout] = useState("");
  const place = useRef<HTMLTableElement>(null);
  return (
    <section>
      <header className="head">
        <h2>{title}</h2>
        <Keep title={title} table={() => tableOf(place.current!)} />
      </header>
      <table className="figures-table" ref={place} data-testid={`board-${rows[0]?.figure ?? ""}`}>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col">Value</th>
            <th scope="col">95 %</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.figure}>
              <th scope="row">
                <span className="cap">{row.title}</span>{" "}
                <button
                  type="button"
                  className="about"
                  aria-label={`What ${row.title} means`}
                  aria-expanded={about === row.figure}
                  onClick={() => setAbout(about === row.figure ? "" : row.figure)}
                >
                  ?
                </button>
                {about === row.figure && <p className="formula">{row.formula}</p>}
              </th>
              <td>{amount(row.value, row.unit, currency)}</td>
              <td className="same">{half(row, currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Gap({ told, palette }: { told: Customers; palette: ScreenProps["palette"] }) {
  const { levels, goal, settled } = told;
  const option = useMemo(() => {
    const red = (row: { sl: number; settled: number }) => row.sl >= goal && row.settled < settled;
    const lowest = Math.min(...levels.map((row) => row.settled), settled);
    return {
      animation: false,
      grid: { left: 44, right: 16, top: 14, bottom: 42 },
      xAxis: axis(palette, { type: "value", name: "service level of the interval, %", nameLocation: "middle", nameGap: 26, max: 100, scale: true }),
      yAxis: axis(palette, { type: "value", name: "", min: Math.max(0, Math.floor(20 * lowest - 1) * 5), max: 100 }),
      tooltip: {
        ...hint,
        formatter: ({ dataIndex }: { dataIndex: number }) =>
          note(levels[dataIndex].interval.replace("T", " ").slice(0, 16), [
            ["service level", figure(levels[dataIndex].sl, "share")],
            ["solved at the first contact", figure(levels[dataIndex].settled, "share")],
          ]),
      },
      series: [
        {
          type: "scatter",
          symbolSize: 9,
          data: levels.map((row) => ({
            value: [100 * row.sl, 100 * row.settled],
            symbol: red(row) ? "diamond" : "circle",
            itemStyle: { color: red(row) ? palette.miss : palette.bar },
          })),
          markLine: {
            silent: true,
            symbol: "none",
            label: { show: false },
            lineStyle: { color: palette.target, type: "dashed" },
            data: [{ xAxis: 100 * goal }, { yAxis: 100 * settled }],
          },
        },
      ],
    };
  }, [levels, goal, settled, palette]);
  if (!levels.length) return <p className="says">{told.sentence}</p>;
  return (
    <Figure
      title="Where the two views differ"
      says={`${told.sentence} Each point is an interval; diamonds look good to the company and bad to customers. Up: % of issues solved at the first contact.`}
      option={option}
      height={250}
      testid="gap"
      table={{
        columns: ["interval", "service level", "solved at the first contact"],
        rows: levels.map((row) => [row.interval, row.sl, row.settled]),
      }}
    />
  );
}

const KINDS: [RegExp, string][] = [
  [/: solved$/, "solved"],
  [/: (not solved|handed on)$/, "unsolved"],
];
const kindOf = (contact: string) => (contact === "…" ? "passed" : (KINDS.find(([ends]) => ends.test(contact))?.[1] ?? "gone"));

function Journeys({ told, onTell }: { told: Customers; onTell: (one: Path) => void }) {
  const [troubled, setTroubled] = useState(false);
  const [many, setMany] = useState(12);
  const rows = told.paths.filter((one) => !troubled || !one.solved || one.contacts > 1);
  const priced = told.paths.some((one) => one.value_lost > 0);
  return (
    <section>
      <header className="head">
        <h2>Journeys</h2>
        <div role="group" aria-label="Which journeys" className="days">
          <button type="button" aria-pressed={!troubled} onClick={() => setTroubled(false)}>
            All
          </button>
          <button type="button" aria-pressed={troubled} onClick={() => setTroubled(true)}>
            Not solved at the first contact ({figure(told.troubled.share, "share")})
          </button>
        </div>
        <span className="grow" />
        <Keep
          title="Journeys"
          table={() => ({
            columns: ["journey", "issues per replication", "share", "time (s)", "contacts", "effort", "churn", "value lost"],
            rows: rows.map((one) => [one.path, one.issues, one.share, one.time, one.contacts, one.effort, one.churn, one.value_lost]),
          })}
        />
      </header>
      <p className="says">Each box is a contact. Click a journey for customers who took it, and their stories.</p>
      <ul className="journeys" data-testid="journeys">
        {rows.slice(0, many).map((one) => (
          <li key={one.path}>
            <button type="button" onClick={() => onTell(one)} aria-label={`${figure(one.share, "share")}: ${one.path}. Show customers`}>
              <b>{figure(one.share, "share")}</b>
              <span className="contacts">
                {one.path.split(" | ").map((contact, n) => (
                  <i key={n} className={kindOf(contact)}>
                    {contact}
                  </i>
                ))}
              </span>
              <small>
                {Math.round(one.issues).toLocaleString("en")} issues, {one.time === null ? "unsolved" : figure(one.time, "s")}, effort {one.effort.toFixed(1)}
                {priced && `, ${figure(one.value_lost, "money", told.currency)} lost`}
              </small>
            </button>
          </li>
        ))}
      </ul>
      {rows.length > many && (
        <button type="button" onClick={() => setMany(many + 24)}>
          Show more of {rows.length}
        </button>
      )}
    </section>
  );
}
