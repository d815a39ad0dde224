// Similar cases: a picture, a case or words in, neighbours out.

import { useRef } from "preact/hooks";
import { useCaseBase, useShared } from "../context";
import { address, follow, go, useRoute } from "../route";
import type { Found } from "../types";
import { CaseCard, nearness } from "../ui/card";
import { Grid } from "../ui/grid";
import { useCall, WorkLine } from "../ui/work";

export function SearchView() {
  const { api } = useShared();
  const { query } = useRoute();
  const facts = useCaseBase();
  const file = useRef<HTMLInputElement>(null);
  const of = query.get("of");
  const work = useCall<Found>("search", of ? { query: of, k: Number(query.get("k") ?? 12) } : null);
  const found = work.result;
  const farthest = found?.neighbors.at(-1)?.distance ?? 0;
  const bring = async (picture: File) => go("", { of: (await api.bring(picture, picture.name)).handle });
  return (
    <>
      <h1>Similar cases</h1>
      <p class="soft">{facts.cases.toLocaleString()} cases of {facts.groups.toLocaleString()} patients or groups in {facts.name}.</p>
      <div class="line">
        <button class="button main" onClick={() => file.current!.click()}>Choose a picture</button>
        <input ref={file} type="file" accept="image/*" hidden onChange={(event) => bring(event.currentTarget.files![0]!)} />
      </div>
      <WorkLine work={work} what="Searching" />
      {found && (
        <Grid count={found.neighbors.length} cell={150} row={260} label="Similar cases">
          {(index) => {
            const one = found.neighbors[index]!;
            return (
              <CaseCard of={one} version={found.version} href={address("", { of: one.handle })} onOpen={follow}>
                <div class="rank"><span>{one.rank}</span><span title="Euclidean distance to the query">{one.distance.toPrecision(4)}</span></div>
                <div class="near" title="nearness in this result"><i style={{ width: `${100 * nearness(one.distance, farthest)}%` }} /></div>
              </CaseCard>
            );
          }}
        </Grid>
      )}
    </>
  );
}
