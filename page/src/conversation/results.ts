// What the tools give, with the fields of dermtools/tools. Which tool it was is told by what is there: not every host says.

import type { Case } from "../types";

/** A case as a result names it; the attributes are those that may leave the machine. */
export interface FoundCase extends Case {
  rank: number | null;
  distance: number | null;
}

interface Common {
  case_ids: string[];
  notes: string[];
}

export interface SearchData extends Common {
  query: string;
  cases: FoundCase[];
  agreement: Record<string, Record<string, number>>;
}

export interface AnswerData {
  method: string;
  outcome: string;
  label: string | null;
  probabilities: Record<string, number> | null;
  label_set: string[] | null;
  reason: string | null;
}

export interface ClassifyData extends Common {
  query: string;
  task: string;
  classifier: AnswerData;
  coverage: number | null;
  vote: AnswerData;
  agree: boolean | null;
}

export interface PromptData extends Common {
  query: string;
  task: string;
  answer: AnswerData;
  raw: string | null;
}

export interface ExemplarData extends Common {
  task: string;
  prompt: string;
  layout: string;
  exemplars: FoundCase[];
}

export interface CaseData extends Common {
  case: FoundCase;
}

export type Data = SearchData | ClassifyData | PromptData | ExemplarData | CaseData;

export const isHandle = (query: string): boolean => query.startsWith("img_") || query.startsWith("case:");

/** The label that most of the cases carry; none where two are carried by as many. */
export function leaderOf(counts: Record<string, number> = {}): string | null {
  const [first, second] = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return first && first[1] > (second?.[1] ?? 0) ? first[0] : null;
}

const LISTED = 40;

/** What the model is told of the page, whole each time. Ids come from the case base: they are quoted, and are no words of ours. */
export function told(attached: string[], shown: Data | null, chosen: string[]): string {
  const named = (handles: string[]) => JSON.stringify(handles.filter((one) => one.length < 200).slice(0, LISTED));
  const lines = ["The dermtools page in this conversation, as the user left it:"];
  if (attached.length) lines.push(`the user attached pictures, the newest last; give such a handle as image to the tools: ${named(attached)}`);
  if (shown && "cases" in shown) lines.push(`it shows the cases similar to ${JSON.stringify(shown.query)}: ${named(shown.cases.map((one) => one.handle))}`);
  if (shown && "case" in shown) lines.push(`it shows the case ${JSON.stringify(shown.case.handle)}`);
  if (chosen.length) lines.push(`the user chose these cases: ${named(chosen)}`);
  return lines.join("\n");
}
