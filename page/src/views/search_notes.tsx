// What a reader should know of the result: notes, and what the leak guard left out and why.

import { Icon } from "../ui/icons";
import { useShared } from "../context";
import type { Found } from "../types";

export function Notes({ found }: { found: Found }) {
  const { api } = useShared();
  const { notes, left_out: leftOut, version } = found;
  if (!notes.length) return null;
  return (
    <div class="notes">
      <ul>{notes.map((note) => <li key={note}>{note}</li>)}</ul>
      {leftOut.length > 0 && (
        <details>
          <summary><Icon name="warn" /> What was left out, and why</summary>
          <ul class="left-out">
            {leftOut.map((one) => (
              <li key={one.case_id}>
                <img src={api.address(one.handle, 192, version)} alt="" loading="lazy" />
                <span><b>{one.case_id}</b><br />{one.why}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
