// The labels of a task with their counts: renamed, joined and dropped for all cases at once, seen before it is done.

import { useEffect, useState } from "preact/hooks";
import { useCaseBase } from "../context";
import { address, follow, go, useRoute } from "../route";
import { counted } from "../ui/edit_dialogs";
import { LatestEdit, useEdits } from "../ui/edits";
import { HistoryButton } from "../ui/history";
import { Icon } from "../ui/icons";
import { useCall, WorkLine } from "../ui/work";
import { keepRules, type Label, type Labels, marksOf, type Preview, readRules, type Rule, suspects, withRules } from "./labels_types";

export function LabelsView() {
  const facts = useCaseBase();
  const { query } = useRoute();
  const names = Object.keys(facts.tasks);
  const task = query.get("task") ?? facts.usual_task ?? undefined;
  return (
    <>
      <div class="line head">
        <h1>Labels</h1>
        <span class="between" />
        {names.length > 1 && (
          <label class="sort">
            <span class="soft">Task</span>
            <select class="field" value={task} onChange={(event) => go("labels", { task: event.currentTarget.value })}>
              {names.map((one) => <option key={one}>{one}</option>)}
            </select>
          </label>
        )}
        <HistoryButton />
      </div>
      {task === undefined ? <p class="panel soft">No task yet: the cases have no labels.</p> : <OfTask key={task} task={task} />}
      <LatestEdit />
    </>
  );
}

function OfTask({ task }: { task: string }) {
  const facts = useCaseBase();
  const work = useCall<Labels>("labels", { task }, facts.version);
  const [chosen, setChosen] = useState<string[]>([]);
  const [rules, setRules] = useState(() => readRules(facts.name, task));
  const found = work.result;
  useEffect(() => {
    if (found) setChosen((before) => before.filter((one) => found.labels.some(({ label }) => label === one)));
  }, [found]);
  const keep = (after: Rule[]) => {
    keepRules(facts.name, task, after);
    setRules(after);
  };
  const plan = (name: string) => {
    keep(withRules(rules, chosen, name));
    setChosen([]);
  };
  const splits = found ? ["train", "valid", "test", ""].filter((split) => found.labels.some((one) => one.splits[split])) : [];
  return (
    <>
      <WorkLine work={work} what="Counting labels" />
      {found && (
        <>
          <p class="soft">{counted(found.labels.length, "label")}; {counted(found.unknown, "case")} without one. Choose one to rename it, several to join them. Nothing changes before you apply.</p>
          {suspects(found.doubtful).map(({ why, labels }) => (
            <p class="line" key={labels.join()}>
              <Icon name="note" /> <span>{why}: <b>{labels.join(", ")}</b></span>
              <button class="button" aria-label={`Choose ${labels.join(", ")}`} onClick={() => setChosen(labels)}>Choose</button>
            </p>
          ))}
          {chosen.length > 0 && <Plan key={chosen.join("\n")} chosen={chosen} known={found.labels} onPlan={plan} onNone={() => setChosen([])} />}
          {rules.length > 0 && <Planned task={task} rules={rules} onChange={keep} />}
          <div class="scroll" role="region" aria-label="Labels and their cases" tabIndex={0}>
            <table class="labels-table">
              <thead><tr><th scope="col">label</th><th scope="col" class="num">cases</th>{splits.map((one) => <th scope="col" class="num" key={one}>{one || "no split"}</th>)}<th scope="col" class="num">groups</th></tr></thead>
              <tbody>
                {found.labels.map((one) => {
                  const rule = rules.find(({ old }) => old === one.label);
                  return (
                    <tr key={one.label}>
                      <th scope="row"><div>
                        <input type="checkbox" aria-label={`Choose ${one.label}`} checked={chosen.includes(one.label)} onChange={(event) => setChosen(event.currentTarget.checked ? [...chosen, one.label] : chosen.filter((other) => other !== one.label))} />
                        <span>
                          <a href={address("cases", { where: one.where })} onClick={follow}>{one.label}</a>
                          {one.gloss && <> <span class="soft">{one.gloss}</span></>}
                          {rule && <> <span class="label">{rule.new ? `becomes ${rule.new}` : "is dropped"}</span></>}
                          {marksOf(found.doubtful, one.label).map((mark) => <small class="soft" key={mark}> <Icon name="note" /> {mark}</small>)}
                        </span>
                      </div></th>
                      <td class="num">{one.cases.toLocaleString()}</td>
                      {splits.map((split) => <td class="num" key={split}>{(one.splits[split] ?? 0).toLocaleString()}</td>)}
                      <td class="num">{one.groups.toLocaleString()}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        </>
      )}
    </>
  );
}

function Plan({ chosen, known, onPlan, onNone }: { chosen: string[]; known: Label[]; onPlan: (name: string) => void; onNone: () => void }) {
  const most = known.filter(({ label }) => chosen.includes(label)).sort((one, other) => other.cases - one.cases)[0];
  const [name, setName] = useState(most?.label ?? "");
  const same = chosen.length === 1 && name.trim() === chosen[0];
  return (
    <form class="panel labels-plan line" aria-label="Chosen labels" onSubmit={(event) => { event.preventDefault(); onPlan(name.trim()); }}>
      <span>{chosen.length === 1 ? chosen[0] : `${chosen.length} labels`}</span>
      <label class="line"><span class="soft">to</span><input class="field" aria-label="New label" list="labels-known" value={name} onInput={(event) => setName(event.currentTarget.value)} /></label>
      <datalist id="labels-known">{known.map(({ label }) => <option key={label} value={label} />)}</datalist>
      <button class="button main" disabled={!name.trim() || same}>{chosen.length === 1 ? "Rename" : "Join"}</button>
      <button class="button" type="button" onClick={() => onPlan("")}>Drop</button>
      <button class="button quiet" type="button" onClick={onNone}>Choose none</button>
    </form>
  );
}

function Planned({ task, rules, onChange }: { task: string; rules: Rule[]; onChange: (rules: Rule[]) => void }) {
  const facts = useCaseBase();
  const work = useCall<Preview>("map_preview", { task, rules }, facts.version);
  const { run, busy } = useEdits();
  const seen = work.result;
  const apply = async () => {
    if (await run("map_apply", { task, rules })) onChange([]);
  };
  return (
    <section class="panel labels-planned" aria-label="Planned">
      <ul>
        {rules.map(({ old, new: name }) => (
          <li class="line" key={old}>
            <span><b>{old}</b> {name ? <>becomes <b>{name}</b></> : "is dropped"}</span>
            <button class="button quiet" aria-label={`Leave ${old} as it is`} onClick={() => onChange(rules.filter((one) => one.old !== old))}><Icon name="close" /></button>
          </li>
        ))}
      </ul>
      <WorkLine work={work} what="Counting what would change" />
      {seen && !work.error && (
        <p role="status">
          {counted(seen.changed, "case")} would change{seen.unknown > 0 && `, ${seen.unknown.toLocaleString()} of them to no label`}; {counted(Object.keys(seen.counts).length, "label")} left
          {[...new Set(rules.map((rule) => rule.new))].filter((name) => name in seen.counts).map((name) => `, ${name} with ${counted(seen.counts[name]!, "case")}`)}.
        </p>
      )}
      {seen?.problems.map((one) => <p class="soft" key={one}><Icon name="warn" /> {one}</p>)}
      <div class="line">
        <button class="button main" disabled={busy || work.running || !!work.error || !seen} onClick={() => void apply()}>Apply</button>
        <button class="button" disabled={busy} onClick={() => onChange([])}>Discard</button>
      </div>
    </section>
  );
}
