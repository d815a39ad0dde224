// All cases: filtered, sorted, and as many as there are.

import { useCaseBase } from "../context";
import { go, useRoute } from "../route";
import type { Case } from "../types";
import { CaseCard } from "../ui/card";
import { Export } from "../ui/export";
import { Facets } from "../ui/facets";
import { Grid } from "../ui/grid";
import { usePages } from "../ui/pages";
import { ErrorLine } from "../ui/work";

export function CasesView() {
  const facts = useCaseBase();
  const { query } = useRoute();
  const where = query.get("where") ?? "";
  const sort = query.get("sort") ?? "case_id";
  const descending = sort.startsWith("-");
  const order = { where, sort: descending ? sort.slice(1) : sort, descending };
  const pages = usePages<Case>("cases", order, facts.version);
  const move = (changed: Record<string, string>) => go("cases", { ...Object.fromEntries(query), ...changed });
  return (
    <>
      <div class="line apart"><h1>Cases</h1><Export what={{ view: "cases", arguments: order }} /></div>
      <div class="beside">
        <Facets where={where} onChange={(changed) => move({ where: changed })} />
        <div>
          {pages.error && <ErrorLine message={pages.error} />}
          <Grid count={pages.total ?? 0} cell={140} row={230} label="Cases" onSight={pages.onSight}>
            {(index) => {
              const one = pages.at(index);
              return one ? <CaseCard of={one} version={pages.version} /> : <div class="card" />;
            }}
          </Grid>
        </div>
      </div>
    </>
  );
}
