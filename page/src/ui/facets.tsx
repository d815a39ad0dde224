// The values of every column with counts. Choosing writes the `where` condition, which is read and edited as text, too.

import { useEffect, useRef, useState } from "preact/hooks";
import { useShared } from "../context";
import type { Value } from "../types";
import { FacetSection } from "./facet";
import { ErrorLine, useCall } from "./work";

export interface Choice {
  values: Value[];
  low: number | null;
  high: number | null;
  unknown: boolean;
}

export interface Count {
  value: Value;
  shown: string | null;
  total: number;
  left: number;
}

export interface Facet {
  name: string;
  kind: "labels" | "text" | "number" | "boolean";
  distinct: number;
  values: Count[];
  unknown: Count | null;
  bins: { low: number; high: number; total: number; left: number }[];
  low: number | null;
  high: number | null;
}

export interface Facets {
  cases: number;
  left: number;
  choices: Record<string, Choice>;
  rest: string;
  facets: Facet[];
}

export const NOTHING: Choice = { values: [], low: null, high: null, unknown: false };
const empty = (choice: Choice) => !choice.values.length && choice.low === null && choice.high === null && !choice.unknown;

export interface FacetsProps {
  /** The condition that is in force, of the view's address. */
  where: string;
  onChange: (where: string) => void;
}

const NARROW = "(max-width: 900px)";

function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const media = matchMedia(NARROW);
    const changed = () => setNarrow(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return narrow;
}

/** Stands beside the cases in a `.beside`; where the window is narrow, a sheet behind a button. */
export function Facets({ where, onChange }: FacetsProps) {
  const { api, overview } = useShared();
  const work = useCall<Facets>("facets", { where }, overview.case_base?.version);
  const found = work.result;
  // What was just chosen stands before the server has written its condition.
  const [draft, setDraft] = useState<Record<string, Choice> | null>(null);
  useEffect(() => setDraft(null), [found, work.error]);
  const latest = useRef(0);
  const narrow = useNarrow();
  const sheet = useRef<HTMLDialogElement>(null);
  const choices = draft ?? found?.choices ?? {};
  const write = async (chosen: Record<string, Choice>, rest: string) => {
    const mine = ++latest.current;
    setDraft(chosen);
    const written = await api.call<{ where: string }>("where", { choices: chosen, rest });
    if (mine === latest.current) onChange(written.where);
  };
  const choose = (name: string, choice: Choice) => {
    const others = Object.entries(choices).filter(([other]) => other !== name);
    void write(Object.fromEntries(empty(choice) ? others : [...others, [name, choice]]), found?.rest ?? "");
  };
  const active = Object.keys(choices).length + (found?.rest ? 1 : 0);
  const left = found && `${found.left.toLocaleString()} of ${found.cases.toLocaleString()} cases`;
  const content = (
    <>
      <div class="facets-head">
        {/* Where it is a sheet, the focus begins here: a field would bring up a telephone's keyboard. */}
        <h2 tabIndex={-1} autofocus={narrow}>Filter</h2>
        <span class="soft num" role="status">{left}</span>
        <button class="button quiet small" disabled={!where} onClick={() => onChange("")}>Clear all</button>
      </div>
      <Condition where={where} onChange={onChange} />
      {work.error && <ErrorLine message={work.error} />}
      {found?.rest && !work.error && (
        <p class="facet-rest">
          <span class="soft">and </span><code>{found.rest}</code>
          <button class="button quiet small" onClick={() => void write(choices, "")}>Drop</button>
        </p>
      )}
      {found?.facets.map((facet) => (
        <FacetSection
          key={facet.name}
          facet={facet}
          where={where}
          choice={choices[facet.name] ?? NOTHING}
          isPrivate={overview.case_base?.attributes[facet.name] === "private"}
          onChoose={(choice) => choose(facet.name, choice)}
        />
      ))}
    </>
  );
  if (!narrow) return <aside class="facets" aria-label="Filter">{content}</aside>;
  return (
    <>
      <button class="button" aria-haspopup="dialog" onClick={() => sheet.current!.showModal()}>
        Filter {active > 0 && <span class="badge">{active}<span class="hidden-words"> active</span></span>}
      </button>
      <dialog
        class="drawer facets"
        ref={sheet}
        aria-label="Filter"
        onClick={(event) => event.target === sheet.current && sheet.current!.close()}
      >
        <div>
          {content}
          <div class="drawer-end">
            <button class="button main" onClick={() => sheet.current!.close()}>{found ? `Show ${found.left.toLocaleString()} cases` : "Close"}</button>
          </div>
        </div>
      </dialog>
    </>
  );
}

/** The condition as text; it is taken when Enter is pressed or the field is left. */
function Condition({ where, onChange }: FacetsProps) {
  const [text, setText] = useState(where);
  useEffect(() => setText(where), [where]);
  const take = () => text.trim() !== where && onChange(text.trim());
  return (
    <textarea
      class="field where"
      rows={Math.min(6, Math.max(1, Math.ceil(text.length / 30)))}
      aria-label="Condition"
      placeholder="age >= 40 AND sex = 'female'"
      spellcheck={false}
      value={text}
      onInput={(event) => setText(event.currentTarget.value.replaceAll("\n", " "))}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        take();
      }}
    />
  );
}
