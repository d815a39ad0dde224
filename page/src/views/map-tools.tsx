// What the map shows and how: colour, layout, condition, and whether the pointer moves or picks.

import { useCaseBase } from "../context";

/** Beyond so many cases UMAP takes minutes: principal components come first. */
export const SOON = 20_000;

interface Props {
  given: Record<string, string>;
  by: string;
  layout: string;
  umap: boolean;
  set: (changed: Record<string, string | null>) => void;
}

export function Tools({ given, by, layout, umap, set }: Props) {
  const facts = useCaseBase();
  const lasso = given.mode === "lasso";
  return (
    <form
      class="line map-tools"
      onSubmit={(event) => {
        event.preventDefault();
        set({ where: String(new FormData(event.currentTarget).get("where")) || null });
      }}
    >
      <label class="line">
        <span class="soft">Colour by</span>
        <select class="field" value={by} onChange={(event) => set({ color: event.currentTarget.value, hide: null })}>
          <optgroup label="Labels">{Object.keys(facts.tasks).map((name) => <option key={name} value={name}>{name}</option>)}</optgroup>
          <optgroup label="Other columns">
            <option value="split">split</option>
            {Object.entries(facts.attributes).map(([name, audience]) => (
              <option key={name} value={name}>{audience === "private" ? `${name} (private)` : name}</option>
            ))}
          </optgroup>
        </select>
      </label>
      <label class="line">
        <span class="soft">Layout</span>
        <select class="field" value={layout} onChange={(event) => set({ layout: event.currentTarget.value })}>
          {(umap || layout === "umap") && <option value="umap">{facts.cases > SOON ? "UMAP (takes minutes)" : "UMAP"}</option>}
          <option value="pca">principal components</option>
        </select>
      </label>
      <div class="map-modes" role="group" aria-label="What dragging does">
        {[["Move", null], ["Lasso", "lasso"]].map(([words, mode]) => (
          <button key={words} type="button" class="button" aria-pressed={lasso === (mode === "lasso")} onClick={() => set({ mode: mode! })}>{words}</button>
        ))}
      </div>
      <label class="line map-where">
        <span class="soft">Only where</span>
        <input key={given.where} class="field" name="where" defaultValue={given.where ?? ""} placeholder="e.g. sex = 'FEMALE' AND age > 60" spellcheck={false} />
      </label>
      <button class="button">Apply</button>
      {given.where && <button type="button" class="button quiet" onClick={() => set({ where: null })}>All cases</button>}
    </form>
  );
}
