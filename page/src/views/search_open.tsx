// A neighbour looked at beside the query.

import { useEffect, useRef } from "preact/hooks";
import { useShared } from "../context";
import type { Case, Found, Neighbor } from "../types";
import { agreement, type Against, Attributes, Labels } from "../ui/card";
import { Icon } from "../ui/icons";
import { Viewer } from "../ui/viewer";
import { ALL, change, type SearchState } from "./search_state";

export interface OpenProps {
  found: Found;
  state: SearchState;
  against: Against;
  /** Whether it was opened from the grid, which Back then shows. */
  pushed: boolean;
}

export function OpenNeighbor({ found, state, against, pushed }: OpenProps) {
  const { api } = useShared();
  const { neighbors, version } = found;
  const place = neighbors.findIndex((one) => one.handle === state.open);
  const opened = useRef(pushed);
  useEffect(() => {
    // The pictures beside it, so that an arrow key shows them at once.
    for (const near of [neighbors[place + 1], neighbors[place - 1]]) {
      if (near) new Image().src = api.address(near.handle, 512, version);
    }
  }, [place]);
  const one = neighbors[place];
  if (!one) return null;
  const to = (next: Neighbor | undefined) => next && (() => change({ open: next.handle }, { replace: true }));
  const close = () => (opened.current ? history.back() : change({ open: null }, { replace: true }));
  const searchFrom = () => {
    change({ of: one.handle, text: null, open: null });
    scrollTo(0, 0);
    // The button that was pressed is gone with the viewer; the keyboard goes on at the new result.
    requestAnimationFrame(() => document.getElementById("main")!.focus());
  };
  const view = state.of === ALL ? state.views[one.view ?? 0] : state.of;
  const left = view ? { handle: view, title: title(found, state, one), alt: "The query" } : null;
  return (
    <Viewer
      left={left}
      right={{ handle: one.handle, title: `${one.rank}: ${one.case_id}`, alt: `Case ${one.case_id}` }}
      version={version}
      place={`${one.rank} of ${neighbors.length}`}
      onPrevious={to(neighbors[place - 1])}
      onNext={to(neighbors[place + 1])}
      onClose={close}
    >
      <button class="button main" onClick={searchFrom}><Icon name="search" /> Search from here</button>
      <Facts of={one} against={against} withPrivate={state.withPrivate} distance={one.distance} />
      {found.query.case && <Facts of={found.query.case} withPrivate={state.withPrivate} heading="The query" />}
    </Viewer>
  );
}

function title(found: Found, state: SearchState, one: Neighbor): string {
  if (found.query.case) return `Query: ${found.query.case.case_id}`;
  if (state.of === ALL && one.view !== undefined) return `Query: view ${one.view + 1}, the nearest of ${state.views.length}`;
  return "Query";
}

interface FactsProps {
  of: Case;
  against?: Against;
  withPrivate: boolean;
  distance?: number;
  heading?: string;
}

function Facts({ of: one, against, withPrivate, distance, heading }: FactsProps) {
  const said = agreement(one.labels, against);
  return (
    <section>
      <h3>{heading ?? `Case ${one.case_id}`}</h3>
      {said && <p class={said}><Icon name={said} /> {said === "agrees" ? "Agrees with" : "Differs from"} {against!.whose}</p>}
      <Labels labels={one.labels} against={against} />
      <dl class="facts-list">
        {distance !== undefined && <><dt>distance</dt><dd>{distance.toPrecision(4)}</dd></>}
        {heading && <><dt>case</dt><dd>{one.case_id}</dd></>}
        <dt>group</dt><dd>{one.group_id}</dd>
        {one.split && <><dt>split</dt><dd>{one.split}</dd></>}
      </dl>
      <Attributes of={one} withPrivate={withPrivate} />
    </section>
  );
}
