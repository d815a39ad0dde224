// Similar cases: pictures, a case or words in, neighbours out.

import { useRef } from "preact/hooks";
import { useCaseBase, useShared } from "../context";
import { address, follow } from "../route";
import type { Found, Neighbor } from "../types";
import { type Against, CaseCard, nearness } from "../ui/card";
import { BringButtons, BringLines, useBring } from "../ui/bring";
import { Export } from "../ui/export";
import { Grid } from "../ui/grid";
import { Picture } from "../ui/picture";
import { useCall, WorkLine } from "../ui/work";
import { Begin } from "./search_begin";
import { Controls, Filter } from "./search_controls";
import { Notes } from "./search_notes";
import { OpenNeighbor } from "./search_open";
import { ALL, asked, change, type SearchState, useSearchState, written } from "./search_state";
import { Strip } from "./search_strip";
import { VotePanel } from "./search_vote";

export function SearchView() {
  const facts = useCaseBase();
  const tasks = Object.keys(facts.tasks);
  const state = useSearchState(facts);
  const bringing = useBring((held, adding) => {
    const handles = [...new Set([...(adding ? state.views : []), ...held.map((one) => one.handle)])];
    change({ views: written(handles), of: handles.length > 1 ? ALL : handles[0], text: null, open: null });
  });
  const work = useCall<Found>("search", asked(state));
  const found = work.error ? null : work.result;
  const started = state.of !== null || state.text !== "";
  return (
    <>
      <div class="search-head">
        <div>
          <h1>Similar cases</h1>
          <p class="soft">{facts.cases.toLocaleString()} cases of {facts.groups.toLocaleString()} patients or groups in {facts.name}</p>
        </div>
        {started && <BringButtons bringing={bringing} main />}
      </div>
      <BringLines bringing={bringing} />
      {facts.reads_text && <Words text={state.text} />}
      {!started && <Begin bringing={bringing} task={state.task} />}
      {started && (
        <div class="search-layout">
          <aside class="search-side">
            <Strip state={state} bringing={bringing} />
            <Asked state={state} found={found} />
            {found && <VoteOf found={found} tasks={tasks} state={state} />}
            <Filter where={state.where} />
            <Controls state={state} />
          </aside>
          <div class="search-found" aria-busy={work.running}>
            <WorkLine work={work} what="Searching" />
            {found && <Head found={found} state={state} />}
            {found && <Result found={found} state={state} />}
          </div>
        </div>
      )}
    </>
  );
}

/** What labels are compared with: the true ones where the query is a case, else the label with most votes. */
function against(found: Found, task: string): Against {
  const truth = found.query.case?.labels[task];
  if (truth?.length) return { task, labels: truth, whose: `the true label, ${truth.join(", ")}` };
  const first = Object.keys(found.votes[task]?.shares ?? {}).slice(0, 1);
  return { task, labels: first, whose: `the vote, ${first[0]}` };
}

function VoteOf({ found, tasks, state }: { found: Found; tasks: string[]; state: SearchState }) {
  const vote = found.votes[state.task];
  if (!vote) return null;
  return <VotePanel vote={vote} tasks={tasks} against={against(found, state.task)} truth={found.query.case?.labels[state.task]} />;
}

/** The query itself where it is no picture of the strip. */
function Asked({ state, found }: { state: SearchState; found: Found | null }) {
  const facts = useCaseBase();
  if (state.of === null) return <p class="panel">Words: <b>{state.text}</b></p>;
  if (state.of === ALL || state.views.includes(state.of)) return null;
  const itself = found?.query.case;
  return (
    <figure class="query">
      <Picture of={state.of} side={512} version={found?.version ?? facts.version} alt="The query" />
      <figcaption>Query{itself ? `: case ${itself.case_id}` : ""}</figcaption>
    </figure>
  );
}

/** What is shown, and where to go with it. */
function Head({ found, state }: { found: Found; state: SearchState }) {
  const { overview } = useShared();
  const count = found.neighbors.length;
  const one = state.of === ALL ? null : state.of;
  return (
    <div class="line found-head">
      <h2>{count.toLocaleString()} {count === 1 ? "case" : "cases"}, nearest first</h2>
      {one && <a class="button" href={address("ask", { of: one, task: state.task })} onClick={follow}>Classify and ask</a>}
      {one && overview.model && <a class="button" href={address("chat", { of: one })} onClick={follow}>Ask the agent</a>}
      {one && <a class="button" href={address("map", { of: one, color: state.task })} onClick={follow}>On the map</a>}
      <Export what={{ view: "search", arguments: asked(state)! }} />
    </div>
  );
}

function Result({ found, state }: { found: Found; state: SearchState }) {
  const pushed = useRef(false);
  const { neighbors, version } = found;
  const compared = against(found, state.task);
  const [nearest, farthest] = [neighbors[0]?.distance ?? 0, neighbors.at(-1)?.distance ?? 0];
  const at = neighbors.findIndex((one) => one.handle === state.open);
  // Another query begins at its first card.
  const key = found.query.handle ?? found.query.name;
  const open = (one: Neighbor) => (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    pushed.current = true;
    change({ open: one.handle });
  };
  return (
    <>
      <Notes found={found} />
      {neighbors.length > 0 && (
        <Grid key={key} count={neighbors.length} cell={150} row={270} label="Similar cases, nearest first" at={at < 0 ? null : at}>
          {(index) => {
            const one = neighbors[index]!;
            return (
              <CaseCard of={one} version={version} against={compared} withPrivate={state.withPrivate} href={address("", { of: one.handle })} onOpen={open(one)}>
                <div class="rank"><span>{one.rank}</span><span title="Euclidean distance to the query">{one.distance.toPrecision(4)}</span></div>
                <div class="near" title="Nearness within this result: the nearest has a full bar, the farthest a tenth">
                  <i style={{ width: `${100 * nearness(one.distance, nearest, farthest)}%` }} />
                </div>
                {one.view !== undefined && <div class="of-view soft">nearest to view {one.view + 1}</div>}
              </CaseCard>
            );
          }}
        </Grid>
      )}
      {state.open && <OpenNeighbor found={found} state={state} against={compared} pushed={pushed.current} />}
    </>
  );
}

function Words({ text }: { text: string }) {
  return (
    <form
      class="line words"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const words = String(new FormData(event.currentTarget).get("text")).trim();
        if (words) change({ text: words, of: null, views: null, open: null });
      }}
    >
      <input class="field" type="search" name="text" defaultValue={text} key={text} aria-label="Words" placeholder="or words: red scaly plaque on the elbow" />
      <button class="button">Search</button>
    </form>
  );
}
