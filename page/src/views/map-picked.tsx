// The cases that were picked on the map, as a grid, and where to go with them.

import { useState } from "preact/hooks";
import { address, follow } from "../route";
import type { Case } from "../types";
import { CaseCard } from "../ui/card";
import { useCall, WorkLine } from "../ui/work";
import { browseAddress, caseAddress } from "./map-links";

const PAGE = 36;

interface Props {
  ids: string[];
  version: number;
  where: string;
  of?: string;
  onClear: () => void;
}

export function PickedCases({ ids, version, where, of, onClear }: Props) {
  const [shown, setShown] = useState(PAGE);
  const work = useCall<{ cases: Case[] }>("map_cases", { case_ids: ids.slice(0, shown) }, version);
  return (
    <section class="map-picked" aria-label="Picked cases">
      <div class="line">
        <h2>{ids.length.toLocaleString()} {ids.length === 1 ? "case" : "cases"} picked</h2>
        <a class="button" href={address(...browseAddress(where))} onClick={follow}>Open as a filter</a>
        {of && <a class="button" href={address("", { of, where })} onClick={follow}>Search among these</a>}
        <button class="button quiet" onClick={onClear}>Clear</button>
        <code class="soft map-condition">{where}</code>
      </div>
      <WorkLine work={work} what="Fetching the cases" />
      <div class="grid">
        {work.result?.cases.map((one) => (
          <CaseCard key={one.case_id} of={one} version={version} href={address(...caseAddress(one.case_id))} onOpen={follow} />
        ))}
      </div>
      {ids.length > shown && <button class="button" onClick={() => setShown(shown + 2 * PAGE)}>Show more of {ids.length.toLocaleString()}</button>}
    </section>
  );
}
