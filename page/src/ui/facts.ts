// Facts of cases by their id, fetched together and kept for as long as the case base stays as it is.

import { useEffect, useState } from "preact/hooks";
import { useShared } from "../context";
import type { Case } from "../types";

const AT_ONCE = 500;

/** Of these cases, those that there are and that came already; null stands for one that there is not. */
export function useFacts(ids: string[], version: number): Map<string, Case | null> {
  const { api } = useShared();
  const [held, setHeld] = useState<{ version: number; facts: Map<string, Case | null> }>({ version, facts: new Map() });
  const missing = ids.filter((id) => held.version !== version || !held.facts.has(id)).slice(0, AT_ONCE);
  useEffect(() => {
    if (!missing.length) return;
    let wanted = true;
    void api.call<{ cases: Case[] }>("facts", { cases: missing }).then((found) => {
      if (!wanted) return;
      const came = new Map(found.cases.map((one) => [one.case_id, one]));
      setHeld((before) => {
        const facts = new Map(before.version === version ? before.facts : []);
        for (const id of missing) facts.set(id, came.get(id) ?? null);
        return { version, facts };
      });
    });
    return () => void (wanted = false);
  }, [missing.join("\n"), version]);
  return held.facts;
}
