// A picture and a question: what every method here says to it, and what a vision model would be asked.

import { useRef, useState } from "preact/hooks";
import { useCaseBase, useShared } from "../context";
import { address, follow, go, useRoute } from "../route";
import { ErrorLine } from "../ui/work";
import { type AskedAbout } from "./ask_answer";
import { Methods, useClassified } from "./ask_methods";
import { PromptPart } from "./ask_prompt";

const VOTERS = [1, 3, 5, 10, 15, 25, 50];

export function AskView() {
  const { query } = useRoute();
  const facts = useCaseBase();
  const of = query.get("of");
  const tasks = Object.keys(facts.tasks);
  const task = query.get("task") ?? tasks[0] ?? "";
  const voters = Number(query.get("voters") ?? 5);
  const abstain = query.get("abstain") !== "0";
  const work = useClassified(of, task, voters, abstain);
  const set = (changes: Record<string, string | number | null>) => go("ask", { ...Object.fromEntries(query), ...changes }, { replace: true });
  return (
    <>
      <header class="ask-head">
        <h1>Classify and ask</h1>
        <div class="line">
          <label>Task <select class="field" value={task} onChange={(event) => set({ task: event.currentTarget.value, prompt: null })}>{tasks.map((one) => <option key={one}>{one}</option>)}</select></label>
          <label>Voters <select class="field" value={voters} onChange={(event) => set({ voters: event.currentTarget.value })}>{VOTERS.map((one) => <option key={one}>{one}</option>)}</select></label>
          <label><input type="checkbox" checked={abstain} onChange={(event) => set({ abstain: event.currentTarget.checked ? null : "0" })} /> Abstain when unsure</label>
        </div>
      </header>
      {of ? (
        <div class="ask">
          <Asked of={of} about={work.result} />
          <div>
            <section aria-labelledby="ask-here">
              <h2 id="ask-here">On this machine</h2>
              <Methods work={work} />
            </section>
            <PromptPart of={of} task={task} about={work.result} />
          </div>
        </div>
      ) : (
        <div class="panel ask-empty">
          <p>Bring a picture, or open a case from the similar cases, and every trained classifier, the fusion and the vote of the nearest cases answer side by side. Nothing leaves this machine.</p>
          <Bring title="Choose a picture" />
        </div>
      )}
    </>
  );
}

function Asked({ of, about }: { of: string; about: AskedAbout | null }) {
  const { api } = useShared();
  const mine = about && (of === about.case?.handle || !about.case) ? about : null;
  return (
    <aside class="ask-query" aria-label="The picture in question">
      <figure class="query">
        <img src={api.address(of, 512, about?.version)} alt="The picture in question" />
        <figcaption>
          {mine?.truth.length ? <div><span class="soft">Truth: </span>{mine.truth.map((label) => <span class="label" key={label}>{label}</span>)}</div> : null}
          <div class="id">{mine?.name ?? of}</div>
        </figcaption>
      </figure>
      <div class="line">
        <Bring title="Another picture" />
        <a href={address("", { of })} onClick={follow}>Similar cases</a>
      </div>
    </aside>
  );
}

function Bring({ title }: { title: string }) {
  const { api } = useShared();
  const { query } = useRoute();
  const file = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string | null>(null);
  const bring = (picture: File) =>
    api.bring(picture, picture.name).then(
      ({ handle }) => go("ask", { ...Object.fromEntries(query), of: handle }),
      (said: Error) => setError(said.message),
    );
  return (
    <>
      <button class="button" onClick={() => file.current!.click()}>{title}</button>
      <input ref={file} type="file" accept="image/*" hidden onChange={(event) => event.currentTarget.files?.[0] && bring(event.currentTarget.files[0])} />
      {error && <ErrorLine message={error} />}
    </>
  );
}
