// Cases as a row of small pictures, each with its label and a link to what is similar to it.

import { useShared } from "../context";
import { address, follow } from "../route";
import type { Case } from "../types";
import { Icon } from "./icons";

export interface CaseRowProps {
  cases: (Case & { distance?: number | null })[];
  /** Whose labels stand below; null for all. */
  task: string | null;
  version: number;
  /** Handles of pictures that a model was shown; they are marked. */
  seen?: string[];
}

export const labelled = (one: Case, task: string | null) => (task ? (one.labels[task] ?? []) : Object.values(one.labels).flat()).join(", ");

export function CaseRow({ cases, task, version, seen = [] }: CaseRowProps) {
  const { api } = useShared();
  return (
    <ul class="case-row">
      {cases.map((one) => (
        <li key={one.case_id}>
          <a href={address("", { of: one.handle })} onClick={follow} title={`case ${one.case_id}${one.distance == null ? "" : `, distance ${one.distance.toPrecision(4)}`}`}>
            <img src={api.address(one.handle, 192, version)} alt={`Case ${one.case_id}`} loading="lazy" />
            {seen.includes(one.handle) && <i class="seen" title="The model was shown this picture"><Icon name="picture" label="shown to the model" /></i>}
            <span>{labelled(one, task) || "no label"}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
