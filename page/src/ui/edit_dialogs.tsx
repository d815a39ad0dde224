// Questions before an edit of some cases: which labels, and whether to erase.

import { useState } from "preact/hooks";
import { useCaseBase } from "../context";
import type { Case } from "../types";
import { Dialog } from "./dialog";
import { useEdits } from "./edits";
import { useCall, WorkLine } from "./work";

export const counted = (count: number, noun: string) => `${count.toLocaleString()} ${noun}${count === 1 ? "" : "s"}`;

interface Asked {
  cases: string[];
  onClose: () => void;
  /** After it was done. */
  onDone?: () => void;
}

/** The task that was relabelled last: the next edit is likely of it, too. */
let latestTask: string | null = null;

/** With `of`, what the one case has now is ticked. */
export function RelabelDialog({ cases, of, task: given, onClose, onDone }: Asked & { of?: Case; task?: string }) {
  const { tasks } = useCaseBase();
  const [task, setTask] = useState(given ?? (latestTask !== null && latestTask in tasks ? latestTask : Object.keys(tasks)[0]!));
  const [labels, setLabels] = useState(of?.labels[task] ?? []);
  const [find, setFind] = useState("");
  const { run, busy } = useEdits();
  const known = Object.keys(tasks[task] ?? {});
  const fresh = find.trim() && !known.includes(find.trim()) ? find.trim() : null;
  const listed = known.filter((one) => one.toLowerCase().includes(find.trim().toLowerCase()));
  const offered = [...listed, ...labels.filter((one) => !known.includes(one)), ...(fresh && !labels.includes(fresh) ? [fresh] : [])];
  const take = async () => {
    latestTask = task;
    const isNew = labels.some((one) => !known.includes(one));
    if (await run("relabel", { cases, task, labels, new_labels: isNew })) {
      onDone?.();
      onClose();
    }
  };
  return (
    <Dialog
      title={`Relabel ${of ? of.case_id : counted(cases.length, "case")}`}
      onClose={onClose}
      end={
        <>
          <button class="button main" disabled={busy} onClick={() => void take()}>
            {labels.length ? `Set ${task} to ${labels.join(", ")}` : `Set ${task} to unknown`}
          </button>
          <button class="button" onClick={onClose}>Cancel</button>
        </>
      }
    >
      <div class="line">
        {Object.keys(tasks).length > 1 && (
          <label>
            <span class="hidden-words">Task</span>
            <select class="field" value={task} onChange={(event) => { setTask(event.currentTarget.value); setLabels(of?.labels[event.currentTarget.value] ?? []); }}>
              {Object.keys(tasks).map((one) => <option key={one}>{one}</option>)}
            </select>
          </label>
        )}
        <input class="field grow" type="search" placeholder="Find or name a label" aria-label="Find or name a label" value={find} onInput={(event) => setFind(event.currentTarget.value)} />
      </div>
      <ul class="label-choice">
        {offered.map((one) => (
          <li key={one}>
            <label class="facet-value">
              <input type="checkbox" checked={labels.includes(one)} onChange={(event) => setLabels(event.currentTarget.checked ? [...labels, one] : labels.filter((other) => other !== one))} />
              <span class="text">{one}</span>
              <span class="num">{known.includes(one) ? tasks[task]![one]!.toLocaleString() : "new label"}</span>
            </label>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

interface Erasing {
  cases: number;
  whole_groups: number;
  versions: number;
  spaces: string[];
}

export function EraseDialog({ cases, onClose, onDone }: Asked) {
  const work = useCall<Erasing>("erasing", { cases });
  const { run, busy } = useEdits();
  const found = work.result;
  const take = async () => {
    if (await run("erase", { cases })) {
      onDone?.();
      onClose();
    }
  };
  return (
    <Dialog
      title={`Erase ${counted(cases.length, "case")}?`}
      onClose={onClose}
      end={
        <>
          <button class="button danger" disabled={busy || !found} onClick={() => void take()}>Erase for good</button>
          <button class="button" onClick={onClose}>Cancel</button>
        </>
      }
    >
      <WorkLine work={work} what="Looking what would go" />
      {found && (
        <ul class="erases">
          <li>{counted(found.cases, "picture")} with labels, attributes and vectors leave the disk{found.whole_groups > 0 && `; of ${counted(found.whole_groups, "patient or group")} nothing is left`}.</li>
          {found.spaces.length > 0 && <li>Their vectors by other embedders go, too: {found.spaces.join(", ")}.</li>}
          <li>{found.versions ? `The ${counted(found.versions, "earlier version")} that can be had back now cannot be any more.` : "No earlier version is kept that would be lost with them."}</li>
          <li>This cannot be undone. Cases that are put away instead can be had back.</li>
        </ul>
      )}
    </Dialog>
  );
}
