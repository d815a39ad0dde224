// What the server's actions give; names as in dermtools/app/actions.

export type Value = string | number | boolean | null;

export interface Case {
  case_id: string;
  handle: string;
  group_id: string;
  split: string | null;
  labels: Record<string, string[]>;
  attributes: Record<string, Value>;
}

export interface Neighbor extends Case {
  rank: number;
  /** Euclidean, in the embedder's own units. */
  distance: number;
  /** Of several views, the one that it is nearest to, from 0. */
  view?: number;
}

export interface CaseBaseFacts {
  name: string;
  cases: number;
  groups: number;
  version: number;
  splits: Record<string, number>;
  /** Task to label to how many cases carry it. */
  tasks: Record<string, Record<string, number>>;
  embedder: { name: string; dimension: number };
  /** The task that views begin with. */
  usual_task: string | null;
  reads_text: boolean;
  attributes: Record<string, "private" | "shown">;
}

export interface Overview {
  dermtools: string;
  model: string | null;
  runs: boolean;
  case_base: CaseBaseFacts | null;
}

export interface Vote {
  /** How many of the neighbours carry a label of the task. */
  voters: number;
  /** Label to its share, the largest first. */
  shares: Record<string, number>;
}

export interface Found {
  query: { handle: string | null; name: string; case: Case | null };
  neighbors: Neighbor[];
  /** By task. */
  votes: Record<string, Vote>;
  notes: string[];
  /** By the leak guard. */
  left_out: { case_id: string; handle: string; why: string }[];
  version: number;
}
