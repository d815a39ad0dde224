// Cases that a finding names together, side by side, each with what can be done about it.

import { useState } from "preact/hooks";
import { useCaseBase, useShared } from "../context";
import { address, follow } from "../route";
import type { Case } from "../types";
import { Labels } from "../ui/card";
import { EraseDialog, RelabelDialog } from "../ui/edit_dialogs";
import { Icon } from "../ui/icons";
import { Viewer } from "../ui/viewer";
import type { Doubt, Finding } from "./check_types";

const AT_ONCE = 8;
/** Kinds in which somebody has to say which of several labels is right. */
const EITHER = ["conflicting-labels", "unlike-labels"];

interface EntryProps {
  finding: Finding;
  ids: string[];
  offer: string | null;
  doubt: Doubt | undefined;
  writing: string[];
  facts: Map<string, Case | null>;
  chosen: boolean;
  onChoose: (yes: boolean) => void;
  accepted: boolean;
  onAccept: (yes: boolean) => void;
  done: string | undefined;
  onEdit: (name: string, given: object, text: string) => Promise<void>;
  busy: boolean;
}

export function FindingEntry({ finding, ids, offer, doubt, writing, facts, chosen, onChoose, accepted, onAccept, done, onEdit, busy }: EntryProps) {
  const { version, tasks } = useCaseBase();
  const [asking, setAsking] = useState<{ what: "relabel" | "erase"; of: Case } | null>(null);
  const [compared, setCompared] = useState(false);
  const name = ids.join(" and ");
  if (done ?? accepted)
    return (
      <div class="entry settled soft">
        <Icon name="agrees" /> {ids.slice(0, 3).join(", ")}: {done ?? "kept as it is"}
        {done === undefined && <button class="button quiet small" onClick={() => onAccept(false)} aria-label={`Look at ${name} again`}>Look again</button>}
      </div>
    );
  const cases = ids.slice(0, AT_ONCE).map((id) => facts.get(id));
  const there = cases.filter((one): one is Case => !!one);
  const choices = EITHER.includes(finding.kind) ? Object.keys(tasks).filter((task) => finding.task === null || task === finding.task).flatMap((task) => labelsOf(task, there)) : [];
  return (
    <article class="entry" aria-label={name}>
      <input type="checkbox" aria-label={`Choose ${name}`} checked={chosen} onChange={(event) => onChoose(event.currentTarget.checked)} />
      <div class="entry-sides">
        {cases.map((one, place) => one === null ? <p key={ids[place]} class="soft">{ids[place]} is not there any more.</p> : one && (
          <Side key={one.case_id} of={one} version={version} task={finding.task} suggested={doubt?.suggested}>
            <button class="button" disabled={busy} onClick={() => setAsking({ what: "relabel", of: one })}>Relabel</button>
            <button class="button" disabled={busy} onClick={() => void onEdit("put_away", { cases: [one.case_id] }, `${one.case_id} put away`)}>Put away</button>
            <button class="button" disabled={busy} onClick={() => setAsking({ what: "erase", of: one })}>Erase</button>
          </Side>
        ))}
        {ids.length > AT_ONCE && <p class="soft">and {ids.length - AT_ONCE} more</p>}
        {doubt && <Evidence doubt={doubt} facts={facts} version={version} />}
        {writing.length > 0 && <p class="entry-writing">Read in it: {writing.map((line) => <q key={line}>{line}</q>)}</p>}
      </div>
      <div class="line entry-actions">
        <button class="button" onClick={() => onAccept(true)}><Icon name="agrees" /> Keep as it is</button>
        {doubt && there[0] && (
          <button class="button main" disabled={busy} onClick={() => void onEdit("relabel", { cases: ids, task: doubt.task, labels: [doubt.suggested] }, `labelled ${doubt.suggested}`)}>Relabel to {doubt.suggested}</button>
        )}
        {choices.map(({ task, labels }) => (
          <button key={`${task} ${labels.join()}`} class="button" disabled={busy} onClick={() => void onEdit("relabel", { cases: there.map((one) => one.case_id), task, labels }, `${task}: all ${labels.join(", ")}`)}>
            {there.length === 2 ? "Both" : "All"} {labels.join(", ")}
          </button>
        ))}
        {offer && <button class="button" disabled={busy} onClick={() => void onEdit("mend", { kind: finding.kind, entries: [ids] }, offer)}>{offer[0]!.toUpperCase() + offer.slice(1)}</button>}
        {there.length === 2 && <button class="button quiet" onClick={() => setCompared(true)}>Compare</button>}
      </div>
      {asking?.what === "relabel" && <RelabelDialog cases={[asking.of.case_id]} of={asking.of} task={finding.task ?? undefined} onClose={() => setAsking(null)} />}
      {asking?.what === "erase" && <EraseDialog cases={[asking.of.case_id]} onClose={() => setAsking(null)} />}
      {compared && there[1] && (
        <Viewer
          left={{ handle: there[0]!.handle, title: there[0]!.case_id, alt: `Case ${there[0]!.case_id}` }}
          right={{ handle: there[1].handle, title: there[1].case_id, alt: `Case ${there[1].case_id}` }}
          version={version}
          place=""
          onClose={() => setCompared(false)}
        >
          {there.map((one) => <section key={one.case_id}><h3>{one.case_id}</h3><Labels labels={one.labels} /><p class="soft">{one.split ?? "no split"}, {one.group_id}</p></section>)}
        </Viewer>
      )}
    </article>
  );
}

interface SideProps {
  of: Case;
  version: number;
  task: string | null;
  suggested?: string;
  children: preact.ComponentChildren;
}

function Side({ of: one, version, task, suggested, children }: SideProps) {
  const { api } = useShared();
  const labels = task ? { [task]: one.labels[task] ?? [] } : one.labels;
  return (
    <figure class="entry-side">
      <a href={address("cases", { open: one.handle })} onClick={follow}><img src={api.address(one.handle, 192, version)} alt={`Case ${one.case_id}`} loading="lazy" decoding="async" /></a>
      <figcaption>
        <Labels labels={labels} against={task && suggested ? { task, labels: [suggested], whose: "what is suggested" } : null} />
        <div class="id">{one.case_id}</div>
        <div class="id">{one.split ?? "no split"}, {one.group_id}</div>
        <div class="entry-buttons">{children}</div>
      </figcaption>
    </figure>
  );
}

/** Why another label is suggested: the classifier, and the nearest cases of other patients. */
function Evidence({ doubt, facts, version }: { doubt: Doubt; facts: Map<string, Case | null>; version: number }) {
  const { api } = useShared();
  return (
    <div class="evidence">
      <p>
        Suggested: <span class="label">{doubt.suggested}</span> by {doubt.neighbors_suggested} of {doubt.neighbors} neighbours ({doubt.neighbors_labelled} agree with {doubt.labels.join(", ")}), classifier {doubt.probability.toFixed(2)}.
      </p>
      <ul class="case-strip">
        {doubt.nearest.map((id) => facts.get(id)).map((one) => one && (
          <li key={one.case_id}>
            <a href={address("cases", { open: one.handle })} onClick={follow} title={one.case_id}>
              <img src={api.address(one.handle, 192, version)} alt={`Neighbour ${one.case_id}`} loading="lazy" decoding="async" />
              <Labels labels={{ [doubt.task]: one.labels[doubt.task] ?? [] }} against={{ task: doubt.task, labels: [doubt.suggested], whose: "what is suggested" }} />
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The different label sets that these cases have of a task, where there are several. */
function labelsOf(task: string, cases: Case[]): { task: string; labels: string[] }[] {
  const sets = new Map(cases.map((one) => one.labels[task] ?? []).filter((labels) => labels.length).map((labels) => [labels.join("\n"), labels]));
  return sets.size > 1 ? [...sets.values()].map((labels) => ({ task, labels })) : [];
}
