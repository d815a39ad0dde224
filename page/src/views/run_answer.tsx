// One case: the picture, what each method answered and why, the prompt as it was, the raw reply, the examples.

import { useEffect, useRef } from "preact/hooks";
import { useShared } from "../context";
import { address, follow } from "../route";
import type { Case } from "../types";
import { CaseCard } from "../ui/card";
import { Icon } from "../ui/icons";
import { Picture } from "../ui/picture";
import { useCall, WorkLine } from "../ui/work";
import { Answer, type Prediction } from "./ask_answer";
import { type Message, Sequence } from "./ask_messages";
import type { Choice } from "./run_cases";

interface Whole {
  truth: string[];
  case: Case | null;
  version: number | null;
  prediction: Prediction;
  exemplars: (Omit<Case, "handle"> & { handle: string | null; distance: number | null })[];
  cost: string | null;
  latency: string | null;
  prompt: { id: string; version: number | null } | null;
  messages: Message[] | null;
  no_messages: string | null;
}

interface Props {
  caseId: string;
  of: Choice[];
  /** Cases on this page, to go on to. */
  ids: string[];
  onOpen: (id: string | null) => void;
}

export function AnswerPanel({ caseId, of, ids, onOpen }: Props) {
  const { overview } = useShared();
  const box = useRef<HTMLElement>(null);
  const place = ids.indexOf(caseId);
  const known = useCall<Whole>("answer", { name: of[0]!.name, arm: of[0]!.arm, case_id: caseId });
  useEffect(() => {
    box.current!.focus({ preventScroll: true });
    box.current!.scrollIntoView({ block: "start" });
  }, [caseId]);
  const step = (by: number) => place >= 0 && ids[place + by] !== undefined && onOpen(ids[place + by]!);
  const one = known.result;
  return (
    <section
      class="panel run-answer"
      ref={box}
      tabIndex={-1}
      aria-label={`Case ${caseId}`}
      onKeyDown={(event) => {
        if ((event.target as HTMLElement).closest("select, input, [role=tablist]")) return;
        if (event.key === "Escape") onOpen(null);
        else if (event.key === "ArrowRight") step(1);
        else if (event.key === "ArrowLeft") step(-1);
      }}
    >
      <header class="line">
        <h3>{caseId}</h3>
        <button class="button quiet" disabled={place <= 0} onClick={() => step(-1)} aria-label="Previous case"><Icon name="previous" /></button>
        <button class="button quiet" disabled={place < 0 || place + 1 >= ids.length} onClick={() => step(1)} aria-label="Next case"><Icon name="next" /></button>
        <button class="button quiet" onClick={() => onOpen(null)} aria-label="Close"><Icon name="close" /></button>
      </header>
      <div class="run-sides">
        <figure>
          {one?.case ? <Picture of={one.case.handle} side={512} version={overview.case_base?.version} alt={`Case ${caseId}`} /> : <span class="no-picture">No picture</span>}
          <figcaption>
            <div>True: {one?.truth.map((label) => <span class="label" key={label}>{label}</span>)}</div>
            {one?.case && <a href={address("", { of: one.case.handle })} onClick={follow}>Similar cases</a>}
          </figcaption>
        </figure>
        {of.map((method) => <Side key={method.called} method={method} caseId={caseId} />)}
      </div>
    </section>
  );
}

function Side({ method, caseId }: { method: Choice; caseId: string }) {
  const work = useCall<Whole>("answer", { name: method.name, arm: method.arm, case_id: caseId });
  const whole = work.result;
  return (
    <article>
      <h3>{method.called}</h3>
      <WorkLine work={work} what="Reading the answer" />
      {whole && (
        <>
          <Answer of={{ prediction: whole.prediction, exemplars: [] }} truth={whole.truth} version={whole.version ?? 0} />
          <Facts of={whole} />
          {whole.prediction.raw !== null && (
            <details>
              <summary>The reply as it came</summary>
              <pre class="ask-raw">{whole.prediction.raw}</pre>
            </details>
          )}
          {whole.prompt && (
            <details>
              <summary>The prompt as it was</summary>
              <p class="soft ask-small">{whole.prompt.id}{whole.prompt.version === null ? "" : `, version ${whole.prompt.version}`}. {whole.no_messages ?? "Texts and examples as they were sent; pictures as the case base holds them."}</p>
              {whole.messages && (
                <div class="run-prompt" tabIndex={0} role="region" aria-label={`Prompt of ${method.called}`}>
                  <Sequence messages={whole.messages} />
                </div>
              )}
            </details>
          )}
          {whole.exemplars.length > 0 && (
            <>
              <h4>{whole.prompt ? "Examples, in the order of the prompt" : "Cases that it rests on"}</h4>
              <div class="grid run-exemplars">
                {whole.exemplars.map((one, place) =>
                  one.handle === null ? (
                    <figure class="card" key={one.case_id}><span class="no-picture">No picture</span><figcaption><div class="id">{one.case_id}</div></figcaption></figure>
                  ) : (
                    <CaseCard key={one.case_id} of={{ ...one, handle: one.handle }} version={whole.version ?? 0} href={address("", { of: one.handle })} onOpen={follow}>
                      <div class="rank"><span>{place + 1}</span><span>{one.distance?.toPrecision(3)}</span></div>
                    </CaseCard>
                  ),
                )}
              </div>
            </>
          )}
        </>
      )}
    </article>
  );
}

function Facts({ of }: { of: Whole }) {
  const { usage } = of.prediction;
  const facts = [of.latency && `took ${of.latency}`, usage && `${(usage.input_tokens + usage.output_tokens).toLocaleString()} tokens`, of.cost && `cost ${of.cost}`].filter(Boolean);
  return facts.length ? <p class="soft ask-small">{facts.join(", ")}</p> : null;
}
