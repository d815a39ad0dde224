// What the view shows, as its address says it.

import { go, type Query, useRoute } from "../route";
import type { CaseBaseFacts } from "../types";

/** Stands in the address for all views of the strip together. */
export const ALL = "all";
const SEPARATOR = ",";
export const MAX_VIEWS = 16;
export const MAX_K = 1000;
const K = 12;

export interface SearchState {
  /** Handle of what is searched, or `ALL`. */
  of: string | null;
  /** Handles of the pictures in the strip. */
  views: string[];
  text: string;
  k: number;
  onePerGroup: boolean;
  diversity: "mmr" | "balanced" | null;
  /** Whose labels vote and are compared. */
  task: string;
  where: string;
  withPrivate: boolean;
  /** Handle of the neighbour that is looked at. */
  open: string | null;
}

export function useSearchState({ tasks, usual_task }: CaseBaseFacts): SearchState {
  const { query } = useRoute();
  const diversity = query.get("diversity");
  const task = query.get("task");
  return {
    of: query.get("of"),
    views: query.get("views")?.split(SEPARATOR) ?? [],
    text: query.get("text") ?? "",
    k: counted(query.get("k")),
    onePerGroup: query.has("one"),
    diversity: diversity === "mmr" || diversity === "balanced" ? diversity : null,
    task: task !== null && task in tasks ? task : (usual_task ?? ""),
    where: query.get("where") ?? "",
    withPrivate: query.has("private"),
    open: query.get("open"),
  };
}

/** How many cases a text asks for, within what the server takes. */
export const counted = (text: string | null): number => Math.min(MAX_K, Math.max(1, Math.floor(Number(text)) || K));

/** Moves to the address with some of its query changed; the rest stays. */
export function change(changes: Query, how: { replace?: boolean } = {}): void {
  go("", { ...Object.fromEntries(new URLSearchParams(location.search)), ...changes }, how);
}

/** The strip as the address holds it. */
export const written = (views: string[]): string => views.slice(-MAX_VIEWS).join(SEPARATOR);

/** The arguments of the action, or null where nothing is asked yet. */
export function asked(state: SearchState): object | null {
  const { of, views, text } = state;
  const what = of === ALL ? (views.length > 1 ? { views } : views[0] && { query: views[0] }) : of ? { query: of } : text && { text };
  if (!what) return null;
  return {
    ...what,
    k: state.k,
    where: state.where || null,
    max_per_group: state.onePerGroup ? 1 : null,
    diversity: state.diversity,
    task: state.diversity === "balanced" ? state.task : null,
  };
}
