// What evaluations say; names as in dermtools/app/actions/runs.py and comparing.py.

export interface Span {
  low: number;
  high: number;
}

export interface Arm {
  arm: string;
  n: number;
  cases: number;
  right: number;
  groups: number;
  accuracy: number;
  interval: Span;
  balanced_accuracy: number;
  macro_f1: number;
  calibration: { ece: number } | null;
  top_k: Record<string, number>;
  unlabelled: Record<string, number>;
  usage: { input_tokens: number; output_tokens: number };
  cost: string | null;
  latency: string | null;
  model: string | null;
  prompt: string | null;
}

export type Verdict = "better" | "worse" | "equivalent" | "undecided";

export interface Comparison {
  first: string;
  second: string;
  difference: number;
  verdict: Verdict;
  in_words: string;
}

export interface Said {
  task: string;
  question: string;
  cases: number;
  groups: number;
  headline: string;
  basis: string | null;
  cheapest: string | null;
  caption: string;
  best: string;
  arms: Arm[];
  comparisons: Comparison[];
}

export interface Subgroup {
  attribute: string;
  value: string;
  n: number;
  right: number;
  interval: Span;
}

export interface RunFacts extends Said {
  name: string;
  split: string | null;
  retrieval: string[];
  confusion: Record<string, { labels: string[]; counts: number[][] }>;
  subgroups: Record<string, Subgroup[]>;
  encoder_training: string | null;
  stability: string[][];
  fetching: string[][];
  effects: string[];
}

/** A method of a run. */
export interface ArmOf {
  name: string;
  arm: string;
}

export type Kind = "both" | "first" | "second" | "neither";

export const percent = (share: number, digits = 1) => `${(100 * share).toFixed(digits)} %`;
export const span = ({ low, high }: Span) => `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`;
