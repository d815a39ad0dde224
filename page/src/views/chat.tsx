// Conversations with the agent; they are kept in the server's memory alone.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useCaseBase, useShared } from "../context";
import { address, follow, go, useRoute } from "../route";
import type { Case } from "../types";
import { Icon } from "../ui/icons";
import { ErrorLine, useCall } from "../ui/work";
import { dollars } from "./ask_prompt";
import { Composer } from "./chat_composer";
import { type Run, startRun, type Turn, useRun } from "./chat_run";
import type { Cited } from "./chat_text";
import { TurnView } from "./chat_turn";

interface Listed {
  conversations: { id: string; title: string; task: string | null }[];
  receiver: string | null;
  no_receiver: string | null;
}

interface Log {
  task: string | null;
  turns: Turn[];
  running: Turn | null;
}

export function ChatView() {
  const { api, overview } = useShared();
  const { tasks } = useCaseBase();
  const { query } = useRoute();
  const id = query.get("id");
  const run = useRun(id);
  const listed = useCall<Listed>("conversations", {}, `${id} ${run?.over}`);
  const log = useCall<Log>("conversation", id ? { id } : null, run?.over);
  const [task, setTask] = useState("");
  const [error, setError] = useState<string | null>(null);
  const said = log.result;
  // Another page's, or one that is just being stopped: it is over soon.
  useEffect(() => {
    if (!said?.running || (run && !run.over)) return;
    const again = setTimeout(log.again, 400);
    return () => clearTimeout(again);
  }, [said, run?.over]);
  const turns = id ? shown(said, run) : [];
  const running = Boolean(id && ((run && !run.over) || said?.running));
  const receiver = listed.result?.receiver;
  const ask = async (question: string, pictures: Turn["pictures"]) => {
    setError(null);
    const begun = id ?? (await api.call<{ id: string }>("begin_conversation", { task: task || null }).then((made) => made.id, (failed: Error) => setError(failed.message)));
    if (!begun) return false;
    startRun(api, begun, said?.turns.length ?? 0, { question, pictures, receiver: receiver! });
    if (!id) go("chat", { id: begun }, { replace: true });
    return true;
  };
  return (
    <div class="chat">
      <aside class="chat-list">
        <a class="button" href={address("chat")} onClick={follow}><Icon name="add" /> New conversation</a>
        <nav aria-label="Conversations">
          {listed.result?.conversations.map((one) => (
            <a key={one.id} href={address("chat", { id: one.id })} onClick={follow} aria-current={one.id === id ? "page" : undefined}>
              {one.title}
              {one.task && <small>{one.task}</small>}
            </a>
          ))}
        </nav>
      </aside>
      <div class="chat-main">
        <h1>{turns.length ? <span class="hidden-words">Conversation</span> : "Ask the agent"}</h1>
        {!turns.length && !log.error && <p class="soft">It looks similar cases up where it wants to, asks the classifiers, and cites what it saw. Each call of a tool and each case stands here as it comes.</p>}
        {log.error && <ErrorLine message={log.error} />}
        <Thread turns={turns} running={running} task={said?.task ?? null} />
        {error && <ErrorLine message={error} />}
        {receiver ? (
          <Composer key={id ?? "new"} of={id ? null : query.get("of")} running={running} onAsk={ask} onStop={run && !run.over ? run.stop : null}>
            {!id && (
              <label>Answer <select class="field" value={task} onChange={(event) => setTask(event.currentTarget.value)}>
                <option value="">freely</option>
                {Object.keys(tasks).map((one) => <option key={one} value={one}>{one}, with a label</option>)}
              </select></label>
            )}
            <p class="soft ask-small">Your words, pictures that you attach and cases that its tools show go to <b>{receiver}</b>. {spent(turns)}</p>
          </Composer>
        ) : (
          listed.result && <p class="notice">{overview.model ? listed.result.no_receiver : <>There is no model to talk with. Start with one: <code>dermtools app CASEBASE --model openai:gpt-4.1</code></>}</p>
        )}
      </div>
    </div>
  );
}

/** What the server has, and the turn that this page runs until the server has that too. */
function shown(log: Log | null, run: Run | undefined): Turn[] {
  const turns = log?.turns ?? [];
  if (run && turns.length <= run.index) return [...turns, run.turn];
  return log?.running ? [...turns, log.running] : turns;
}

function Thread({ turns, running, task }: { turns: Turn[]; running: boolean; task: string | null }) {
  const last = turns.at(-1);
  const cited = useMemo<Cited>(() => {
    const known = new Map<string, Case>();
    for (const turn of turns) for (const step of turn.steps) for (const one of step.cases ?? []) known.set(one.case_id, one);
    return { known, invented: new Set(turns.flatMap((turn) => turn.answer?.invented ?? [])) };
  }, [turns.length, last?.steps.length, last?.steps.at(-1)?.succeeded, last?.answer]);
  const atEnd = useRef(true);
  const opened = turns.length > 0;
  useLayoutEffect(() => void (opened && scrollTo(0, document.documentElement.scrollHeight)), [opened]);
  useEffect(() => {
    const scrolled = () => void (atEnd.current = innerHeight + scrollY >= document.documentElement.scrollHeight - 120);
    addEventListener("scroll", scrolled, { passive: true });
    return () => removeEventListener("scroll", scrolled);
  }, []);
  useLayoutEffect(() => {
    if (running && atEnd.current) scrollTo(0, document.documentElement.scrollHeight);
  });
  return (
    <div class="chat-thread" role="log" aria-label="Conversation" aria-busy={running}>
      {turns.map((turn, place) => <TurnView key={place} turn={turn} running={running && turn === last} cited={cited} task={task} />)}
    </div>
  );
}

function spent(turns: Turn[]): string {
  const answers = turns.flatMap((turn) => turn.answer ?? []);
  if (!answers.length) return "Nothing was sent yet.";
  const tokens = answers.reduce((sum, { usage }) => sum + usage.input_tokens + usage.output_tokens, 0);
  const prices = answers.map((one) => one.dollars);
  const price = prices.includes(null) ? "at a price that is not known" : `about ${dollars(prices.reduce<number>((sum, one) => sum + one!, 0))} by list price`;
  const missing = turns.some((turn) => turn.problem) ? ", without answers that were cut short" : "";
  return `So far ${tokens.toLocaleString("en")} tokens, ${price}${missing}.`;
}
