// A call to the server as a view sees it: under way with progress and a button to cancel, done, or failed in one line.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Progress } from "../api";
import { useShared } from "../context";

export interface Work<T> {
  result: T | null;
  error: string | null;
  running: boolean;
  progress: Progress | null;
  /** What the function has told so far while it runs. */
  events: any[];
  cancel: () => void;
}

/** Calls an action whenever its arguments change (null: not at all); an earlier call under way is stopped. */
export function useCall<T>(name: string, given: object | null, version: unknown = null): Work<T> & { again: () => void } {
  const { api } = useShared();
  const [state, setState] = useState<Omit<Work<T>, "cancel">>({ result: null, error: null, running: given !== null, progress: null, events: [] });
  const stop = useRef<AbortController | null>(null);
  const [times, setTimes] = useState(0);
  const written = given && JSON.stringify(given);
  useEffect(() => {
    if (written === null) {
      setState({ result: null, error: null, running: false, progress: null, events: [] });
      return;
    }
    const abort = (stop.current = new AbortController());
    const mine = () => stop.current === abort;
    setState((before) => ({ ...before, error: null, running: true, progress: null, events: [] }));
    api
      .call<T>(name, JSON.parse(written), {
        signal: abort.signal,
        onProgress: (progress) => mine() && setState((before) => ({ ...before, progress })),
        onEvent: (event) => mine() && setState((before) => ({ ...before, events: [...before.events, event] })),
      })
      .then((result) => mine() && setState({ result, error: null, running: false, progress: null, events: [] }))
      .catch((error: Error) => {
        if (!mine()) return;
        const cancelled = error.name === "AbortError";
        setState((before) => ({ ...before, error: cancelled ? null : error.message, running: false, progress: null }));
      });
    return () => abort.abort();
  }, [name, written, version, times]);
  return {
    ...state,
    cancel: useCallback(() => stop.current?.abort(), []),
    again: useCallback(() => setTimes((before) => before + 1), []),
  };
}

export function WorkLine({ work, what }: { work: Work<unknown>; what: string }) {
  if (work.error) return <ErrorLine message={work.error} />;
  if (!work.running) return null;
  const { progress } = work;
  return (
    <div class="work" role="status">
      {progress ? <progress value={progress.done} max={progress.total} aria-label={progress.description} /> : <progress aria-label={what} />}
      <span>{progress ? `${progress.description}: ${progress.done.toLocaleString()} of ${progress.total.toLocaleString()}` : what}</span>
      <button class="button quiet" onClick={work.cancel}>Cancel</button>
    </div>
  );
}

export function ErrorLine({ message }: { message: string }) {
  return <p class="error" role="alert">{message}</p>;
}
