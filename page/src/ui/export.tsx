// What is on screen, taken away: a file, or the command and the Python that give it again.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useCaseBase, useShared } from "../context";
import { Icon } from "./icons";
import { ErrorLine, useCall, WorkLine } from "./work";

/** A view and the arguments of its action: `search` or `cases`. */
export interface OnScreen {
  view: "search" | "cases";
  arguments: object;
}

interface Exported {
  name: string;
  type: string;
  content: string;
}

interface Again {
  command: string | null;
  python: string;
  notes: string[];
}

const FORMATS = [
  ["html", "Page", "with pictures, one file that opens anywhere"],
  ["csv", "Table", "CSV: ids, ranks, distances, labels"],
  ["png", "Contact sheet", "PNG: one picture of up to 120 cases"],
] as const;

/** A button that opens the dialog; nothing inside a chat, whose pages may save no file. */
export function Export({ what }: { what: OnScreen }) {
  const { api } = useShared();
  const [open, setOpen] = useState(false);
  if (api.kind !== "local") return null;
  return (
    <>
      <button class="button" onClick={() => setOpen(true)}>Export</button>
      {open && <ExportDialog what={what} onClose={() => setOpen(false)} />}
    </>
  );
}

function ExportDialog({ what, onClose }: { what: OnScreen; onClose: () => void }) {
  const { api } = useShared();
  const dialog = useRef<HTMLDialogElement>(null);
  const [format, setFormat] = useState<string>("html");
  const [chosen, setChosen] = useState<string[]>([]);
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useLayoutEffect(() => {
    const opened = dialog.current!;
    opened.showModal();
    return () => opened.close();
  }, []);
  const save = async () => {
    setSaving(true);
    setError(null);
    try {
      download(await api.call<Exported>("export", { ...what, format, attributes: chosen }));
    } catch (failed) {
      setError((failed as Error).message);
    }
    setSaving(false);
  };
  return (
    <dialog
      class="dialog export"
      ref={dialog}
      aria-labelledby="export-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header class="line"><h2 id="export-title">Export what is on screen</h2><button class="button quiet" aria-label="Close" onClick={onClose}><Icon name="close" /></button></header>
      <fieldset class="choices">
        <legend>As</legend>
        {FORMATS.map(([value, title, about]) => (
          <label key={value}>
            <input type="radio" name="format" value={value} checked={format === value} onChange={() => setFormat(value)} autoFocus={value === format} />
            <span><b>{title}</b> <span class="soft">{about}</span></span>
          </label>
        ))}
      </fieldset>
      {format !== "png" && <Private chosen={chosen} onChange={setChosen} />}
      <div class="line">
        <button class="button main" disabled={saving} onClick={save}>{saving ? "Making it" : "Save"}</button>
        <span class="soft">For research; not a diagnosis.</span>
      </div>
      {error && <ErrorLine message={error} />}
      <Repeat what={what} />
    </dialog>
  );
}

/** Private attributes stay here unless each was ticked. */
function Private({ chosen, onChange }: { chosen: string[]; onChange: (chosen: string[]) => void }) {
  const audience = Object.entries(useCaseBase().attributes);
  const hidden = audience.filter(([, one]) => one === "private").map(([name]) => name);
  if (!hidden.length) return null;
  const toggle = (name: string) => onChange(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  return (
    <fieldset class="choices">
      <legend>Private attributes, which the file has only where you tick them</legend>
      {hidden.map((name) => (
        <label key={name}>
          <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} />
          <span><Icon name="lock" /> {name}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Repeat({ what }: { what: OnScreen }) {
  const work = useCall<Again>("repeat", what);
  const [wanted, setWanted] = useState<"command" | "python">("command");
  const again = work.result;
  if (!again) return <WorkLine work={work} what="Writing the command" />;
  const shown = again.command === null ? "python" : wanted;
  const written = again[shown] ?? "";
  return (
    <section class="repeat" aria-label="The same again">
      <h3>The same again, from a terminal or a notebook</h3>
      <div class="line">
        <span class="tabs" role="group" aria-label="As">
          {again.command !== null && <button aria-pressed={shown === "command"} onClick={() => setWanted("command")}>Command</button>}
          <button aria-pressed={shown === "python"} onClick={() => setWanted("python")}>Python</button>
        </span>
        <Copy text={written} />
      </div>
      <pre class="schema" tabIndex={0}>{written}</pre>
      {again.notes.map((note) => <p class="soft" key={note}>{note}</p>)}
    </section>
  );
}

export function Copy({ text }: { text: string }) {
  const [copied, setCopied] = useState<string | null>(null);
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(text), () => setCopied(null));
  return (
    <>
      <button class="button" onClick={copy}>Copy</button>
      <span role="status">{copied === text && <><Icon name="agrees" /> copied</>}</span>
    </>
  );
}

function download({ name, type, content }: Exported): void {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
