// What is known of a case, and what a reader should know of a result.

import type { ComponentChildren } from "preact";
import { type Against, Labels } from "../ui/card";
import type { Doing } from "./conversation";
import type { FoundCase } from "./results";

/** Labels, and whether they are what most of the cases carry; then the attributes that are shown. */
export function Facts({ of: one, against }: { of: FoundCase; against?: Against | null }) {
  return (
    <dl class="facts-of">
      {Object.entries(one.labels).map(([task, values]) => (
        <div key={task}>
          <dt>{task}</dt>
          <dd><Labels labels={{ [task]: values }} against={against} /></dd>
        </div>
      ))}
      {Object.entries(one.attributes).map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd>{value === null ? "unknown" : String(value)}</dd></div>
      ))}
    </dl>
  );
}

export function Tick({ of: one, doing, children }: { of: FoundCase; doing: Doing; children: ComponentChildren }) {
  return (
    <label class="talk-tick">
      <input
        type="checkbox"
        checked={doing.chosen.includes(one.handle)}
        aria-label={`Choose case ${one.case_id}`}
        onChange={(event) => doing.choose(one.handle, event.currentTarget.checked)}
      />
      <span>{children}</span>
    </label>
  );
}

export function Notes({ notes }: { notes: string[] }) {
  return notes.length > 0 && <ul class="talk-notes soft talk-small">{notes.map((note) => <li key={note}>{note}</li>)}</ul>;
}
