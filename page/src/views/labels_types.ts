// Labels as the server counts them, and what is planned for them until it is applied or the browser's tab is closed.

export interface Label {
  label: string;
  cases: number;
  /** Split to cases; "" for those without one. */
  splits: Record<string, number>;
  groups: number;
  gloss: string | null;
  where: string;
}

export interface Doubtful {
  missing: string[];
  alike: string[][];
  similar: string[][];
}

export interface Labels {
  unknown: number;
  labels: Label[];
  doubtful: Doubtful;
}

export interface Rule {
  old: string;
  /** Empty where the label is dropped. */
  new: string;
}

export interface Preview {
  changed: number;
  /** Of these, how many have no label afterwards. */
  unknown: number;
  counts: Record<string, number>;
  problems: string[];
}

export const suspects = ({ missing, alike, similar }: Doubtful) => [
  ...alike.map((labels) => ({ why: "One label, several spellings", labels })),
  ...similar.map((labels) => ({ why: "One letter apart", labels })),
  ...(missing.length ? [{ why: "Read like a missing value", labels: missing }] : []),
];

export const marksOf = (doubtful: Doubtful, label: string): string[] =>
  suspects(doubtful).filter(({ labels }) => labels.includes(label)).map(({ why }) => why.toLowerCase());

/** The rules and these; none builds on another, so what an earlier one makes becomes the new label at once. */
export function withRules(rules: Rule[], olds: string[], name: string): Rule[] {
  const earlier = rules.filter((rule) => !olds.includes(rule.old)).map((rule) => (rule.new && olds.includes(rule.new) ? { ...rule, new: name } : rule));
  return [...earlier, ...olds.map((old) => ({ old, new: name }))].filter((rule) => rule.old !== rule.new);
}

const key = (caseBase: string, task: string) => `dermtools-labels ${caseBase} ${task}`;
export const readRules = (caseBase: string, task: string): Rule[] => JSON.parse(sessionStorage.getItem(key(caseBase, task)) ?? "[]");
export const keepRules = (caseBase: string, task: string, rules: Rule[]): void => sessionStorage.setItem(key(caseBase, task), JSON.stringify(rules));
