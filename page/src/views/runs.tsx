// The evaluations in the folder that the app was started with.

import { useShared } from "../context";
import { address, follow, go, useRoute } from "../route";
import { Interval } from "../ui/interval";
import { useCall, WorkLine } from "../ui/work";
import { percent, type Span, span } from "./run_types";

interface Row {
  name: string;
  date: string;
  problem?: string;
  task: string;
  split: string | null;
  methods: string[];
  cases: number;
  groups: number;
  study: boolean;
  best: { arm: string; accuracy: number; interval: Span } | null;
}

export function RunsView() {
  const { overview } = useShared();
  const { query } = useRoute();
  const work = useCall<{ runs: Row[] }>("runs", overview.runs ? {} : null);
  const chosen = [query.get("a"), query.get("b")].filter((name) => name !== null);
  const toggle = (name: string) => {
    const left = chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name].slice(-2);
    go("runs", { a: left[0], b: left[1] }, { replace: true });
  };
  const rows = work.result?.runs;
  return (
    <>
      <h1>Evaluations</h1>
      <p class="soft">Which method is worth using, as it was measured. Two of them that are ticked can be compared on the cases that they share.</p>
      <WorkLine work={work} what="Reading the evaluations" />
      {rows?.length === 0 && (
        <p class="notice">
          No evaluation lies in this folder yet. One is made with: <code>dermtools evaluate CASEBASE --task TASK --methods knn-vote-5,adapter --out DIR/NAME</code>
        </p>
      )}
      {!!rows?.length && (
        <div class="line runs-compare">
          <button class="button main" disabled={chosen.length !== 2} onClick={() => go("compare", { a: chosen[0], b: chosen[1] })}>Compare</button>
          <span class="soft">{chosen.length === 2 ? `${chosen[0]} against ${chosen[1]}` : `${chosen.length} of 2 ticked`}</span>
        </div>
      )}
      <ul class="runs">
        {rows?.map((row) => (
          <li key={row.name} class="panel">
            <input type="checkbox" checked={chosen.includes(row.name)} disabled={!!row.problem} onChange={() => toggle(row.name)} aria-label={`Compare ${row.name}`} />
            <div class="runs-what">
              {row.problem ? <b>{row.name}</b> : <a href={address("run", { name: row.name })} onClick={follow}>{row.name}</a>}
              <time dateTime={row.date} class="soft">{new Date(row.date).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}</time>
              {row.problem ? (
                <p class="error">{row.problem}</p>
              ) : (
                <p class="soft">
                  {row.study ? "Study of " : ""}{row.task}, {row.cases.toLocaleString()} cases of {row.groups.toLocaleString()} patients or groups{row.split ? `, ${row.split} split` : ""}
                </p>
              )}
              {row.methods?.map((name) => <span class="label" key={name}>{name}</span>)}
            </div>
            {row.best ? (
              <div class="runs-best">
                <Interval share={row.best.accuracy} {...row.best.interval} label={`${row.best.arm}: ${percent(row.best.accuracy)}, 95 % ${span(row.best.interval)}`} />
                <span><b>{percent(row.best.accuracy)}</b> <span class="soft">{span(row.best.interval)}</span></span>
                <span class="soft">{row.methods.length > 1 ? "best: " : ""}{row.best.arm}</span>
              </div>
            ) : (
              !row.problem && <div class="runs-best soft">not finished</div>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
