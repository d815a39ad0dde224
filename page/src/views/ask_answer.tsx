// One method's answer: label or why there is none, probabilities, label set, and the cases that it rests on.

import type { ComponentChildren } from "preact";
import type { Case } from "../types";
import { CaseRow, type CaseRowProps } from "../ui/case_row";
import { Icon } from "../ui/icons";

export interface Prediction {
  method: string;
  task: string;
  outcome: "ok" | "abstained" | "invalid" | "refused" | "filtered" | "truncated" | "error";
  label: string | null;
  /** Most probable first. */
  probabilities: Record<string, number> | null;
  label_set: string[] | null;
  raw: string | null;
  usage: { input_tokens: number; output_tokens: number; cached_input_tokens: number } | null;
  reason: string | null;
}

export interface Predicted {
  prediction: Prediction;
  exemplars: (Case & { distance: number | null })[];
}

/** The picture in question; the truth where it is a case. */
export interface AskedAbout {
  task: string;
  name: string;
  case: Case | null;
  truth: string[];
  version: number;
}

const SHOWN = 5;
const WITHOUT: Record<string, string> = {
  abstained: "abstains",
  invalid: "no valid answer",
  refused: "declined to answer",
  filtered: "stopped by the provider's filter",
  truncated: "cut off before an answer",
  error: "the call failed",
};

export function Answer({ of, truth, coverage, version }: { of: Predicted; truth: string[]; coverage?: number | null; version: number }) {
  const { prediction } = of;
  return (
    <>
      {prediction.label !== null ? (
        <p class="ask-label">
          <Verdict label={prediction.label} truth={truth} />
          {prediction.label}
        </p>
      ) : (
        <p class="ask-label none"><Icon name="warn" /> {WITHOUT[prediction.outcome] ?? prediction.outcome}</p>
      )}
      {prediction.reason && <p class="soft ask-small">{prediction.reason}</p>}
      {prediction.probabilities && <Bars of={prediction} truth={truth} />}
      {prediction.label_set && (
        <p class="ask-small">
          <span class="soft">Label set{coverage ? ` at ${Math.round(100 * coverage)} % coverage` : ""}: </span>
          {prediction.label_set.join(", ") || "empty"}
        </p>
      )}
      <RestsOn cases={of.exemplars} task={prediction.task} version={version} />
    </>
  );
}

function Verdict({ label, truth }: { label: string; truth: string[] }) {
  if (!truth.length) return null;
  const right = truth.includes(label);
  return <span class={right ? "agrees" : "differs"}><Icon name={right ? "agrees" : "differs"} label={right ? "right" : "wrong"} /> </span>;
}

function Bars({ of, truth }: { of: Prediction; truth: string[] }) {
  const all = Object.entries(of.probabilities!);
  // The true label is shown however improbable it is.
  const shown = all.filter(([label], place) => place < SHOWN || truth.includes(label));
  const rest = all.length - shown.length;
  return (
    <div class="ask-bars">
      {shown.map(([label, probability]) => (
        <div class={`bar${truth.includes(label) ? " true" : ""}`} key={label}>
          <span title={truth.includes(label) ? `${label}, the truth` : label}>{label}</span>
          <div class="track"><i style={{ width: `${100 * probability}%` }} /></div>
          <span class="num">{(100 * probability).toFixed(1)} %</span>
        </div>
      ))}
      {rest > 0 && <p class="soft ask-small">{rest} more, less probable</p>}
    </div>
  );
}

export function RestsOn({ title = "Rests on", ...row }: CaseRowProps & { title?: string }) {
  return row.cases.length ? <><h4>{title}</h4><CaseRow {...row} /></> : null;
}

export function Note({ children }: { children: ComponentChildren }) {
  return <p class="ask-small ask-note"><Icon name="warn" /> <span>{children}</span></p>;
}
