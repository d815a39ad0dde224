// A label for the picture: from a classifier beside the vote of the nearest cases, or from a vision model.

import { Icon } from "../ui/icons";
import { Picture } from "../ui/picture";
import type { Doing } from "./conversation";
import { Notes } from "./facts";
import type { AnswerData, ClassifyData, PromptData } from "./results";

export function Classified({ data, doing }: { data: ClassifyData; doing: Doing }) {
  const { classifier, vote, coverage, agree } = data;
  return (
    <>
      <Head data={data} doing={doing}>
        {agree !== null && (
          <p class={agree ? "agrees" : "differs"}>
            <Icon name={agree ? "agrees" : "warn"} /> {agree ? "The classifier and the nearest cases name the same label." : "The classifier and the nearest cases disagree: be careful."}
          </p>
        )}
      </Head>
      <div class="votes">
        <Answer title={`Classifier: ${classifier.method}`} answer={classifier}>
          {classifier.label_set && (
            <p class="talk-small">
              <span class="soft">Conformal set{coverage !== null && ` at ${percent(coverage)}`}: </span>
              {classifier.label_set.length ? classifier.label_set.map((label) => <span class="label" key={label}>{label}</span>) : "empty"}
            </p>
          )}
        </Answer>
        <Answer title="Vote of the nearest cases" answer={vote} />
      </div>
      <Strip cases={data.case_ids} title="The cases that voted" doing={doing} />
      <Notes notes={data.notes} />
    </>
  );
}

export function Prompted({ data, doing }: { data: PromptData; doing: Doing }) {
  return (
    <>
      <Head data={data} doing={doing} />
      <Answer title={data.answer.method} answer={data.answer} />
      {data.raw && <details><summary>The reply as it came</summary><pre class="talk-reply">{data.raw}</pre></details>}
      <Strip cases={data.case_ids} title="Examples in the prompt" doing={doing} />
      <Notes notes={data.notes} />
    </>
  );
}

function Head({ data, doing, children }: { data: ClassifyData | PromptData; doing: Doing; children?: preact.ComponentChildren }) {
  return (
    <header class="talk-found">
      <div class="talk-query"><Picture of={data.query} alt="The picture that was asked about" /></div>
      <div>
        <h1>{data.task} of the picture</h1>
        {children}
        <button class="button" onClick={() => doing.open("search_similar_cases", { image: data.query, k: 10 })}><Icon name="search" /> Similar cases</button>
      </div>
    </header>
  );
}

function Answer({ title, answer, children }: { title: string; answer: AnswerData; children?: preact.ComponentChildren }) {
  return (
    <div class="panel talk-answer" role="group" aria-label={title}>
      <h2>{title}</h2>
      {answer.label === null ? <p>No label ({answer.outcome}){answer.reason && `: ${answer.reason}`}</p> : !answer.probabilities && <p><span class="label">{answer.label}</span></p>}
      {Object.entries(answer.probabilities ?? {}).map(([label, share]) => (
        <div class={`bar ${label === answer.label ? "true" : ""}`} key={label}>
          <span>{label}</span>
          <span class="track"><i style={{ width: `${100 * share}%` }} /></span>
          <span class="num">{percent(share)}</span>
        </div>
      ))}
      {children}
    </div>
  );
}

function Strip({ cases, title, doing }: { cases: string[]; title: string; doing: Doing }) {
  if (!cases.length) return null;
  return (
    <>
      <h2>{title}</h2>
      <ul class="voters">
        {cases.map((case_id) => (
          <li key={case_id}>
            <button type="button" onClick={() => doing.open("get_case", { case_id: `case:${case_id}` })}>
              <Picture of={`case:${case_id}`} alt={`Case ${case_id}`} />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
