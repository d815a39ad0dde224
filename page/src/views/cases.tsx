// All cases: filtered, sorted, chosen and edited, as many as there are.

import { useEffect, useRef, useState } from "preact/hooks";
import { useCaseBase, useShared } from "../context";
import { address, go, useRoute } from "../route";
import type { Case } from "../types";
import { CaseCard } from "../ui/card";
import { LatestEdit } from "../ui/edits";
import { Export } from "../ui/export";
import { Facets } from "../ui/facets";
import { Grid } from "../ui/grid";
import { HistoryButton } from "../ui/history";
import { Icon } from "../ui/icons";
import { usePages } from "../ui/pages";
import { ErrorLine } from "../ui/work";
import { ChosenBar } from "./cases_chosen";
import { OpenCase } from "./cases_open";

export interface Order {
  where: string;
  sort: string;
  descending: boolean;
}

const CASE = "case:";

export function CasesView() {
  const { api } = useShared();
  const facts = useCaseBase();
  const { query } = useRoute();
  const sorted = query.get("sort") ?? "case_id";
  const descending = sorted.startsWith("-");
  const order: Order = { where: query.get("where") ?? "", sort: descending ? sorted.slice(1) : sorted, descending };
  const pages = usePages<Case>("cases", order, facts.version);
  const open = query.get("open");
  const move = (changed: Record<string, string | null>, how = {}) => go("cases", { ...Object.fromEntries(query), ...changed }, how);
  const top = useRef<HTMLDivElement>(null);
  const reorder = (changed: Record<string, string>) => {
    move(changed);
    // The first of the new ones, where one had scrolled down the former.
    if (top.current!.getBoundingClientRect().top < 0) top.current!.scrollIntoView();
  };
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<string | null>(null);
  const anchor = useRef(0);
  const pushed = useRef(false);
  useEffect(() => setChosen(new Set()), [order.where]);
  const choose = async (index: number, whole: boolean) => {
    if (!whole) {
      anchor.current = index;
      const id = pages.at(index)?.case_id;
      if (id !== undefined) setChosen((before) => toggled(before, id));
      return;
    }
    const first = Math.min(anchor.current, index);
    await add({ first, count: Math.abs(anchor.current - index) + 1 });
  };
  const add = async (part: { first?: number; count?: number }) => {
    const found = await api.call<{ ids: string[] }>("ids", { ...order, ...part }).catch((said: Error) => setError(said.message));
    if (found) setChosen((before) => new Set([...before, ...found.ids]));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const cell = (event.target as Element).closest<HTMLElement>("[data-cell]");
    if (event.key === "Escape" && chosen.size) setChosen(new Set());
    else if (event.key === " " && cell && (event.target as Element).matches("a")) void choose(Number(cell.dataset.cell), event.shiftKey);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey) && cell) void add({});
    else return;
    event.preventDefault();
  };
  const onCard = (index: number) => (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.button) return;
    event.preventDefault();
    if (event.shiftKey) return void choose(index, true);
    pushed.current = true;
    move({ open: pages.at(index)!.handle });
  };
  const columns = ["case_id", "group_id", "split", ...Object.keys(facts.tasks), ...Object.keys(facts.attributes)];
  return (
    <>
      <div class="line head">
        <h1>Cases</h1>
        <span class="between" />
        <label class="sort">
          <span class="soft">Sort by</span>
          <select class="field" value={order.sort} onChange={(event) => reorder({ sort: event.currentTarget.value })}>
            {columns.map((name) => <option key={name}>{name}</option>)}
          </select>
        </label>
        <button class="button" aria-label={descending ? "Descending; sort ascending" : "Ascending; sort descending"} onClick={() => reorder({ sort: descending ? order.sort : `-${order.sort}` })}>
          <Icon name={descending ? "down" : "up"} />
        </button>
        <HistoryButton />
        <Export what={{ view: "cases", arguments: order }} />
      </div>
      <div class="beside" ref={top}>
        <Facets where={order.where} onChange={(where) => reorder({ where })} />
        <div onKeyDown={onKeyDown}>
          {chosen.size > 0 && <ChosenBar chosen={[...chosen]} total={pages.total ?? 0} onAll={() => void add({})} onNone={() => setChosen(new Set())} onError={setError} onOnly={(where) => reorder({ where })} />}
          {(error ?? pages.error) && <ErrorLine message={(error ?? pages.error)!} />}
          {pages.total === 0 && <p class="panel soft">No case satisfies the filter.</p>}
          <div class={chosen.size ? "choosing" : undefined}>
            <Grid count={pages.total ?? 0} cell={140} row={234} label="Cases" onSight={pages.onSight}>
              {(index) => {
                const one = pages.at(index);
                if (!one) return <div class="card waiting" />;
                const isChosen = chosen.has(one.case_id);
                return (
                  <div class={isChosen ? "cell chosen" : "cell"}>
                    <CaseCard of={one} version={pages.version} href={address("cases", { ...Object.fromEntries(query), open: one.handle })} onOpen={onCard(index)}>
                      <label class="pick">
                        <input
                          type="checkbox"
                          aria-label={`Choose case ${one.case_id}`}
                          checked={isChosen}
                          onClick={(event) => {
                            if (event.shiftKey) event.preventDefault();
                            void choose(index, event.shiftKey);
                          }}
                        />
                      </label>
                    </CaseCard>
                  </div>
                );
              }}
            </Grid>
          </div>
        </div>
      </div>
      {open?.startsWith(CASE) && (
        <OpenCase
          id={open.slice(CASE.length)}
          order={order}
          onMove={(id) => move({ open: CASE + id }, { replace: true })}
          onClose={() => (pushed.current ? history.back() : move({ open: null }, { replace: true }))}
        />
      )}
      <LatestEdit />
    </>
  );
}

function toggled(before: ReadonlySet<string>, id: string): Set<string> {
  const after = new Set(before);
  if (!after.delete(id)) after.add(id);
  return after;
}
