// One finding: its entries, those that were chosen, and what can be done with all of these.

import { useState } from "preact/hooks";
import { useCaseBase } from "../context";
import { address, follow } from "../route";
import { counted } from "../ui/edit_dialogs";
import { useEdits } from "../ui/edits";
import { useFacts } from "../ui/facts";
import { Icon } from "../ui/icons";
import { type Done, SEVERITY, titleOf } from "./check";
import { FindingEntry } from "./check_entry";
import { type Doubt, entryKey, type Finding, type Report, SPELLING } from "./check_types";

const SHOWN = 12;

interface FindingProps {
  finding: Finding;
  report: Report;
  open: boolean;
  onOpen: () => void;
  accepted: ReadonlySet<string>;
  onAccept: (keys: string[], yes: boolean) => void;
  done: Done;
  onDone: (keys: string[], text: string, before: number) => void;
}

export function FindingSection(props: FindingProps) {
  const { finding, open, onOpen, accepted, done } = props;
  const { run, busy } = useEdits();
  const { icon, word } = SEVERITY[finding.severity];
  const left = finding.cases.filter((ids) => !accepted.has(entryKey(finding, ids)) && !done.has(entryKey(finding, ids)));
  const beyond = finding.count - finding.cases.length;
  const offer = finding.cases.length ? null : finding.offers[0];
  return (
    <section class="panel finding" aria-label={finding.cases.length ? titleOf(finding) : undefined}>
      <h2>
        {finding.cases.length ? (
          <button class="finding-head" aria-expanded={open} onClick={onOpen}><Head /></button>
        ) : (
          <span class="finding-head"><Head /></span>
        )}
      </h2>
      {finding.cases.length === 0 && (
        <div class="finding-note">
          <p>{messageOf(finding)}</p>
          <div class="line">
            {offer && <button class="button" disabled={busy} onClick={() => void run("mend", { kind: finding.kind })}>{offer[0]!.toUpperCase() + offer.slice(1)}</button>}
            {SPELLING.includes(finding.kind) && <a class="button" href={address("cases", { sort: finding.task })} onClick={follow}>Show cases by {finding.task}</a>}
            {finding.kind === "unlabelled" && <a class="button" href={address("cases", { where: `${finding.task} IS NULL` })} onClick={follow}>Show these cases</a>}
          </div>
        </div>
      )}
      {open && finding.cases.length > 0 && <Entries {...props} />}
    </section>
  );

  function Head() {
    return (
      <>
        <span class={`severity is-${finding.severity}`}><Icon name={icon} /> {word}</span>
        <span class="finding-title">{titleOf(finding)}</span>
        {finding.cases.length > 0 && (
          <span class="num soft">{left.length < finding.cases.length ? `${(left.length + beyond).toLocaleString()} of ${finding.count.toLocaleString()} left` : finding.count.toLocaleString()}</span>
        )}
      </>
    );
  }
}

/** Without the task, which the title names. */
function messageOf({ message, task }: Finding): string {
  const bare = task && message.startsWith(`task ${task}, `) ? message.slice(`task ${task}, `.length) : message;
  return bare[0]!.toUpperCase() + bare.slice(1);
}

function Entries({ finding, report, accepted, onAccept, done, onDone }: FindingProps) {
  const { version } = useCaseBase();
  const { run, busy } = useEdits();
  const [shown, setShown] = useState(SHOWN);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const doubts = new Map(report.labels.filter((one) => one.task === finding.task).flatMap((one) => one.doubtful).map((one) => [one.case_id, one]));
  const doubtOf = (ids: string[]): Doubt | undefined => (finding.kind === "doubtful-label" ? doubts.get(ids[0]!) : undefined);
  const entries = finding.cases.slice(0, shown);
  const facts = useFacts([...new Set(entries.flatMap((ids) => [...ids, ...(doubtOf(ids)?.nearest ?? [])]))], version);
  const picked = finding.cases.filter((ids) => chosen.has(entryKey(finding, ids)));
  const keys = picked.map((ids) => entryKey(finding, ids));
  const single = finding.cases.every((ids) => ids.length === 1);
  const offers = finding.offers.some((offer) => offer !== null);
  const edit = async (name: string, given: object, text: string, about = keys) => {
    const made = await run(name, given);
    if (made) onDone(about, text, made.before);
    setChosen(new Set());
  };
  const suggested = () => Object.fromEntries(picked.map((ids) => [ids[0]!, { [finding.task!]: [doubtOf(ids)!.suggested] }]));
  return (
    <div class="finding-entries">
      <p class="soft">{messageOf(finding)}</p>
      <div class="line finding-bar">
        <label class="line">
          <input
            type="checkbox"
            checked={keys.length > 0 && entries.every((ids) => chosen.has(entryKey(finding, ids)))}
            onChange={(event) => setChosen(new Set(event.currentTarget.checked ? entries.map((ids) => entryKey(finding, ids)) : []))}
          />
          {keys.length ? `${keys.length} chosen` : "Choose those in sight"}
        </label>
        {keys.length > 0 && (
          <>
            <button class="button" onClick={() => { onAccept(keys, true); setChosen(new Set()); }}>Keep as they are</button>
            {finding.kind === "doubtful-label" && <button class="button" disabled={busy} onClick={() => void edit("relabel_each", { changes: suggested() }, "relabelled")}>Relabel as suggested</button>}
            {offers && <button class="button" disabled={busy} onClick={() => void edit("mend", { kind: finding.kind, entries: picked }, "done")}>Do what is offered</button>}
            {single && <button class="button" disabled={busy} onClick={() => void edit("put_away", { cases: picked.flat() }, "put away")}>Put away</button>}
          </>
        )}
      </div>
      {entries.map((ids, place) => {
        const key = entryKey(finding, ids);
        return (
          <FindingEntry
            key={key}
            finding={finding}
            ids={ids}
            offer={finding.offers[place] ?? null}
            doubt={doubtOf(ids)}
            writing={ids.flatMap((id) => report.writing[id] ?? [])}
            facts={facts}
            chosen={chosen.has(key)}
            onChoose={(yes) => setChosen((before) => new Set(yes ? [...before, key] : [...before].filter((one) => one !== key)))}
            accepted={accepted.has(key)}
            onAccept={(yes) => onAccept([key], yes)}
            done={done.get(key)?.text}
            onEdit={(name, given, text) => edit(name, given, text, [key])}
            busy={busy}
          />
        );
      })}
      {shown < finding.cases.length && <button class="button" onClick={() => setShown(shown + 2 * SHOWN)}>Show more of {counted(finding.cases.length, "entry").replace("entrys", "entries")}</button>}
      {finding.count > finding.cases.length && <p class="soft">The first {finding.cases.length} of {finding.count.toLocaleString()} are listed; <code>dermtools check --out FILE</code> writes all.</p>}
    </div>
  );
}
