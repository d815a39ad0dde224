// What is wrong or doubtful in the case base, with its pictures, and what can be done about it.

import { useEffect, useState } from "preact/hooks";
import { useCaseBase } from "../context";
import { go, useRoute } from "../route";
import { LatestEdit, RESTORED } from "../ui/edits";
import { HistoryButton } from "../ui/history";
import { Icon } from "../ui/icons";
import { useCall, WorkLine } from "../ui/work";
import { FindingSection } from "./check_finding";
import { type Finding, keepAccepted, readAccepted, type Report, TITLES } from "./check_types";

/** What was done about an entry, and the version before. */
export type Done = ReadonlyMap<string, { text: string; before: number }>;

export const SEVERITY = { error: { icon: "warn", word: "error" }, warning: { icon: "warn", word: "warning" }, note: { icon: "note", word: "note" } } as const;

export function CheckView() {
  const facts = useCaseBase();
  const { query } = useRoute();
  const asked = query.has("version");
  const options = { labels: query.has("labels"), text: query.has("text") };
  const [wanted, setWanted] = useState(options);
  const work = useCall<Report>("check", asked ? { ...options, version: Number(query.get("version")) } : null);
  const report = work.result;
  const [accepted, setAccepted] = useState(readAccepted);
  const [done, setDone] = useState<Done>(new Map());
  useEffect(() => setDone(new Map()), [report]);
  useEffect(() => {
    const restored = (event: Event) => setDone((before) => new Map([...before].filter(([, one]) => one.before < (event as CustomEvent<number>).detail)));
    addEventListener(RESTORED, restored);
    return () => removeEventListener(RESTORED, restored);
  }, []);
  const start = () => go("check", { ...(wanted.labels && { labels: 1 }), ...(wanted.text && { text: 1 }), version: facts.version });
  const accept = (keys: string[], yes: boolean) => {
    const after = new Set(accepted);
    for (const key of keys) yes ? after.add(key) : after.delete(key);
    keepAccepted(after);
    setAccepted(after);
  };
  const open = query.get("open");
  const pick = (name: string) => go("check", { ...Object.fromEntries(query), open: name === open ? null : name }, { replace: true });
  return (
    <>
      <div class="line head">
        <h1>Check</h1>
        <span class="between" />
        <HistoryButton />
      </div>
      <form class="panel check-start line" onSubmit={(event) => { event.preventDefault(); start(); }}>
        <span>Copies, leaks between splits, bad pictures, odd spellings, gaps</span>
        <label><input type="checkbox" checked={wanted.labels} onChange={(event) => setWanted({ ...wanted, labels: event.currentTarget.checked })} /> and labels that look wrong <small class="soft">trains a classifier per task: minutes</small></label>
        <label><input type="checkbox" checked={wanted.text} onChange={(event) => setWanted({ ...wanted, text: event.currentTarget.checked })} /> and writing in pictures <small class="soft">half a second a picture</small></label>
        <button class="button main" disabled={work.running}>{report ? "Check again" : "Check"}</button>
      </form>
      <WorkLine work={work} what="Checking" />
      {report && !work.running && (
        <>
          <p class="soft" role="status">
            {report.findings.length ? `${report.findings.length} kinds of finding` : "Nothing wrong or doubtful was found"} among {report.cases.toLocaleString()} cases.
            {report.version !== facts.version && " The case base has changed since this check."}
          </p>
          {report.findings.map((finding, place) => (
            <FindingSection
              key={`${place} ${nameOf(finding)}`}
              finding={finding}
              report={report}
              open={open === nameOf(finding)}
              onOpen={() => pick(nameOf(finding))}
              accepted={accepted}
              onAccept={accept}
              done={done}
              onDone={(keys, text, before) => setDone((all) => new Map([...all, ...keys.map((key) => [key, { text, before }] as const)]))}
            />
          ))}
          {report.labels.map((one) => (
            <p class="soft" key={one.task}>
              <Icon name="note" /> {one.task}: {one.judged.toLocaleString()} labels judged, of which {one.right.toLocaleString()} are what a classifier says that never saw the patient.
              {one.right <= one.most_frequent && ` The most frequent label alone has ${one.most_frequent}, so its doubts say little.`}
              {one.unjudged.length > 0 && ` Of too few patients to be judged: ${one.unjudged.join(", ")}.`}
            </p>
          ))}
        </>
      )}
      {!asked && <p class="soft">A check changes nothing. What it finds is shown with its pictures, each finding with what can be done about it.</p>}
      <LatestEdit />
    </>
  );
}

export const nameOf = (finding: Finding): string => (finding.task ? `${finding.kind} ${finding.task}` : finding.kind);
export const titleOf = (finding: Finding): string => `${TITLES[finding.kind] ?? finding.kind}${finding.task ? `: ${finding.task}` : ""}`;
