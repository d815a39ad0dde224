// One evaluation: its methods, who is right where, for whom, and the cases behind every number.

import { address, follow, go, useRoute } from "../route";
import { useCall, WorkLine } from "../ui/work";
import { MethodCases } from "./run_cases";
import { Subgroups } from "./run_groups";
import { Matrix } from "./run_matrix";
import { Methods } from "./run_table";
import type { RunFacts } from "./run_types";

export function RunView() {
  const { query } = useRoute();
  const name = query.get("name");
  const work = useCall<RunFacts>("run", name === null ? null : { name });
  const run = work.result;
  if (name === null) return <p class="notice">Choose one of the <a href={address("runs")} onClick={follow}>evaluations</a>.</p>;
  const arms = run?.arms.map(({ arm }) => arm) ?? [];
  const asked = query.get("first");
  const closer = arms.find((arm) => arm === asked) ?? run?.best;
  const set = (changed: Record<string, string | null>) => go("run", { ...Object.fromEntries(query), ...changed }, { replace: true });
  return (
    <>
      <p class="crumb"><a href={address("runs")} onClick={follow}>Evaluations</a> /</p>
      <h1>{name}</h1>
      <WorkLine work={work} what="Reading the evaluation" />
      {run && closer && (
        <>
          <p class="run-headline">{run.headline}</p>
          <p class="soft">{run.caption}</p>
          <section class="run-part">
            <header><h2>Methods</h2></header>
            <Methods of={run} />
            <Lines lines={run.effects} title="What varying it did" />
            <Lines lines={run.retrieval} title="What retrieval is worth" />
            <Rows rows={run.stability} title="Asked repeatedly" />
            <Rows rows={run.fetching} title="How often agents looked cases up" />
          </section>
          <section class="run-part">
            <header>
              <h2>A closer look at</h2>
              <label>
                <span class="hidden-words">Method</span>
                <select class="field" value={closer} onChange={(event) => set({ first: event.currentTarget.value, truth: null, answer: null, case: null })}>
                  {arms.map((arm) => <option key={arm} value={arm}>{arm}</option>)}
                </select>
              </label>
            </header>
            <div class="run-closer">
              <div>
                <h3>Confusion</h3>
                {run.confusion[closer] && <Matrix {...run.confusion[closer]} arm={closer} />}
              </div>
              <div>
                <h3>Right for whom</h3>
                {Object.keys(run.subgroups).length ? <Subgroups of={run.subgroups[closer] ?? []} /> : <p class="soft">This evaluation kept no closer analysis.</p>}
                {run.encoder_training && <p class="soft run-basis">{run.encoder_training}</p>}
              </div>
            </div>
          </section>
          <MethodCases choices={arms.map((arm) => ({ called: arm, name, arm }))} usual={[closer, arms.find((arm) => arm !== closer)]} />
        </>
      )}
    </>
  );
}

function Lines({ lines, title }: { lines: string[]; title: string }) {
  if (!lines.length) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="notes">{lines.map((line) => <li key={line}>{line}</li>)}</ul>
    </>
  );
}

function Rows({ rows, title }: { rows: string[][]; title: string }) {
  if (!rows.length) return null;
  const [head, ...body] = rows;
  return (
    <>
      <h3>{title}</h3>
      <div class="scroll" tabIndex={0} role="region" aria-label={title}>
        <table>
          <thead><tr>{head!.map((cell) => <th scope="col" key={cell}>{cell}</th>)}</tr></thead>
          <tbody>{body.map((row, line) => <tr key={line}>{row.map((cell, place) => (place ? <td key={place}>{cell}</td> : <th scope="row" key={place}>{cell}</th>))}</tr>)}</tbody>
        </table>
      </div>
    </>
  );
}
