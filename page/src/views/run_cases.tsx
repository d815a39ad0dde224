// Method against method, case by case: who is right where, both answers, and each answer whole.

import { useEffect } from "preact/hooks";
import { useShared } from "../context";
import { go, useRoute } from "../route";
import { Icon } from "../ui/icons";
import { Picture } from "../ui/picture";
import { useCall, WorkLine } from "../ui/work";
import { AnswerPanel } from "./run_answer";
import type { ArmOf, Kind } from "./run_types";

export interface Choice extends ArmOf {
  /** Unlike every other, also where two runs have a method of one name. */
  called: string;
}

interface Short {
  label: string | null;
  outcome: string;
  right: boolean;
  confidence: number | null;
}

interface Found {
  counts: Record<Kind, number>;
  total: number;
  start: number;
  cases: { case_id: string; truth: string[]; has_picture: boolean; first: Short; second: Short | null }[];
}

const PAGE = 24;

export function MethodCases({ choices, usual }: { choices: Choice[]; usual: (string | undefined)[] }) {
  const { overview } = useShared();
  const { view, query } = useRoute();
  const chosen = (key: string, otherwise?: string) => choices.find(({ called }) => called === (query.get(key) ?? otherwise));
  const first = chosen("first", usual[0]) ?? choices[0]!;
  const second = query.get("second") === "none" ? undefined : chosen("second", choices.find(({ called }) => called !== first.called && called === usual[1])?.called ?? choices.find(({ called }) => called !== first.called)?.called);
  const pair = second && second.called !== first.called ? second : undefined;
  const cell = query.get("truth");
  const kind = cell === null ? ((query.get("kind") as Kind | null) ?? (pair ? "first" : "neither")) : null;
  const start = Number(query.get("start") ?? 0);
  const answer = query.get("answer");
  const work = useCall<Found>("method_cases", {
    first: { name: first.name, arm: first.arm },
    second: pair ? { name: pair.name, arm: pair.arm } : null,
    kind,
    truth: cell,
    answer: cell === null ? null : answer === "none" ? "" : answer,
    start,
    count: PAGE,
  });
  const found = work.result;
  // A pair is opened at the cases that tell the two apart, and where there are none, at any that there are.
  const usually = found && query.get("kind") === null && cell === null && found.total === 0 ? (["second", "neither", "both"] as const).find((one) => found.counts[one] > 0) : undefined;
  useEffect(() => {
    if (usually) set({ kind: usually });
  }, [usually]);
  const set = (changed: Record<string, string | number | null>) => go(view, { ...Object.fromEntries(query), case: null, ...changed }, { replace: true });
  const kinds: [Kind, string][] = pair
    ? [["first", `only ${first.called} right`], ["second", `only ${pair.called} right`], ["both", "both right"], ["neither", "both wrong"]]
    : [["first", "right"], ["neither", "wrong"]];
  const open = query.get("case");
  const version = overview.case_base?.version ?? 0;
  return (
    <section class="run-part">
      <header><h2>{pair ? "Method against method" : "Case by case"}</h2></header>
      <div class="line">
        <Chooser words="Method" choices={choices} value={first.called} onChange={(called) => set({ first: called, second: called === pair?.called ? first.called : (query.get("second") ?? null), truth: null, answer: null, start: null })} />
        {choices.length > 1 && (
          <Chooser words="against" choices={choices.filter(({ called }) => called !== first.called)} value={pair?.called ?? "none"} none onChange={(called) => set({ second: called, kind: null, start: null })} />
        )}
      </div>
      <div class="run-kinds" role="group" aria-label="Which cases">
        {kinds.map(([one, words]) => (
          <button key={one} class="button" aria-pressed={kind === one} onClick={() => set({ kind: one, truth: null, answer: null, start: null })}>
            <b>{found?.counts[one].toLocaleString() ?? "…"}</b> {words}
          </button>
        ))}
      </div>
      {cell !== null && (
        <p class="line">
          Cases of <span class="label">{cell}</span> that {first.called} answered <span class="label">{answer === "none" ? "without a label" : answer}</span>
          <button class="button quiet" onClick={() => set({ truth: null, answer: null, kind: null, start: null })}>All cases</button>
        </p>
      )}
      <WorkLine work={work} what="Fetching the cases" />
      {open !== null && found && <AnswerPanel key={open} caseId={open} of={[first, ...(pair ? [pair] : [])]} ids={found.cases.map(({ case_id }) => case_id)} onOpen={(id) => set({ case: id })} />}
      {found?.total === 0 && <p class="soft">There is no such case.</p>}
      <ul class="grid run-grid">
        {found?.cases.map((one) => (
          <li key={one.case_id}>
            <figure class="card">
              <button onClick={() => set({ case: one.case_id })} aria-expanded={open === one.case_id}>
                {one.has_picture ? <Picture of={`case:${one.case_id}`} version={version} alt={`Case ${one.case_id}`} /> : <span class="no-picture">No picture</span>}
              </button>
              <figcaption>
                <div class="run-truth">{one.truth.map((label) => <span class="label" key={label} title="true label">{label}</span>)}</div>
                <Said of={one.first} method={first.called} />
                {one.second && pair && <Said of={one.second} method={pair.called} />}
                <div class="id">{one.case_id}</div>
              </figcaption>
            </figure>
          </li>
        ))}
      </ul>
      {found && found.total > PAGE && (
        <div class="line">
          <button class="button" disabled={start === 0} onClick={() => set({ start: Math.max(0, start - PAGE) || null })}><Icon name="previous" /> Previous</button>
          <span class="soft">{(start + 1).toLocaleString()} to {Math.min(found.total, start + PAGE).toLocaleString()} of {found.total.toLocaleString()}</span>
          <button class="button" disabled={start + PAGE >= found.total} onClick={() => set({ start: start + PAGE })}>Next <Icon name="next" /></button>
        </div>
      )}
    </section>
  );
}

function Said({ of, method }: { of: Short; method: string }) {
  return (
    <div class="run-said">
      <span class={of.right ? "agrees" : "differs"}><Icon name={of.right ? "agrees" : "differs"} label={of.right ? "right" : "wrong"} /> {of.label ?? of.outcome}</span>
      <small>{method}</small>
    </div>
  );
}

function Chooser({ words, choices, value, none, onChange }: { words: string; choices: Choice[]; value: string; none?: boolean; onChange: (called: string) => void }) {
  return (
    <label class="line">
      <span class="soft">{words}</span>
      <select class="field" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {choices.map(({ called }) => <option key={called} value={called}>{called}</option>)}
        {none && <option value="none">nothing, by itself</option>}
      </select>
    </label>
  );
}
