// What a check finds, in the words of the page.

export interface Finding {
  severity: "error" | "warning" | "note";
  kind: string;
  message: string;
  task: string | null;
  /** Case ids that belong together; the first of `count`. */
  cases: string[][];
  count: number;
  /** What may be done about each entry, or about the finding where it names no case. */
  offers: (string | null)[];
}

export interface Doubt {
  case_id: string;
  task: string;
  labels: string[];
  suggested: string;
  score: number;
  probability: number;
  neighbors: number;
  neighbors_suggested: number;
  neighbors_labelled: number;
  nearest: string[];
}

export interface Report {
  version: number;
  cases: number;
  findings: Finding[];
  labels: { task: string; judged: number; right: number; most_frequent: number; unjudged: string[]; doubtful: Doubt[] }[];
  /** Case id to the lines read in its picture. */
  writing: Record<string, string[]>;
  counts: { name: string; counts: Record<string, number>; unknown: number }[];
}

export const TITLES: Record<string, string> = {
  "group-across-splits": "One patient in two splits",
  "duplicate-across-splits": "One picture in two splits",
  "near-duplicate-across-splits": "Nearly one picture in two splits",
  "edited-copy-across-splits": "Edited copies in two splits",
  duplicate: "The same picture twice",
  "near-duplicate": "Nearly the same picture",
  "edited-copy": "Edited copies",
  "no-picture-hash": "Pictures without a hash",
  "conflicting-labels": "One picture, several labels",
  "doubtful-label": "Suspected labels",
  "unlike-labels": "Like pictures, other labels",
  "unreadable-picture": "Pictures that cannot be read",
  "tiny-picture": "Tiny pictures",
  writing: "Writing in pictures",
  "bad-vector": "Bad vectors",
  "alike-labels": "One label, several spellings",
  "missing-value-label": "Labels that read like a missing value",
  "similar-labels": "Labels one letter apart",
  "rare-label": "Rare labels",
  "label-missing-from-split": "Labels that a split lacks",
  unlabelled: "Cases without a label",
  "no-split": "Cases without a split",
  "identifying-attribute": "Attributes that identify people",
  "identifying-id": "Ids that identify people",
  "not-recorded": "Not recorded",
  "open-to-others": "Open to others",
};

/** Findings about labels: the cases in the order of their labels show them side by side. */
export const SPELLING = ["alike-labels", "missing-value-label", "similar-labels", "rare-label"];

/** What the person said is right as it is, until the browser's tab is closed. */
const ACCEPTED = "dermtools-accepted";
export const readAccepted = (): Set<string> => new Set(JSON.parse(sessionStorage.getItem(ACCEPTED) ?? "[]"));
export const keepAccepted = (accepted: ReadonlySet<string>): void => sessionStorage.setItem(ACCEPTED, JSON.stringify([...accepted]));
export const entryKey = (finding: Finding, ids: string[]): string => JSON.stringify([finding.kind, finding.task, ...ids]);
