// What a reader should know of the result: notes, and what the leak guard left out and why.

import { Icon } from "../ui/icons";
import { Picture } from "../ui/picture";
import type { Found } from "../types";

/** What stands before the colon is what the note is about. */
function Note({ note }: { note: string }) {
  const [, lead, rest] = /^([^:]{1,30}): (.+)$/s.exec(note) ?? [];
  return <li>{lead ? <><b>{lead}</b>: {rest}</> : note}</li>;
}

export function Notes({ found }: { found: Found }) {
  const { notes, left_out: leftOut, version } = found;
  if (!notes.length) return null;
  return (
    <div class="found-notes">
      <ul class="notes">{notes.map((note) => <Note key={note} note={note} />)}</ul>
      {leftOut.length > 0 && (
        <details>
          <summary><Icon name="warn" /> What was left out, and why</summary>
          <ul class="left-out">
            {leftOut.map((one) => (
              <li key={one.case_id}>
                <Picture of={one.handle} version={version} alt="" />
                <span><b>{one.case_id}</b><br />{one.why}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
