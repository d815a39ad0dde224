// What was done to the case base, newest first; an earlier version comes back by a button.

import { useState } from "preact/hooks";
import { useShared } from "../context";
import { Dialog } from "./dialog";
import { LatestEdit, useEdits } from "./edits";
import { Icon } from "./icons";
import { useCall, WorkLine } from "./work";

interface Version {
  version: number;
  time: string;
  command: string;
  what: string;
  cases: number;
  present: boolean;
  restorable: boolean;
}

interface History {
  versions: Version[];
  kept: number;
  earlier_bytes: number;
}

export function HistoryButton() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button class="button" aria-haspopup="dialog" onClick={() => setOpen(true)}><Icon name="history" /> History</button>
      {open && <HistoryDialog onClose={() => setOpen(false)} />}
    </>
  );
}

function HistoryDialog({ onClose }: { onClose: () => void }) {
  const { overview } = useShared();
  const work = useCall<History>("history", {}, overview.case_base?.version);
  const { run, busy } = useEdits();
  const found = work.result;
  return (
    <Dialog title="History" onClose={onClose}>
      <LatestEdit inside />
      <WorkLine work={work} what="Reading the history" />
      {found && (
        <>
          <p class="soft">The latest {found.kept} versions can be had back, until something is erased; they need {size(found.earlier_bytes)} beside the present one.</p>
          <ol class="history">
            {found.versions.toReversed().map((one) => (
              <li key={one.version} aria-current={one.present ? "true" : undefined}>
                <span class="num">{one.version}</span>
                <div>
                  {one.what}
                  <div class="soft"><time dateTime={one.time}>{new Date(one.time).toLocaleString()}</time>, {one.cases.toLocaleString()} cases{one.command && `, ${one.command}`}</div>
                </div>
                {one.present ? <span class="label">present</span> : one.restorable ? (
                  <button class="button" disabled={busy} aria-label={`Restore version ${one.version}`} onClick={() => void run("restore", { version: one.version })}>Restore</button>
                ) : <span class="soft">not kept</span>}
              </li>
            ))}
          </ol>
        </>
      )}
    </Dialog>
  );
}

const size = (bytes: number) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${Math.round(bytes / 1e6).toLocaleString()} MB`);
