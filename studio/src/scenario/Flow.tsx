/** The contact flow as a drawing: each place a button to its form, each way with its share of contacts once simulated. */

import { useEffect, useMemo, useRef, useState } from "react";
import { Refused, post } from "../api";
import { useForms } from "./context";
import { below } from "./faults";
import { type Counted, type Place, type Way, endsOf, graphOf, percent, shareOf } from "./graph";
import { WIDTH, curve, layout } from "./layout";
import { label } from "./schema";
import type { At } from "./tree";

interface Props {
  path: string;
  text: string;
  sound: boolean; // without faults
  onOpen: (at: At) => void;
}

const HEAD = 44;
const LINE = 16;
const PAD = 18;
const heightOf = (lines: string[]) => HEAD + LINE * lines.length;
const kindOf = (place: Place) => (place.kind === "end" ? "" : label(place.kind));

/** What contacts of the text did in a few replications. */
function useCounted(path: string, text: string, sound: boolean): Counted | null {
  const [found, setFound] = useState<{ of: string; counted: Counted } | null>(null);
  useEffect(() => {
    if (!sound || found?.of === text) return;
    let old = false;
    const timer = window.setTimeout(() => {
      post<Counted>("/api/scenario/flow", { path }, { text })
        .then((counted) => !old && setFound({ of: text, counted }))
        .catch((error) => {
          if (!(error instanceof Refused)) throw error;
        });
    }, 300);
    return () => {
      old = true;
      window.clearTimeout(timer);
    };
  }, [path, text, sound, found]);
  return found?.of === text ? found.counted : null;
}

export function Flow({ path, text, sound, onOpen }: Props) {
  const { tree, faults } = useForms();
  const graph = useMemo(() => graphOf(tree), [tree]);
  const stage = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(0);
  useEffect(() => {
    if (!stage.current) return;
    const seen = new ResizeObserver(([{ contentRect }]) => setRoom(Math.floor(contentRect.width)));
    seen.observe(stage.current);
    return () => seen.disconnect();
  }, []);
  const counted = useCounted(path, text, sound);
  const places = useMemo(
    () => graph.places.map((place) => ({ ...place, lines: [...place.lines, ...endsOf(counted, place.id)] })),
    [graph, counted],
  );
  const heights = useMemo(() => new Map(places.map((place) => [place.id, heightOf(place.lines)])), [places]);
  const drawn = useMemo(
    () =>
      layout(
        places.map(({ id }) => ({ id, height: heights.get(id) ?? HEAD })),
        graph.ways,
        (id) => id.startsWith("queue:"),
        room - 2 * PAD,
      ),
    [places, graph, heights, room],
  );
  const shareIn = (way: Way) => {
    const share = shareOf(counted, way);
    return share === null ? "" : percent(share);
  };
  if (!places.length) return <p className="hint">There are no reasons yet.</p>;
  return (
    <section aria-label="Diagram of the contact flow" data-testid="flow" data-counted={counted !== null}>
      <p className="hint">
        From why customers make contact to the queue they wait in. Click a place for its form.{" "}
        {counted ? `Shares of contacts: ${counted.replications === 1 ? "one replication" : `${counted.replications} replications`} of this text.` : sound ? "Counting contacts …" : "Shares are counted once the text has no faults."}
      </p>
      <div className="flow-stage" ref={stage}>
        <div className="flow" style={{ width: drawn.width + 2 * PAD, height: drawn.height + 3 * PAD }}>
          <svg width={drawn.width + 2 * PAD} height={drawn.height + 3 * PAD} aria-hidden="true">
            <defs>
              <marker id="flow-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">
                <path d="M0,0 L8,4 L0,8 z" />
              </marker>
            </defs>
            <g transform={`translate(${PAD},${PAD})`}>
              {graph.ways.map((way, n) => {
                const spots = drawn.lines[n];
                if (spots.some((spot) => !spot)) return null;
                const own: [number, number] = [heights.get(way.from) ?? HEAD, heights.get(way.to) ?? HEAD];
                const share = shareOf(counted, way);
                return (
                  <path
                    key={`${way.from} ${way.to} ${way.kind}`}
                    d={curve(spots, drawn.back[n], own)}
                    className={`way ${way.kind}`}
                    strokeWidth={share === null ? 1.5 : Math.max(1, 7 * share)}
                    markerEnd="url(#flow-arrow)"
                  />
                );
              })}
            </g>
          </svg>
          {graph.ways.map((way, n) => {
            const spots = drawn.lines[n];
            const share = shareIn(way);
            if (!(share || way.label) || spots.some((spot) => !spot)) return null;
            const [a, b] = spots;
            const back = drawn.back[n];
            const low = Math.max(a.y + (heights.get(way.from) ?? 0) / 2, b.y + (heights.get(way.to) ?? 0) / 2) + 20;
            const x = back ? (a.x + b.x + WIDTH) / 2 : (a.x + WIDTH + b.x) / 2;
            return (
              <span key={`${way.from} ${way.to} ${way.kind}`} className="way-label" aria-hidden="true" style={{ left: PAD + x, top: PAD + (back ? low : (a.y + b.y) / 2), maxWidth: drawn.step - WIDTH + 4 }}>
                {share && <b>{share}</b>}
                {way.label && <span>{way.label}</span>}
              </span>
            );
          })}
          {places.map((place) => {
            const at = drawn.boxes.get(place.id);
            const height = heights.get(place.id) ?? HEAD;
            const wrong = place.at.length ? below(faults, place.at).length : 0;
            return (
              <button
                key={place.id}
                type="button"
                className={`place ${place.kind}${wrong ? " wrong" : ""}`}
                disabled={!place.at.length}
                style={{ left: PAD + (at?.x ?? 0), top: PAD + (at?.y ?? 0) - height / 2, width: WIDTH, height }}
                onClick={() => onOpen(place.at)}
              >
                <small>{kindOf(place)}</small>
                <b>{place.name}</b>
                {place.lines.map((line) => (
                  <span key={line}>{line}</span>
                ))}
                {wrong > 0 && <i className="count">{wrong}</i>}
              </button>
            );
          })}
        </div>
      </div>
      <details>
        <summary>The flow as a list</summary>
        <ul className="flow-list" data-testid="flow-list">
          {places.map((place) => {
            const out = graph.ways.filter(({ from }) => from === place.id);
            const said = out.map((way) => `${way.kind === "overflow" ? "overflow " : ""}${[way.label, shareIn(way), `to ${graph.places.find(({ id }) => id === way.to)?.name}`].filter(Boolean).join(" ")}`);
            return (
              <li key={place.id}>
                {place.at.length ? (
                  <button type="button" className="link" onClick={() => onOpen(place.at)}>
                    {kindOf(place)} {place.name}
                  </button>
                ) : (
                  place.name
                )}
                {[...place.lines, ...said].length > 0 && `: ${[...place.lines, ...said].join("; ")}`}
              </li>
            );
          })}
        </ul>
      </details>
    </section>
  );
}
