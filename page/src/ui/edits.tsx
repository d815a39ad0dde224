// Edits of the case base: each says what it did, and is undone by going back to the version before.

import { useCallback, useEffect, useReducer, useState } from "preact/hooks";
import { useShared } from "../context";
import { Icon } from "./icons";

export interface Edit {
  command: string;
  what: string;
  changed: number;
  cases: number;
  version: number;
  /** The version that undoes it. */
  before: number;
  notes: string[];
  /** Null where nothing was changed. */
  undo: string | null;
}

interface Said {
  text: string;
  failed: boolean;
  notes: string[];
  /** What undoes it; refused where another edit came since. */
  undo: { version: number; present: number } | null;
}

/** The latest edit, told in whichever view one is. */
let said: Said | null = null;
const TOLD = "dermtools-told";
/** Carries the version that is back. */
export const RESTORED = "dermtools-restored";

function tell(what: Said | null): void {
  said = what;
  dispatchEvent(new Event(TOLD));
}

export interface Edits {
  /** Does an edit and tells of it; the edit, or null where it failed. */
  run: (name: string, given: object) => Promise<Edit | null>;
  busy: boolean;
}

export function useEdits(): Edits {
  const { api, refresh } = useShared();
  const [busy, setBusy] = useState(false);
  const run = useCallback(
    async (name: string, given: object) => {
      setBusy(true);
      try {
        const done = await api.call<Edit & { edit?: Edit | null; done?: string; erased?: number }>(name, given);
        const edit = done.edit ?? done;
        const text = done.erased !== undefined ? `${done.erased.toLocaleString()} ${done.erased === 1 ? "case" : "cases"} erased for good` : (edit.what ?? done.done!);
        tell({ text, failed: false, notes: edit.notes ?? [], undo: edit.undo ? { version: edit.before, present: edit.version } : null });
        await refresh();
        if (name === "restore") dispatchEvent(new CustomEvent(RESTORED, { detail: (given as { version: number }).version }));
        return edit;
      } catch (error) {
        tell({ text: (error as Error).message, failed: true, notes: [], undo: null });
        return null;
      } finally {
        setBusy(false);
      }
    },
    [api, refresh],
  );
  return { run, busy };
}

/** What the latest edit did, with the button that undoes it. A dialog that edits shows it inside, too. */
export function LatestEdit({ inside = false }: { inside?: boolean }) {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const { run, busy } = useEdits();
  useEffect(() => {
    const told = () => redraw(0);
    addEventListener(TOLD, told);
    return () => removeEventListener(TOLD, told);
  }, []);
  return (
    <div class={inside ? "told inside" : "told"} role="status">
      {said && (
        <div class={said.failed ? "toast failed" : "toast"}>
          <Icon name={said.failed ? "warn" : "agrees"} label={said.failed ? "failed" : "done"} />
          <div class="toast-text">
            <span>{said.text[0]!.toUpperCase() + said.text.slice(1)}</span>
            {said.notes.map((note) => <small key={note}>{note}</small>)}
          </div>
          {said.undo && (
            <button class="button" disabled={busy} onClick={() => void run("restore", said!.undo!)}><Icon name="undo" /> Undo</button>
          )}
          <button class="button quiet" aria-label="Dismiss" onClick={() => tell(null)}><Icon name="close" /></button>
        </div>
      )}
    </div>
  );
}
