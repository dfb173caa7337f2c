/** The screens that are loaded when they are first opened. */

import { type ComponentType, Suspense, lazy, useState } from "react";
import "./more.css";
import type { Desk } from "./plan";
import type { Palette } from "./theme";
import type { Metric, Plan } from "./types";

export interface ScreenProps {
  desk: Desk;
  path: string;
  metrics: Record<string, Metric>;
  palette: Palette;
  onExplain: (name: string) => void;
  onDone: (message: string) => void;
  onOpen: (path: string) => void;
}

export const MORE: [string, string][] = [
  ["optimize", "Optimize"],
  ["customers", "Customers"],
  ["explain", "Explain"],
  ["data", "Data"],
  ["watch", "Watch"],
];
const LAZY: Record<string, ComponentType<ScreenProps>> = {
  optimize: lazy(() => import("./optimize/Optimize")),
  customers: lazy(() => import("./customers/Customers")),
  data: lazy(() => import("./data/Data")),
  explain: lazy(() => import("./explain/Explain")),
  scenario: lazy(() => import("./scenario/Scenario")),
  watch: lazy(() => import("./watch/Watch")),
};

export const isMore = (name: string) => name in LAZY;

export function MoreScreen({ name, ...props }: ScreenProps & { name: string }) {
  const Screen = LAZY[name];
  return (
    <Suspense fallback={<p className="loading">Loading …</p>}>
      <Screen key={props.path} {...props} />
    </Suspense>
  );
}

const ShareDialog = lazy(() => import("./keep/Share"));

/** The button that saves the plan on the screen as a report or a workbook. */
export function Share({ plan, onDone }: { plan: Plan | null; onDone: (message: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" disabled={!plan} onClick={() => setOpen(true)}>
        Share …
      </button>
      {open && plan && (
        <Suspense fallback={null}>
          <ShareDialog plan={plan} onDone={onDone} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
