/** The Explain screen: why this number, and why this contact. */

import { useState } from "react";
import type { ScreenProps } from "../more";
import { Contact } from "./Contact";
import { Number_ } from "./Number";

export default function ExplainScreen(props: ScreenProps) {
  const [part, setPart] = useState<"number" | "contact">("number");
  return (
    <main className="study">
      <div className="bar">
        <div role="tablist" aria-label="What to explain" className="days">
          <button type="button" role="tab" aria-selected={part === "number"} onClick={() => setPart("number")}>
            Why this number
          </button>
          <button type="button" role="tab" aria-selected={part === "contact"} onClick={() => setPart("contact")}>
            Why this contact
          </button>
        </div>
      </div>
      {part === "number" ? <Number_ {...props} /> : <Contact {...props} />}
    </main>
  );
}
