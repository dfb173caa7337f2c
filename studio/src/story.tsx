/** The story of one customer's issue: every event, and why it went that way. */

import { useEffect, useState } from "react";
import { Refused, get } from "./api";
import { useDialog } from "./dialog";
import { Faults } from "./figure";
import { Keep } from "./keep/Keep";
import type { Fault } from "./types";

export interface Found {
  issue: string; // too many digits for a number
  replication: number;
  at: string;
  reason: string;
  segment: string;
}
interface Story extends Found {
  lines: { at: string; text: string }[];
  more: number;
}

/** A time of the service, 2026-03-02 09:30:05, without its date where that is said already. */
const time = (at: string, date: string) => (at.startsWith(date) ? at.slice(11) : at);

export function StoryLines({ path, issue, replication }: { path: string; issue: string; replication: number }) {
  const [story, setStory] = useState<Story | null>(null);
  const [faults, setFaults] = useState<Fault[]>([]);
  useEffect(() => {
    let ended = false;
    setFaults([]);
    get<Story>("/api/story", { path, issue, replication: String(replication) })
      .then((told) => !ended && setStory(told))
      .catch((error) => !ended && setFaults(error instanceof Refused ? error.faults : [{ message: String(error) }]));
    return () => {
      ended = true;
    };
  }, [path, issue, replication]);
  if (faults.length) return <Faults faults={faults} />;
  if (!story) return <p className="loading">Reading the story …</p>;
  const date = story.at.slice(0, 10);
  return (
    <div className="story" data-testid="story">
      <p className="hint">
        {story.segment}, {story.reason}, {date}; issue {story.issue} of replication {story.replication}
      </p>
      <ol>
        {story.lines.map((line, n) => (
          <li key={n}>
            <time>{time(line.at, date)}</time>
            <span>{line.text}</span>
          </li>
        ))}
      </ol>
      {story.more > 0 && <p className="hint">… and {story.more} more events</p>}
      <Keep title={`Story of issue ${story.issue}`} table={() => ({ columns: ["time", "event"], rows: story.lines.map((line) => [line.at, line.text]) })} />
    </div>
  );
}

export function StoryDialog({ title, path, found, onClose }: { title: string; path: string; found: Found[]; onClose: () => void }) {
  const place = useDialog(onClose);
  const [chosen, choose] = useState(0);
  const one = found[chosen];
  return (
    <dialog ref={place} className="wide" aria-labelledby="story-title">
      <h2 id="story-title">{title}</h2>
      {found.length > 1 && (
        <div className="days" role="group" aria-label="Customers">
          {found.map((each, n) => (
            <button key={each.issue} type="button" aria-pressed={n === chosen} onClick={() => choose(n)}>
              {each.at.slice(11, 16)} {each.segment}
            </button>
          ))}
        </div>
      )}
      {one ? <StoryLines path={path} issue={one.issue} replication={one.replication} /> : <p>No customer of the first replications took this way.</p>}
      <form method="dialog">
        <button className="main">Close</button>
      </form>
    </dialog>
  );
}
