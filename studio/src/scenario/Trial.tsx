/** What the text on the screen comes to, before it is saved: figures against the saved scenario, narrowing. */

import { useEffect, useState } from "react";
import { Scorecard } from "../Scorecard";
import { Refused, ask } from "../api";
import type { Answer, Fault, Metric, Plan } from "../types";

interface Line {
  answer?: Answer;
  status?: string;
  faults?: Fault[];
}
interface Props {
  path: string;
  text: string;
  ready: boolean; // changed, and without faults
  plan: Plan;
  currency: string;
  metrics: Record<string, Metric>;
  onExplain: (name: string) => void;
}

export function Trial({ path, text, ready, plan, currency, metrics, onExplain }: Props) {
  const [found, setFound] = useState<{ of: string; answer: Answer } | null>(null);
  const [status, setStatus] = useState("");
  useEffect(() => {
    if (!ready) return;
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      ask<Line>("/api/scenario/try", { path }, { text }, stop.signal, (line) => {
        if (line.status) setStatus(line.status);
        if (line.faults) setStatus(line.faults.map(({ message }) => message).join(" "));
        if (!line.answer) return;
        setStatus("");
        setFound({ of: text, answer: line.answer });
      }).catch((error) => {
        if (!stop.signal.aborted) setStatus(error instanceof Refused ? error.message : String(error));
      });
    }, 100);
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [path, text, ready]);
  if (!found) return ready ? <p className="hint" role="status">{status || "Simulating this text against the saved scenario …"}</p> : null;
  const { answer } = found;
  const stale = found.of !== text;
  return (
    <div className="trial" data-testid="trial" data-done={answer.done && !stale}>
      <Scorecard plan={{ ...plan, currency, changed: 1 }} answer={answer} metrics={metrics} stale={stale} onExplain={onExplain} byInterval={false} />
      <p className="progress">
        {status || (stale ? (ready ? "Simulating …" : "Figures of the text before this one") : `This text against the saved scenario, ${answer.replications} of ${answer.of} replications`)}
      </p>
    </div>
  );
}
