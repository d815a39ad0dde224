// One turn: the question with its pictures, what the agent did, what it said, and what that rests on.

import { useCaseBase, useShared } from "../context";
import { CaseRow } from "../ui/case_row";
import { Icon } from "../ui/icons";
import { ErrorLine } from "../ui/work";
import { Note } from "./ask_answer";
import type { AgentAnswer, Step, Turn } from "./chat_run";
import { CaseLink, type Cited, Invented, Text } from "./chat_text";

export function TurnView({ turn, running, cited, task }: { turn: Turn; running: boolean; cited: Cited; task: string | null }) {
  const { api } = useShared();
  const { version } = useCaseBase();
  const { answer, steps } = turn;
  const said = steps.at(-1)?.text?.trim();
  return (
    <article class="chat-turn" aria-label={turn.question}>
      <div class="chat-question">
        <span class="hidden-words">You asked: </span>
        {turn.pictures.length > 0 && (
          <div class="chat-attached">
            {turn.pictures.map(({ handle, name }) => <img key={handle} src={api.address(handle, 192, version)} alt={`Attached: ${name}`} title={name} />)}
          </div>
        )}
        <p>{turn.question}</p>
      </div>
      {steps.map((step, place) => (step.tool ? <Tool key={place} step={step} task={task} version={version} /> : <Text key={place} text={step.text!} cited={cited} />))}
      {answer && !said && answer.text && <Text text={answer.text} cited={cited} />}
      {answer && <Answer of={answer} />}
      {turn.problem === "stopped" && <p class="ask-small chat-stopped"><Icon name="stop" /> Stopped. The model was hung up on; what it had said by then is not part of the conversation.</p>}
      {turn.problem && turn.problem !== "stopped" && <ErrorLine message={turn.problem} />}
      {running && <p class="chat-working soft" role="status">{waiting(steps)}</p>}
    </article>
  );
}

function waiting(steps: Step[]): string {
  const last = steps.at(-1);
  if (last?.tool && last.succeeded == null) return `Using ${last.tool}`;
  return last?.text ? "Writing" : "Thinking";
}

function Tool({ step, task, version }: { step: Step; task: string | null; version: number }) {
  const { cases = [], succeeded } = step;
  const asked = (step.arguments as { task?: string }).task;
  const outcome = succeeded == null ? "under way" : !succeeded ? "failed" : cases.length ? `${cases.length} ${cases.length === 1 ? "case" : "cases"}` : "done";
  return (
    <div class="chat-tool">
      <details>
        <summary>
          <Icon name="tool" /> {step.tool}
          <span class={succeeded === false ? "differs" : "soft"}> {succeeded === false && <Icon name="differs" />} {outcome}</span>
        </summary>
        <p class="chat-part">Arguments</p>
        <pre class="ask-raw" tabIndex={0}>{JSON.stringify(step.arguments, null, 2)}</pre>
        {step.result !== undefined && <><p class="chat-part">Result, as the model reads it</p><pre class="ask-raw" tabIndex={0}>{step.result}</pre></>}
      </details>
      {cases.length > 0 && <CaseRow cases={cases} task={asked && cases.some((one) => one.labels[asked]) ? asked : task} version={version} seen={step.pictures} />}
    </div>
  );
}

function Answer({ of: answer }: { of: AgentAnswer }) {
  return (
    <div class="chat-answer">
      {answer.task && (
        <p class="chat-label">
          <span class="soft">{answer.task}: </span>
          {answer.label ? <b>{answer.label}</b> : <span><Icon name="warn" /> no label, {answer.problem ?? "abstained"}</span>}
          {answer.confidence !== null && <span class="soft"> (confidence {Math.round(100 * answer.confidence)} %, as the model puts it)</span>}
        </p>
      )}
      {(answer.cited.length > 0 || !answer.looked_up) && (
        <p class="ask-small chat-rests">
          <span class="soft">Rests on</span>
          {answer.cited.map((one) => <CaseLink key={one.case_id} of={one} />)}
          {!answer.cited.length && <span>no case</span>}
          {!answer.looked_up && <span class="soft">none was looked up for this answer</span>}
        </p>
      )}
      {answer.invented.length > 0 && (
        <p class="ask-small chat-rests"><span class="soft">Cited, but never seen</span> {answer.invented.map((id) => <Invented key={id} id={id} />)}</p>
      )}
      {answer.notes.map((note) => <Note key={note}>{note}</Note>)}
      {answer.stopped && <Note>{answer.stopped}</Note>}
    </div>
  );
}
