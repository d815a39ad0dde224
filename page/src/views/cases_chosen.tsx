// What can be done with the cases that were chosen.

import { useState } from "preact/hooks";
import { useCaseBase, useShared } from "../context";
import { counted, EraseDialog, RelabelDialog } from "../ui/edit_dialogs";
import { useEdits } from "../ui/edits";

export const SPLITS = ["train", "valid", "test"] as const;

interface ChosenProps {
  chosen: string[];
  total: number;
  onAll: () => void;
  onNone: () => void;
  onError: (message: string | null) => void;
  /** Shows these cases alone. */
  onOnly: (where: string) => void;
}

export function ChosenBar({ chosen, total, onAll, onNone, onError, onOnly }: ChosenProps) {
  const { api } = useShared();
  const facts = useCaseBase();
  const { run, busy } = useEdits();
  const [asking, setAsking] = useState<"relabel" | "erase" | null>(null);
  const edit = async (name: string, given: object) => {
    if (await run(name, { cases: chosen, ...given })) onNone();
  };
  const only = () =>
    api
      .call<{ where: string }>("where", { choices: { case_id: { values: chosen } } })
      .then(({ where }) => (where.length > 4000 ? onError(`${counted(chosen.length, "id")} are too many for one condition; choose fewer`) : onOnly(where)));
  return (
    <div class="chosen-bar panel" role="region" aria-label="Chosen cases">
      <strong class="num" role="status">{counted(chosen.length, "case")} chosen</strong>
      {chosen.length < total && <button class="button quiet small" onClick={onAll}>Choose all {total.toLocaleString()}</button>}
      <button class="button quiet small" onClick={onNone}>None</button>
      <span class="between" />
      {Object.keys(facts.tasks).length > 0 && <button class="button" disabled={busy} onClick={() => setAsking("relabel")}>Relabel</button>}
      <select class="field" aria-label="Move to a split, with all of the same patients" disabled={busy} value="" onChange={(event) => void edit("move", { split: event.currentTarget.value })}>
        <option value="">Move to split</option>
        {SPLITS.map((split) => <option key={split}>{split}</option>)}
      </select>
      <button class="button" disabled={busy} onClick={() => void edit("put_away", {})} title="Gone from every list and search; can be had back">Put away</button>
      <button class="button" disabled={busy} onClick={() => setAsking("erase")}>Erase</button>
      <button class="button" onClick={() => void only()}>Show only these</button>
      <button class="button" onClick={() => save(chosen)} title="A table with the column case_id, as dermtools relabel and --cases read it">Save ids</button>
      {asking === "relabel" && <RelabelDialog cases={chosen} onClose={() => setAsking(null)} onDone={onNone} />}
      {asking === "erase" && <EraseDialog cases={chosen} onClose={() => setAsking(null)} onDone={onNone} />}
    </div>
  );
}

/** A CSV file of one column; what a spreadsheet would run has an apostrophe before it, as in the files of dermtools. */
function save(ids: string[]): void {
  const rows = ids.map((id) => `"${(/^[=+\-@\t\r]/.test(id) ? `'${id}` : id).replaceAll('"', '""')}"`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([["case_id", ...rows, ""].join("\r\n")], { type: "text/csv" }));
  link.download = "case-ids.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
