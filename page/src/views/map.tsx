// The map of vectors: like lies near like. Coloured, searched with the eye, and picked from.

import { useMemo } from "preact/hooks";
import { useCaseBase, useShared } from "../context";
import { go, useRoute } from "../route";
import { Picture } from "../ui/picture";
import { Scatter } from "../ui/scatter/scatter";
import { ErrorLine, useCall, WorkLine } from "../ui/work";
import { Legend } from "./map-legend";
import { PickedCases } from "./map-picked";
import { SOON, Tools } from "./map-tools";
import { caseAddress } from "./map-links";

export interface Layout {
  version: number;
  caption: string;
  umap: boolean;
  case_ids: string[];
  x: number[];
  y: number[];
  /** Rows of cases that came by their vector alone. */
  without_picture: number[];
}

export interface Coloring {
  by: string;
  private: boolean;
  categories: { name: string; count: number; rest: boolean }[];
  codes: number[];
}

interface Near {
  case_id: string | null;
  name: string;
  neighbors: { case_id: string; distance: number }[];
}

interface Rows {
  rows: number[];
}

export function MapView() {
  const { api } = useShared();
  const facts = useCaseBase();
  const { query } = useRoute();
  const given = Object.fromEntries(query);
  const set = (changed: Record<string, string | null>, replace = false) => go("map", { ...given, ...changed }, { replace });
  const by = given.color ?? facts.usual_task ?? "split";
  const flat = useCall<Layout>("map_layout", { layout: "pca" }, facts.version);
  const wanted = given.layout ?? (facts.cases <= SOON && flat.result?.umap ? "umap" : "pca");
  const curved = useCall<Layout>("map_layout", wanted === "umap" && flat.result ? { layout: "umap" } : null, facts.version);
  const layout = curved.result ?? flat.result;
  const coloring = useCall<Coloring>("map_colors", { by }, facts.version);
  const within = useCall<Rows>("map_matching", given.where ? { where: given.where } : null, facts.version);
  const chosen = useCall<Rows>("map_matching", given.chosen ? { where: given.chosen } : null, facts.version);
  const near = useCall<Near>("map_near", given.of ? { of: given.of } : null, facts.version);

  const points = useMemo(() => layout && { x: Float32Array.from(layout.x), y: Float32Array.from(layout.y) }, [layout]);
  const codes = useMemo(() => coloring.result && Uint8Array.from(coloring.result.codes), [coloring.result]);
  const faded = useMemo(() => standBack(layout?.case_ids.length ?? 0, [within.result, chosen.result]), [layout, within.result, chosen.result]);
  const bare = useMemo(() => new Set(layout?.without_picture), [layout]);
  const mark = useMemo(() => (layout && near.result ? placeOf(near.result, layout) : null), [layout, near.result]);
  const hidden = new Set(given.hide?.split(".").map(Number));

  const pick = async (rows: number[]) => {
    if (rows.length && layout) set({ chosen: (await api.call<{ where: string }>("map_picked", { rows, version: layout.version })).where });
  };
  const ready = layout && points && codes && codes.length === points.x.length && coloring.result;
  const categories = coloring.result?.categories ?? [];
  const said = (row: number) => `${by}: ${categories[codes![row]!]?.name ?? ""}`;
  return (
    <>
      <h1>Map of vectors</h1>
      <p class="soft">
        {facts.cases.toLocaleString()} cases, like near like{layout ? `: ${layout.caption}. ` : ". "}
        {layout && !layout.umap && "UMAP keeps neighbours together better; it comes with: pip install 'dermtools[report]'. "}
        The axes have no unit.
      </p>
      <Tools given={given} by={by} layout={wanted} umap={!!flat.result?.umap} set={set} />
      <WorkLine work={flat} what="Laying out the cases" />
      <WorkLine work={curved} what="Laying out with UMAP; shown meanwhile: principal components" />
      {wanted === "umap" && flat.result && !curved.result && !curved.running && !curved.error && (
        <p class="work">UMAP was cancelled. <button class="button" onClick={curved.again}>Lay out with UMAP</button></p>
      )}
      {[coloring, within, chosen, near].map((work) => work.error && <ErrorLine message={work.error} />)}
      <div class="map-room">
        {ready ? (
          <Scatter
            points={points}
            codes={codes}
            categories={categories.map(({ rest }, number) => ({ rest, hidden: hidden.has(number) }))}
            faded={faded}
            label={`Map of ${layout.case_ids.length.toLocaleString()} cases, coloured by ${by}`}
            describe={(row) => `case ${layout.case_ids[row]}, ${said(row)}`}
            tip={(row) => (
              <>
                {bare.has(row) ? <span class="no-picture">No picture</span> : <Picture key={row} of={`case:${layout.case_ids[row]}`} version={layout.version} alt="" />}
                <b>{said(row)}</b>
                <span class="id">{layout.case_ids[row]}</span>
              </>
            )}
            onOpen={(row) => go(...caseAddress(layout.case_ids[row]!))}
            onPick={pick}
            picking={given.mode === "lasso"}
            mark={mark}
          />
        ) : (
          <div class="scatter" aria-busy="true" />
        )}
        {coloring.result && codes && (
          <Legend
            coloring={coloring.result}
            hidden={hidden}
            onToggle={(number) => {
              const now = new Set(hidden);
              if (!now.delete(number)) now.add(number);
              set({ hide: [...now].join(".") }, true);
            }}
            onPick={(number) => pick([...codes.keys()].filter((row) => codes[row] === number))}
          />
        )}
      </div>
      {given.chosen && chosen.result && layout && (
        <PickedCases ids={chosen.result.rows.map((row) => layout.case_ids[row]!)} version={layout.version} where={given.chosen} of={given.of} onClear={() => set({ chosen: null })} />
      )}
    </>
  );
}

/** 1 for every row that some condition leaves out; null without conditions. */
function standBack(count: number, conditions: (Rows | null)[]): Uint8Array | null {
  const asked = conditions.filter((one) => one !== null);
  if (!asked.length) return null;
  const held = new Uint8Array(count);
  for (const { rows } of asked) for (const row of rows) held[row]!++;
  return held.map((times) => (times < asked.length ? 1 : 0));
}

/** A case stands where it is; a picture from elsewhere between its nearest cases, the nearer the closer. */
function placeOf(near: Near, layout: Layout) {
  const rows = new Map(layout.case_ids.map((id, row) => [id, row]));
  const itself = near.case_id === null ? undefined : rows.get(near.case_id);
  if (itself !== undefined) return { x: layout.x[itself]!, y: layout.y[itself]!, words: "query" };
  let [x, y, whole] = [0, 0, 0];
  for (const { case_id, distance } of near.neighbors) {
    const row = rows.get(case_id);
    if (row === undefined) continue;
    const weight = 1 / (distance ** 2 + 1e-9);
    x += weight * layout.x[row]!;
    y += weight * layout.y[row]!;
    whole += weight;
  }
  return whole ? { x: x / whole, y: y / whole, words: "query, between its nearest" } : null;
}
