// A model's text as nodes: paragraphs, lists, bold, and the cases it cites. All else of it stays text as it came.

import type { ComponentChildren } from "preact";
import type { Case } from "../types";
import { address, follow } from "../route";
import { Icon } from "../ui/icons";

export interface Cited {
  /** Cases that the model was shown, by id. */
  known: Map<string, Case>;
  /** Ids that it cites and was never shown. */
  invented: Set<string>;
}

const ITEM = /^\s*(?:[-*•]|(\d+)[.)])\s+/;
const MARKS = /(\*\*[^*\n]+\*\*|case:[^\s<>"'`|[\](){},;*]+)/;

export function Text({ text, cited }: { text: string; cited: Cited }) {
  const blocks: { kind: "p" | "ul" | "ol"; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const item = ITEM.exec(line);
    const kind = item ? (item[1] ? "ol" : "ul") : "p";
    const last = blocks.at(-1);
    if (!line.trim()) blocks.push({ kind: "p", lines: [] });
    else if (last?.kind === kind) last.lines.push(item ? line.slice(item[0].length) : line);
    else blocks.push({ kind, lines: [item ? line.slice(item[0].length) : line.replace(/^#{1,6} /, "")] });
  }
  return (
    <div class="chat-text">
      {blocks.filter(({ lines }) => lines.length).map(({ kind, lines }, place) => {
        if (kind === "p") return <p key={place}>{marked(lines.join("\n"), cited)}</p>;
        const List = kind;
        return <List key={place}>{lines.map((line, item) => <li key={item}>{marked(line, cited)}</li>)}</List>;
      })}
    </div>
  );
}

function marked(text: string, cited: Cited): ComponentChildren {
  return text.split(MARKS).map((piece, place) => {
    if (piece.startsWith("**") && piece.length > 4) return <b key={place}>{marked(piece.slice(2, -2), cited)}</b>;
    if (!piece.startsWith("case:")) return piece;
    const id = piece.slice(5).replace(/[.:!?*]+$/, "");
    const rest = piece.slice(5 + id.length);
    const one = cited.known.get(id);
    if (one) return [<CaseLink key={place} of={one} />, rest];
    return cited.invented.has(id) ? [<Invented key={place} id={id} />, rest] : piece;
  });
}

export function CaseLink({ of: one }: { of: Case }) {
  return <a class="chat-case" href={address("", { of: one.handle })} onClick={follow} title={Object.values(one.labels).flat().join(", ")}>{one.case_id}</a>;
}

export function Invented({ id }: { id: string }) {
  return <span class="chat-invented"><Icon name="warn" /> {id} (invented)</span>;
}
