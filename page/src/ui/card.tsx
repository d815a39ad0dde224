// A case as a card: its picture, what it is, and how near and how alike it is where it is a neighbour.

import type { ComponentChildren } from "preact";
import { useShared } from "../context";
import type { Case } from "../types";

export interface CardProps {
  of: Case;
  href?: string;
  onOpen?: (event: MouseEvent) => void;
  version: number;
  children?: ComponentChildren;
}

export function CaseCard({ of: one, href, onOpen, version, children }: CardProps) {
  const { api } = useShared();
  return (
    <figure class="card">
      <a href={href ?? "#"} onClick={onOpen}>
        <img src={api.address(one.handle, 192, version)} alt={`Case ${one.case_id}`} loading="lazy" decoding="async" />
      </a>
      <figcaption>
        {children}
        <Labels labels={one.labels} />
        <div class="id">{one.case_id}</div>
      </figcaption>
    </figure>
  );
}

export function Labels({ labels }: { labels: Record<string, string[]> }) {
  return (
    <div>
      {Object.entries(labels).flatMap(([task, values]) =>
        values.map((value) => (
          <span class="label" key={`${task} ${value}`} title={task}>{value}</span>
        )),
      )}
    </div>
  );
}

/** Nearness within one result: the nearest has the longest bar. Distances have no unit of their own. */
export function nearness(distance: number, farthest: number): number {
  return farthest > 0 ? 1 - (0.95 * distance) / farthest : 1;
}
