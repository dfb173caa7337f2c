/** Colours in light and dark: blue and vermilion, which people who confuse red and green tell apart. */

import { createContext, useContext, useEffect, useState } from "react";

export interface Palette {
  dark: boolean;
  ink: string;
  faint: string;
  line: string;
  paper: string;
  panel: string;
  band: string;
  value: string;
  miss: string;
  target: string;
  bar: string;
  changed: string;
}

export const LIGHT: Palette = {
  dark: false,
  ink: "#1b2430",
  faint: "#5b6776",
  line: "#dde2e8",
  paper: "#ffffff",
  panel: "#f5f7f9",
  band: "rgba(0, 114, 178, 0.20)",
  value: "#0072b2",
  miss: "#c62b13",
  target: "#5b6776",
  bar: "#a9b8c6",
  changed: "#d9ecf8",
};

export const DARK: Palette = {
  dark: true,
  ink: "#e6ebf1",
  faint: "#9dabb9",
  line: "#323d49",
  paper: "#171d24",
  panel: "#1f2730",
  band: "rgba(86, 180, 233, 0.24)",
  value: "#56b4e9",
  miss: "#ff7a5c",
  target: "#9dabb9",
  bar: "#4c5b6b",
  changed: "#1d4058",
};

export type Choice = "auto" | "light" | "dark";
const KEPT = "cxsim-studio-theme";

export function useTheme(): [Palette, Choice, (choice: Choice) => void] {
  const [choice, setChoice] = useState<Choice>(() => (localStorage.getItem(KEPT) as Choice | null) ?? "auto");
  const query = window.matchMedia("(prefers-color-scheme: dark)");
  const [system, setSystem] = useState(query.matches);
  useEffect(() => {
    const heard = () => setSystem(query.matches);
    query.addEventListener("change", heard);
    return () => query.removeEventListener("change", heard);
  }, [query]);
  const dark = choice === "dark" || (choice === "auto" && system);
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    localStorage.setItem(KEPT, choice);
  }, [dark, choice]);
  return [dark ? DARK : LIGHT, choice, setChoice];
}

export const PaletteContext = createContext<Palette>(LIGHT);
export const usePalette = () => useContext(PaletteContext);
