/** The screens that are loaded when they are first opened. */

import { type ComponentType, Suspense, lazy } from "react";
import "./more.css";
import type { Desk } from "./plan";
import type { Palette } from "./theme";
import type { Metric } from "./types";

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
  ["customers", "Customers"],
  ["explain", "Explain"],
  ["data", "Data"],
  ["watch", "Watch"],
];
const LAZY: Record<string, ComponentType<ScreenProps>> = {
  customers: lazy(() => import("./customers/Customers")),
  data: lazy(() => import("./data/Data")),
  explain: lazy(() => import("./explain/Explain")),
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
