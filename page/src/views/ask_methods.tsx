// Every method that is computed on this machine, side by side.

import { ErrorLine, useCall, WorkLine } from "../ui/work";
import { Answer, type AskedAbout, Note, type Predicted } from "./ask_answer";

interface MethodAnswer extends Partial<Predicted> {
  method: string;
  kind: string;
  /** Why it gives none. */
  problem?: string;
  coverage?: number | null;
  notes?: string[];
  cannot_abstain?: string | null;
}

export interface Classified extends AskedAbout {
  answers: MethodAnswer[];
}

export function useClassified(of: string | null, task: string, voters: number, abstain: boolean) {
  return useCall<Classified>("classify", of && task ? { of, task, voters, abstain } : null);
}

export function Methods({ work }: { work: ReturnType<typeof useClassified> }) {
  const answers: MethodAnswer[] = work.running ? work.events : (work.result?.answers ?? []);
  const about = work.result;
  return (
    <>
      <WorkLine work={work} what="Asking the methods" />
      <div class="ask-methods">
        {answers.filter((one) => !one.problem).map((one) => (
          <article class="panel" key={one.method} aria-label={one.method}>
            <header><h3>{one.method}</h3><span class="soft ask-small">{one.kind}</span></header>
            <Answer of={one as Predicted} truth={about?.truth ?? []} coverage={one.coverage} version={about?.version ?? 0} />
            {one.notes?.map((note) => <Note key={note}>{note}</Note>)}
            {one.cannot_abstain && <details class="ask-small soft"><summary>does not abstain</summary>{one.cannot_abstain}</details>}
          </article>
        ))}
      </div>
      {answers.some((one) => one.problem) && (
        <details class="ask-small soft ask-absent">
          <summary>Not computed here: {answers.filter((one) => one.problem).map((one) => one.method).join(", ")}</summary>
          {answers.filter((one) => one.problem).map((one) => <ErrorLine key={one.method} message={one.problem!} />)}
        </details>
      )}
    </>
  );
}
