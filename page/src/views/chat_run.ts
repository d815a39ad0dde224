// Turns under way. They live beside the views: who opens a cited case and comes back finds the answer going on.

import { useEffect, useReducer } from "preact/hooks";
import type { Api } from "../api";
import type { Case } from "../types";

export interface Step {
  text?: string;
  tool?: string;
  arguments?: object;
  /** null while it runs. */
  succeeded?: boolean | null;
  result?: string;
  cases?: Case[];
  /** Handles of the pictures that the model was shown. */
  pictures?: string[];
}

export interface Turn {
  question: string;
  pictures: { handle: string; name: string }[];
  steps: Step[];
  answer: AgentAnswer | null;
  /** `stopped`, or why there is no answer. */
  problem: string | null;
}

export interface AgentAnswer {
  text: string;
  task: string | null;
  label: string | null;
  /** 0 to 1, as the model puts it. */
  confidence: number | null;
  notes: string[];
  cited: Case[];
  invented: string[];
  looked_up: boolean;
  problem: string | null;
  stopped: string | null;
  usage: { input_tokens: number; output_tokens: number };
  dollars: number | null;
}

export interface Run {
  turn: Turn;
  /** How many turns came before. */
  index: number;
  over: boolean;
  stop: () => void;
}

const runs = new Map<string, Run>();
const watchers = new Set<() => void>();
let due = 0;

/** At most one drawing a frame, however fast the words come. */
function changed() {
  due ||= requestAnimationFrame(() => {
    due = 0;
    for (const watcher of watchers) watcher();
  });
}

export function useRun(id: string | null): Run | undefined {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    watchers.add(redraw as () => void);
    return () => void watchers.delete(redraw as () => void);
  }, []);
  return id ? runs.get(id) : undefined;
}

export function startRun(api: Api, id: string, index: number, given: { question: string; pictures: Turn["pictures"]; receiver: string }): void {
  const abort = new AbortController();
  const turn: Turn = { question: given.question, pictures: given.pictures, steps: [], answer: null, problem: null };
  const run: Run = { turn, index, over: false, stop: () => abort.abort() };
  runs.set(id, run);
  changed();
  const asked = { ...given, id, pictures: given.pictures.map((one) => one.handle) };
  const onEvent = ({ at, step, more }: { at: number; step?: Step; more?: string }) => {
    if (step) turn.steps[at] = step;
    else turn.steps[at]!.text += more!;
    changed();
  };
  api
    .call<Turn>("ask_agent", asked, { signal: abort.signal, onEvent })
    .then((whole) => void (run.turn = whole))
    .catch((error: Error) => void (turn.problem = error.name === "AbortError" ? "stopped" : error.message))
    .finally(() => {
      run.over = true;
      changed();
    });
}
