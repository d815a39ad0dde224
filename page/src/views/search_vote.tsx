// What the cases of this result say together: each label's share of their votes.

import { useState } from "preact/hooks";
import type { Against } from "../ui/card";
import { Icon } from "../ui/icons";
import type { Vote } from "../types";
import { change } from "./search_state";

const FEW = 6;

export interface VoteProps {
  vote: Vote;
  tasks: string[];
  against: Against;
  /** Labels of the query where it is a case. */
  truth: string[] | undefined;
}

export function VotePanel({ vote, tasks, against, truth }: VoteProps) {
  const [all, setAll] = useState(false);
  const shares = Object.entries(vote.shares);
  return (
    <section class="panel vote" aria-label="Vote">
      <h2>
        Vote on{" "}
        <select class="field" aria-label="Task" value={against.task} onChange={(event) => change({ task: event.currentTarget.value }, { replace: true })}>
          {tasks.map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
      </h2>
      {!shares.length && <p class="soft">No case of this result has a {against.task} label.</p>}
      {shares.slice(0, all ? undefined : FEW).map(([label, share]) => (
        <div class={truth?.includes(label) ? "bar true" : "bar"} key={label}>
          <span>{label}{truth?.includes(label) && <span class="right"> <Icon name="agrees" label="true label" /></span>}</span>
          <span class="track"><i style={{ width: `${100 * share}%` }} /></span>
          <span class="num">{Math.round(100 * share)} %</span>
        </div>
      ))}
      {shares.length > FEW && <button class="button quiet" aria-expanded={all} onClick={() => setAll(!all)}>{all ? "Fewer labels" : `All ${shares.length} labels`}</button>}
      <p class="soft small">
        {vote.voters} {vote.voters === 1 ? "case votes" : "cases vote"}, each weighted by 1 / distance.{" "}
        {truth?.length
          ? <>Marks compare with the true label, <b>{truth.join(", ")}</b>.</>
          : against.labels.length > 0 && <>Marks compare with the vote, <b>{against.labels.join(", ")}</b>.</>}
      </p>
    </section>
  );
}
