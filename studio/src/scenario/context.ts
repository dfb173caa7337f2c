/** What every field of the forms needs. */

import { createContext, useContext } from "react";
import type { Placed } from "./faults";
import type { Root } from "./schema";
import type { Change } from "./skills";
import type { Refusal } from "./text";
import type { At, Node } from "./tree";

export interface Forms {
  root: Root;
  tree: Node;
  faults: Placed[];
  refused: Refusal | null;
  locked: boolean; // the text cannot be read: forms show what was read last
  currency: string;
  edit: (changes: Change[]) => void;
  look: (line: number) => void; // show a line of the text
  goTo: (at: At) => void; // open the form of a place
}

export const FormsContext = createContext<Forms | null>(null);
export const useForms = () => useContext(FormsContext) as Forms;
