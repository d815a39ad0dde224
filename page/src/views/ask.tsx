// A picture and a question: what every method here says to it, and what a vision model would be asked.

import { useCaseBase, useShared } from "../context";
import { address, follow, go, useRoute } from "../route";
import { BringButtons, BringLines, useBring } from "../ui/bring";
import { type AskedAbout } from "./ask_answer";
import { Methods, useClassified } from "./ask_methods";
import { PromptPart } from "./ask_prompt";

const VOTERS = [1, 3, 5, 10, 15, 25, 50];

export function AskView() {
  const { query } = useRoute();
  const facts = useCaseBase();
  const of = query.get("of");
  const tasks = Object.keys(facts.tasks);
  const task = query.get("task") ?? facts.usual_task ?? "";
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
            <section class="ask-part" aria-labelledby="ask-here">
              <h2 id="ask-here">On this machine</h2>
              <Methods work={work} />
            </section>
            <PromptPart of={of} task={task} about={work.result} />
          </div>
        </div>
      ) : (
        <div class="panel ask-empty">
          <p>Bring a picture, or open a case from the similar cases, and every trained classifier, the fusion and the vote of the nearest cases answer side by side. No model is asked before you say so.</p>
          <Bring />
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
      <div class="ask-ways">
        <div class="line">
          <a href={address("", { of })} onClick={follow}>Similar cases</a>
          <a href={address("chat", { of })} onClick={follow}>Ask the agent</a>
        </div>
        <Bring />
      </div>
    </aside>
  );
}

function Bring() {
  const { query } = useRoute();
  const bringing = useBring(([held]) => go("ask", { ...Object.fromEntries(query), of: held!.handle }));
  return <div><BringButtons bringing={bringing} /><BringLines bringing={bringing} drop="Drop to classify" /></div>;
}
