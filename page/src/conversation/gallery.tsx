// Neighbours as a grid, or one of them side by side with the query.

import { useEffect, useRef, useState } from "preact/hooks";
import { type Against, CaseCard, nearness } from "../ui/card";
import { Icon } from "../ui/icons";
import { Picture } from "../ui/picture";
import { inStep, type Zoom } from "../ui/zoom";
import type { Doing } from "./conversation";
import { Facts, Notes, Tick } from "./facts";
import { isHandle, leaderOf, type SearchData } from "./results";

export function Gallery({ data, doing }: { data: SearchData; doing: Doing }) {
  const [at, setAt] = useState<number | null>(null);
  const { cases, query } = data;
  const tasks = Object.keys(data.agreement);
  const [task, setTask] = useState(tasks.find((one) => leaderOf(data.agreement[one]) !== null) ?? tasks[0] ?? "");
  const leader = leaderOf(data.agreement[task]);
  const against = leader === null ? null : { task, labels: [leader], whose: "most of these cases" };
  const farthest = cases.at(-1)?.distance ?? 0;
  const back = useRef<number | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Whoever comes back from a case finds themselves where they left.
    if (at === null && back.current !== null) grid.current!.querySelectorAll<HTMLElement>(".card > button")[back.current]?.focus();
    back.current = at;
  }, [at]);
  if (at !== null) return <Pair data={data} at={at} go={setAt} against={against} doing={doing} />;
  return (
    <>
      <header class="talk-found">
        {isHandle(query) && <div class="talk-query"><Picture of={query} alt="The picture that was asked about" /></div>}
        <div>
          <h1>{cases.length} similar {cases.length === 1 ? "case" : "cases"}</h1>
          {!isHandle(query) && <p class="soft">for “{query}”</p>}
          <dl class="votes-of">
            {Object.entries(data.agreement).map(([task, counts]) => (
              <div key={task}>
                <dt>{task}</dt>
                <dd>{Object.entries(counts).map(([label, count]) => <span class="label" key={label}>{label} {count}</span>)}</dd>
              </div>
            ))}
          </dl>
        </div>
      </header>
      {tasks.length > 1 && (
        <label class="line talk-small marked-by">
          Marked by
          <select class="field" value={task} onChange={(event) => setTask(event.currentTarget.value)}>
            {tasks.map((one) => <option key={one}>{one}</option>)}
          </select>
        </label>
      )}
      <div class="grid" role="list" aria-label="Similar cases" ref={grid} onKeyDown={walk}>
        {cases.map((one, index) => (
          <div role="listitem" key={one.handle}>
            <CaseCard of={one} version={0} against={against} onOpen={() => setAt(index)}>
              <div class="rank">
                <Tick of={one} doing={doing}>{one.rank}</Tick>
                <span title="Euclidean distance to the query">{one.distance?.toPrecision(3)}</span>
              </div>
              <div class="near" title="nearness in this result"><i style={{ width: `${100 * nearness(one.distance ?? 0, cases[0]!.distance ?? 0, farthest)}%` }} /></div>
            </CaseCard>
          </div>
        ))}
      </div>
      <Notes notes={data.notes} />
    </>
  );
}

/** Arrow keys go from card to card. */
function walk(event: KeyboardEvent & { currentTarget: HTMLElement }) {
  const cards = [...event.currentTarget.querySelectorAll<HTMLElement>(".card > button")];
  const at = cards.indexOf(event.target as HTMLElement);
  const columns = getComputedStyle(event.currentTarget).gridTemplateColumns.split(" ").length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (at < 0 || !step) return;
  event.preventDefault();
  cards[at + step]?.focus();
}

interface PairProps {
  data: SearchData;
  at: number;
  go: (at: number | null) => void;
  against: Against | null;
  doing: Doing;
}

function Pair({ data, at, go, against, doing }: PairProps) {
  const { cases, query } = data;
  const one = cases[at]!;
  const head = useRef<HTMLHeadingElement>(null);
  const panes = useRef<HTMLDivElement>(null);
  const zoom = useRef<Zoom | null>(null);
  useEffect(() => {
    head.current!.focus();
    const made = (zoom.current = inStep([...panes.current!.querySelectorAll<HTMLElement>(".zoomed")]));
    return () => made.destroy();
  }, []);
  const keyed = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === "Escape") go(null);
    else if (event.key === "ArrowLeft" && at > 0) go(at - 1);
    else if (event.key === "ArrowRight" && at < cases.length - 1) go(at + 1);
    else return;
    event.preventDefault();
  };
  return (
    <div class="talk-pair" role="group" aria-label="Side by side" onKeyDown={keyed}>
      <div class="line">
        <button class="button" onClick={() => go(null)}><Icon name="previous" /> All cases</button>
        <h1 ref={head} tabIndex={-1}>{one.rank} of {cases.length}: case {one.case_id}</h1>
      </div>
      {/* The wheel scrolls the conversation; with Ctrl it zooms. */}
      <div class="talk-two" ref={panes} onWheelCapture={(event) => event.ctrlKey || event.stopPropagation()}>
        {isHandle(query) && <Pane of={query} alt="The picture that was asked about" title="Asked about" />}
        <Pane of={one.handle} alt={`Case ${one.case_id}`} title={`Case, distance ${one.distance?.toPrecision(3)}`} />
      </div>
      <Facts of={one} against={against} />
      <div class="line">
        <button class="button" disabled={at === 0} onClick={() => go(at - 1)}><Icon name="previous" /> Nearer</button>
        <button class="button" disabled={at === cases.length - 1} onClick={() => go(at + 1)}>Farther <Icon name="next" /></button>
        <span class="zooming">
          <button class="button" onClick={() => zoom.current!.by(-1)} aria-label="Zoom out">−</button>
          <button class="button" onClick={() => zoom.current!.by(0)}>Fit</button>
          <button class="button" onClick={() => zoom.current!.by(1)} aria-label="Zoom in">+</button>
        </span>
        <button class="button main" onClick={() => doing.open("search_similar_cases", { image: one.handle, k: Math.max(cases.length, 5) })}>
          <Icon name="search" /> Search from here
        </button>
        <Tick of={one} doing={doing}>Choose</Tick>
      </div>
    </div>
  );
}

function Pane({ of, alt, title }: { of: string; alt: string; title: string }) {
  return (
    <figure class="pane">
      <div class="pane-window"><div class="zoomed"><Picture of={of} side={512} alt={alt} /></div></div>
      <figcaption>{title}</figcaption>
    </figure>
  );
}
