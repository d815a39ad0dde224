// How it is searched: how many, how unlike, and among which.

import { useEffect, useState } from "preact/hooks";
import { change, MAX_K, type SearchState } from "./search_state";


export function Controls({ state }: { state: SearchState }) {
  const [where, setWhere] = useState(state.where);
  useEffect(() => setWhere(state.where), [state.where]);
  return (
    <details class="panel controls" open={matchMedia("(min-width: 761px)").matches}>
      <summary>Search options</summary>
      <label>
        <span>Cases</span>
        <input
          class="field" type="number" inputMode="numeric" min={1} max={MAX_K} value={state.k}
          onChange={(event) => change({ k: event.currentTarget.value }, { replace: true })}
        />
      </label>
      <label>
        <span>Chosen</span>
        <select class="field" value={state.diversity ?? ""} onChange={(event) => change({ diversity: event.currentTarget.value })}>
          <option value="">the nearest</option>
          <option value="mmr">near, unlike each other</option>
          {state.task && <option value="balanced">near, of many labels ({state.task})</option>}
        </select>
      </label>
      <Check on={state.onePerGroup} name="one">One case a patient</Check>
      <Check on={state.withPrivate} name="private">Private attributes too</Check>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change({ where: where.trim() });
        }}
      >
        <label class="stacked">
          <span>Only cases where</span>
          <input class="field mono" value={where} placeholder="age >= 40 AND split = 'train'" spellcheck={false} autocapitalize="off" onInput={(event) => setWhere(event.currentTarget.value)} />
        </label>
      </form>
    </details>
  );
}

function Check({ on, name, children }: { on: boolean; name: string; children: string }) {
  return (
    <label class="check">
      <input type="checkbox" checked={on} onChange={() => change({ [name]: !on })} />
      <span>{children}</span>
    </label>
  );
}
