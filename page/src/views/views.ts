// The views by the path of their address, in the order of the navigation.

import type { ComponentType } from "preact";
import type { Overview } from "../types";
import { CasesView } from "./cases";
import { CheckView } from "./check";
import { LabelsView } from "./labels";
import { AskView } from "./ask";
import { MapView } from "./map";
import { CompareView } from "./compare";
import { RunView } from "./run";
import { RunsView } from "./runs";
import { ChatView } from "./chat";
import { SearchView } from "./search";

export interface View {
  path: string;
  title: string;
  component: ComponentType;
  /** The path of the view that the navigation marks in its stead. */
  within?: string;
  /** Whether the navigation offers it. */
  offered?: (overview: Overview) => boolean;
}

const open = (overview: Overview) => overview.case_base !== null;

export const VIEWS: View[] = [
  { path: "", title: "Similar cases", component: SearchView, offered: open },
  { path: "cases", title: "Cases", component: CasesView, offered: open },
  { path: "check", title: "Check", component: CheckView, offered: open },
  { path: "labels", title: "Labels", component: LabelsView, offered: open },
  { path: "ask", title: "Classify and ask", component: AskView, offered: open },
  { path: "chat", title: "Chat", component: ChatView, offered: open },
  { path: "map", title: "Map", component: MapView, offered: open },
  { path: "runs", title: "Evaluations", component: RunsView, offered: (overview) => overview.runs },
  { path: "run", title: "Evaluation", component: RunView, within: "runs" },
  { path: "compare", title: "Comparison", component: CompareView, within: "runs" },
];
