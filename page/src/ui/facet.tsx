// One column: its values as check boxes, or its numbers as a range over a histogram.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Choice, Count, Facet, Facets } from "./facets";
import { Icon } from "./icons";
import { useCall } from "./work";

const SHOWN = 8;
const OPEN = 30;

export interface FacetSectionProps {
  facet: Facet;
  where: string;
  choice: Choice;
  isPrivate: boolean;
  onChoose: (choice: Choice) => void;
}

export function FacetSection({ facet, where, choice, isPrivate, onChoose }: FacetSectionProps) {
  const chosen = choice.values.length + Number(choice.unknown) + Number(choice.low !== null || choice.high !== null);
  const [open, setOpen] = useState(facet.distinct <= OPEN || facet.bins.length > 0 || chosen > 0);
  return (
    <details class="facet" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="facet-name">{facet.name}</span>
        {isPrivate && <span class="lock" title="Private: you see it, no model and no file does"><Icon name="lock" label="private" /></span>}
        {chosen > 0 && <span class="badge">{chosen}<span class="hidden-words"> chosen</span></span>}
      </summary>
      {open && (facet.bins.length ? <Range facet={facet} choice={choice} onChoose={onChoose} /> : <Values facet={facet} where={where} choice={choice} onChoose={onChoose} />)}
      {open && facet.unknown && (
        <ul class="facet-values">
          <ValueBox
            count={{ ...facet.unknown, shown: "unknown" }}
            most={facet.unknown.total}
            checked={choice.unknown}
            soft
            onChange={(unknown) => onChoose({ ...choice, unknown })}
          />
        </ul>
      )}
    </details>
  );
}

type Part = Pick<FacetSectionProps, "facet" | "choice" | "onChoose">;

function Values({ facet, where, choice, onChoose }: Part & { where: string }) {
  const [all, setAll] = useState(false);
  const [find, setFind] = useState("");
  const found = useCall<Facets>("facets", find ? { where, names: [facet.name], find } : null).result;
  const values = find ? (found?.facets[0]?.values ?? []) : facet.values;
  const most = Math.max(1, ...values.map((one) => one.total));
  const isChosen = (one: Count) => choice.values.includes(one.value);
  const few = values.filter((one, place) => place < SHOWN || isChosen(one));
  const shown = all || find || values.length <= SHOWN + 2 ? values : few;
  return (
    <>
      {facet.distinct > SHOWN + 4 && (
        <input
          class="field find"
          type="search"
          placeholder={`Find among ${facet.distinct.toLocaleString()}`}
          aria-label={`Find a value of ${facet.name}`}
          value={find}
          onInput={(event) => setFind(event.currentTarget.value)}
        />
      )}
      <ul class="facet-values">
        {shown.map((one) => (
          <ValueBox
            key={String(one.value)}
            count={one}
            most={most}
            checked={isChosen(one)}
            onChange={(checked) =>
              onChoose({ ...choice, values: checked ? [...choice.values, one.value] : choice.values.filter((value) => value !== one.value) })
            }
          />
        ))}
      </ul>
      {find && found && !values.length && <p class="soft facet-note">No value has “{find}” in it.</p>}
      {!find && values.length > SHOWN + 2 && (
        <button class="button quiet small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show ${values.length < facet.distinct ? "more" : `all ${values.length}`}`}
        </button>
      )}
    </>
  );
}

function ValueBox({ count, most, checked, soft, onChange }: { count: Count; most: number; checked: boolean; soft?: boolean; onChange: (checked: boolean) => void }) {
  const text = count.shown ?? (typeof count.value === "boolean" ? (count.value ? "yes" : "no") : String(count.value));
  const share = (cases: number) => `${(100 * cases) / most}%`;
  return (
    <li>
      <label class={`facet-value${count.left ? "" : " none"}`} title={`${text}: ${count.left.toLocaleString()} of ${count.total.toLocaleString()} cases`}>
        <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
        <span class={soft ? "soft text" : "text"}>{text === "" ? "(empty)" : text}</span>
        <span class="num">{count.left.toLocaleString()}</span>
        <span class="amount" aria-hidden="true"><i class="total" style={{ width: share(count.total) }} /><i style={{ width: share(count.left) }} /></span>
      </label>
    </li>
  );
}

function Range({ facet, choice, onChoose }: Part) {
  const { bins } = facet;
  const most = Math.max(1, ...bins.map((one) => one.total));
  const plot = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const place = (event: PointerEvent) => {
    const box = plot.current!.getBoundingClientRect();
    return Math.min(bins.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bins.length)));
  };
  const [first, last] = drag ? [Math.min(...drag), Math.max(...drag)] : [-1, -1];
  const inside = (index: number) => {
    if (drag) return index >= first && index <= last;
    const bin = bins[index]!;
    return bin.high >= (choice.low ?? -Infinity) && bin.low <= (choice.high ?? Infinity);
  };
  const set = (low: number | null, high: number | null) => onChoose({ ...choice, values: [], low, high });
  return (
    <div class="range">
      <svg
        ref={plot}
        class="histogram"
        viewBox={`0 0 ${bins.length} 30`}
        preserveAspectRatio="none"
        aria-hidden="true"
        onPointerDown={(event) => {
          plot.current!.setPointerCapture(event.pointerId);
          setDrag([place(event), place(event)]);
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], place(event)])}
        onPointerUp={() => {
          if (drag) set(bins[first]!.low, bins[last]!.high);
          setDrag(null);
        }}
        onPointerCancel={() => setDrag(null)}
      >
        {bins.map((bin, index) => (
          <g key={index} class={inside(index) ? "inside" : "outside"}>
            <title>{`${bin.low} to ${bin.high}: ${bin.left} of ${bin.total} cases`}</title>
            <rect class="hit" x={index} width={1} y={0} height={30} />
            <rect class="total" x={index + 0.06} width={0.88} y={30 - (28 * bin.total) / most} height={(28 * bin.total) / most} />
            <rect class="left" x={index + 0.06} width={0.88} y={30 - (28 * bin.left) / most} height={(28 * bin.left) / most} />
          </g>
        ))}
      </svg>
      <div class="range-ends">
        <End name={`${facet.name}, from`} value={choice.low} whole={facet.low} onTake={(low) => set(low, choice.high)} />
        <span class="soft">to</span>
        <End name={`${facet.name}, to`} value={choice.high} whole={facet.high} onTake={(high) => set(choice.low, high)} />
      </div>
    </div>
  );
}

function End({ name, value, whole, onTake }: { name: string; value: number | null; whole: number | null; onTake: (value: number | null) => void }) {
  const written = value === null ? "" : String(value);
  const [text, setText] = useState(written);
  useEffect(() => setText(written), [written]);
  const take = () => text !== written && onTake(text === "" || Number.isNaN(Number(text)) ? null : Number(text));
  return (
    <input
      class="field"
      type="number"
      step="any"
      aria-label={name}
      placeholder={whole === null ? "" : String(whole)}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => event.key === "Enter" && take()}
    />
  );
}
