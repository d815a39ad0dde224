// What every view needs: how to reach the server, and what is open there.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "./api";
import type { CaseBaseFacts, Overview } from "./types";

export interface Shared {
  api: Api;
  overview: Overview;
  /** Asks the server anew what is open, after something changed it. */
  refresh: () => Promise<void>;
}

export const SharedContext = createContext<Shared | null>(null);

export const useShared = (): Shared => useContext(SharedContext)!;

/** Of views that are shown only where a case base is open. */
export const useCaseBase = (): CaseBaseFacts => useShared().overview.case_base!;
