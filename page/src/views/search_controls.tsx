// How it is searched: how many, how unlike, and among which.

import { useState } from "preact/hooks";
import { Facets } from "../ui/facets";
import { change, counted, MAX_K, type SearchState } from "./search_state";


const WIDE = "(min-width: 901px)";

export function Controls({ state }: { state: SearchState }) {
  return (
    <details class="panel controls" open={matchMedia(WIDE).matches}>
      <summary>Search options</summary>
      <label>
        <span>Cases</span>
        <input
          class="field" type="number" inputMode="numeric" min={1} max={MAX_K} value={state.k}
          onChange={(event) => {
            const k = counted(event.currentTarget.value);
            event.currentTarget.value = String(k);
            change({ k }, { replace: true });
          }}
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
    </details>
  );
}

/** Among which cases: the values of every column, counted only once somebody looks, since the search comes first. */
export function Filter({ where }: { where: string }) {
  const [looked, setLooked] = useState(where !== "");
  const facets = <Facets where={where} onChange={(written) => change({ where: written, open: null })} />;
  // There it is a button of its own.
  if (!matchMedia(WIDE).matches) return <div class="filter">{facets}</div>;
  return (
    <details class="panel filter" open={looked} onToggle={(event) => event.currentTarget.open && setLooked(true)}>
      <summary>Filter{where && <span class="badge">on</span>}</summary>
      {looked && facets}
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
