// A case as a card: its picture, what it is, and how near and how alike it is where it is a neighbour.

import type { ComponentChildren } from "preact";
import { useShared } from "../context";
import type { Case } from "../types";
import { Icon } from "./icons";
import { Picture } from "./picture";

export interface CardProps {
  of: Case;
  href?: string;
  onOpen?: (event: MouseEvent) => void;
  version: number;
  /** What its labels are held against. */
  against?: Against | null;
  /** Private attributes too. */
  withPrivate?: boolean;
  children?: ComponentChildren;
}

/** Labels of a task that others agree with or not, and whose they are: "the vote" or "the true label". */
export interface Against {
  task: string;
  labels: string[];
  whose: string;
}

export function CaseCard({ of: one, href, onOpen, version, against, withPrivate, children }: CardProps) {
  const picture = <Picture of={one.handle} version={version} alt={`Case ${one.case_id}`} />;
  return (
    <figure class="card">
      {href ? <a href={href} onClick={onOpen}>{picture}</a> : <button type="button" onClick={onOpen}>{picture}</button>}
      <figcaption>
        {children}
        <Labels labels={one.labels} against={against} />
        <Attributes of={one} withPrivate={withPrivate} />
        <div class="id">{one.case_id}</div>
      </figcaption>
    </figure>
  );
}

/** Whether labels share one with those that they are held against; null where either has none. */
export function agreement(labels: Record<string, string[]>, against: Against | null | undefined): "agrees" | "differs" | null {
  const own = against && labels[against.task];
  if (!against?.labels.length || !own?.length) return null;
  return own.some((one) => against.labels.includes(one)) ? "agrees" : "differs";
}

/** The task in question comes first, and says by icon and colour whether it agrees. */
export function Labels({ labels, against }: { labels: Record<string, string[]>; against?: Against | null }) {
  const said = agreement(labels, against);
  const order = (task: string) => (task === against?.task ? 0 : 1);
  const tasks = Object.keys(labels).sort((a, b) => order(a) - order(b));
  return (
    <div class="labels">
      {tasks.flatMap((task) =>
        labels[task]!.map((value) => {
          const marked = task === against?.task && said;
          const alike = marked && against!.labels.includes(value) ? "agrees" : marked && "differs";
          const title = alike ? `${task}: ${alike === "agrees" ? "agrees with" : "differs from"} ${against!.whose}` : task;
          return (
            <span class={alike ? `label ${alike}` : "label"} key={`${task} ${value}`} title={title}>
              {alike && <Icon name={alike} label={alike} />}
              {value}
            </span>
          );
        }),
      )}
    </div>
  );
}

/** Attributes of a case; private ones, with a lock, only where they are asked for. */
export function Attributes({ of: one, withPrivate = false }: { of: Case; withPrivate?: boolean }) {
  const audience = useShared().overview.case_base?.attributes;
  // In a conversation nothing says so, and nothing private comes.
  const isShown = (name: string) => !audience || audience[name] === "shown";
  const seen = Object.entries(one.attributes).filter(([name, value]) => value !== null && (withPrivate || isShown(name)));
  if (!seen.length) return null;
  return (
    <ul class="attributes">
      {seen.map(([name, value]) => (
        <li key={name}>
          {!isShown(name) && <Icon name="lock" label="private" />}
          <span class="name">{name}</span> {String(value)}
        </li>
      ))}
    </ul>
  );
}

/** Nearness within one result: the nearest has a full bar, the farthest a tenth. Distances have no unit of their own. */
export function nearness(distance: number, nearest: number, farthest: number): number {
  return farthest > nearest ? 1 - (0.9 * (distance - nearest)) / (farthest - nearest) : 1;
}
