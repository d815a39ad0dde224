// The page in a conversation: what a tool found, where one goes from there, and what the assistant is told of it.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { SharedContext } from "../context";
import { type Chat, problem, type Shown } from "../mcp";
import { BringButtons, BringLines, useBring } from "../ui/bring";
import { Icon } from "../ui/icons";
import { ErrorLine } from "../ui/work";
import { ChosenBar } from "./chosen";
import { type Data, told } from "./results";
import { ResultView } from "./result-view";

const NOTHING = { dermtools: "", model: null, runs: false, case_base: null };

/** What a view may do; `open` calls a tool and shows what it gives. */
export interface Doing {
  open(tool: string, given: object): void;
  chosen: string[];
  choose(handle: string, yes: boolean): void;
}

export function Conversation({ chat }: { chat: Chat }) {
  const [shown, setShown] = useState<Shown | null>(null);
  const [steps, setSteps] = useState<Data[]>([]);
  const [attached, setAttached] = useState<string[]>([]);
  const [chosen, setChosen] = useState<string[]>([]);
  const [busy, setBusy] = useState<{ what: string; stop: () => void } | null>(null);
  const [error, setError] = useState<string | null>(null);
  const shared = useMemo(() => ({ api: chat, overview: NOTHING, refresh: async () => {} }), [chat]);
  useEffect(() => chat.watch((now) => {
    setShown(now);
    if (now.result) setSteps([]);
  }), [chat]);

  const first: Data | null = shown?.result?.structuredContent ?? null;
  const current = steps.at(-1) ?? first;
  const touched = attached.length + chosen.length + steps.length > 0;
  const words = told(attached, current, chosen);
  const informed = useRef(Promise.resolve());
  useEffect(() => {
    if (touched) informed.current = informed.current.then(() => chat.tell?.(words)).catch((said: Error) => setError(said.message));
  }, [words, touched]);

  async function work<T>(what: string, doing: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const stop = new AbortController();
    setBusy({ what, stop: () => stop.abort() });
    setError(null);
    try {
      return await doing(stop.signal);
    } catch (said) {
      if ((said as Error).name !== "AbortError") setError((said as Error).message);
    } finally {
      setBusy(null);
    }
  }
  const open = async (tool: string, given: object, what = "Looking") => {
    const data = await work(what, (signal) => chat.call<Data>(tool, given, { signal }));
    if (data) setSteps((before) => [...before, data]);
  };
  const taken = (handles: string[]) => {
    setAttached((before) => [...before.filter((one) => !handles.includes(one)), ...handles]);
    void open("search_similar_cases", { image: handles.at(-1), k: 10 }, "Searching");
  };
  const doing: Doing = {
    open: (tool, given) => void open(tool, given),
    chosen,
    choose: (handle, yes) => setChosen((before) => (yes ? [...before, handle] : before.filter((one) => one !== handle))),
  };
  const ask = chat.say && ((question: string) => work("Asking", async () => {
    await informed.current;
    await chat.say!(`${question}\n\nI mean: ${chosen.join(", ")}`);
  }));
  return (
    <SharedContext.Provider value={shared}>
      <main class="talk">
        <div class="line talk-head">
          {steps.length > 0 && (
            <button class="button quiet" onClick={() => setSteps((before) => before.slice(0, -1))}><Icon name="previous" /> Back</button>
          )}
          <Take onTaken={taken} />
        </div>
        {busy && (
          <div class="work" role="status">
            <progress aria-label={busy.what} />
            <span>{busy.what}</span>
            <button class="button quiet" onClick={busy.stop}>Cancel</button>
          </div>
        )}
        {error && <ErrorLine message={error} />}
        {current ? <ResultView key={steps.length} data={current} doing={doing} /> : <Waiting shown={shown} />}
        {chosen.length > 0 && <ChosenBar chosen={chosen} ask={ask} told={chat.tell !== undefined} clear={() => setChosen([])} />}
        <p class="soft talk-small">Similar cases and votes are evidence to look at, not a diagnosis.</p>
      </main>
    </SharedContext.Provider>
  );
}

/** Pictures of the person's own: chosen, dropped anywhere on the page, pasted, or taken with the camera. */
function Take({ onTaken }: { onTaken: (handles: string[]) => void }) {
  const bringing = useBring((held) => onTaken(held.map((one) => one.handle)));
  return (
    <>
      <BringButtons bringing={bringing} />
      <span class="soft talk-small">or drop or paste one</span>
      <BringLines bringing={bringing} />
    </>
  );
}

function Waiting({ shown }: { shown: Shown | null }) {
  if (shown?.result?.isError) return <ErrorLine message={problem(shown.result)} />;
  if (shown?.result) return <p class="soft">The assistant passes on no data to show here; take a picture to search from.</p>;
  return <p class="soft" role="status">{shown?.cancelled ? "The call was cancelled." : "Waiting for the result"}</p>;
}
