// The gallery of a notebook: the cards of the app, to choose from; Python reads what was chosen.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Api } from "./api";
import { SharedContext } from "./context";
import type { Neighbor, Overview } from "./types";
import { type Against, CaseCard, nearness } from "./ui/card";

/** What anywidget gives: the state that a notebook's page and its kernel share. */
interface Model {
  get<T>(name: string): T;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, call: () => void): void;
  off(event: string, call: () => void): void;
}

interface Result {
  query: string;
  neighbors: (Neighbor & { picture: string | null })[];
  notes: string[];
  against: Against | null;
}

const EMPTY = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

function useTrait<T>(model: Model, name: string): T {
  const [value, setValue] = useState(() => model.get<T>(name));
  useEffect(() => {
    const changed = () => setValue(model.get<T>(name));
    model.on(`change:${name}`, changed);
    return () => model.off(`change:${name}`, changed);
  }, [model, name]);
  return value;
}

function Gallery({ model }: { model: Model }) {
  const result = useTrait<Result>(model, "result");
  const selected = useTrait<string[]>(model, "selected");
  const pictures = new Map(result.neighbors.map((one) => [one.handle, one.picture]));
  const attributes = Object.fromEntries(result.neighbors.flatMap((one) => Object.keys(one.attributes)).map((name) => [name, "shown"]));
  // Cards ask what the app knows: here pictures stand in the result, and every attribute that came may be shown.
  const shared = {
    api: { kind: "chat", address: (handle: string) => pictures.get(handle) ?? EMPTY } as unknown as Api,
    overview: { case_base: { attributes } } as unknown as Overview,
    refresh: async () => {},
  };
  const choose = (chosen: string[]) => {
    model.set("selected", chosen);
    model.save_changes();
  };
  const toggle = (id: string) => choose(selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id]);
  const [nearest, farthest] = [result.neighbors[0]?.distance ?? 0, result.neighbors.at(-1)?.distance ?? 0];
  return (
    <SharedContext.Provider value={shared}>
      <p class="soft">
        {result.neighbors.length} nearest cases to {result.query}, Euclidean distance. For research; not a diagnosis.
      </p>
      {result.notes.length > 0 && <ul class="notes">{result.notes.map((note) => <li key={note}>{note}</li>)}</ul>}
      {result.against && (
        <p class="key">
          Marks compare {result.against.task} with what these {result.neighbors.length} vote for, <b>{result.against.labels.join(", ")}</b>. A longer bar is nearer, within this result.
        </p>
      )}
      <p class="chosen">
        <span role="status">{selected.length ? `${selected.length} chosen` : "none chosen"}</span>
        {selected.length > 0 && <button type="button" onClick={() => choose([])}>Choose none</button>}
      </p>
      <div class="grid" role="group" aria-label="Similar cases, nearest first">
        {result.neighbors.map((one) => {
          const chosen = selected.includes(one.case_id);
          return (
            <div class={chosen ? "pick picked" : "pick"} key={one.case_id}>
              <CaseCard
                of={one}
                version={0}
                against={result.against}
                onOpen={(event) => {
                  event.preventDefault();
                  toggle(one.case_id);
                }}
              >
                <label class="rank">
                  <span><input type="checkbox" checked={chosen} onChange={() => toggle(one.case_id)} aria-label={`Choose case ${one.case_id}`} /> {one.rank}</span>
                  <span title="Euclidean distance to the query">{one.distance.toPrecision(4)}</span>
                </label>
                <div class="near" title="Nearness within this result: the nearest has a full bar, the farthest a tenth">
                  <i style={{ width: `${100 * nearness(one.distance, nearest, farthest)}%` }} />
                </div>
              </CaseCard>
            </div>
          );
        })}
      </div>
    </SharedContext.Provider>
  );
}

export default {
  render({ model, el }: { model: Model; el: HTMLElement }) {
    el.classList.add("dt", "notebook");
    render(<Gallery model={model} />, el);
    return () => render(null, el);
  },
};
