// Where cases of the map open.

import type { Query } from "../route";
import { VIEWS } from "./views";

const has = (path: string) => VIEWS.some((view) => view.path === path);

export const caseAddress = (id: string): [string, Query] =>
  has("cases") ? ["cases", { open: `case:${id}` }] : ["", { of: `case:${id}` }];

/** Cases that satisfy a condition: browsed where there is a view for it, else a filter of the search. */
export const browseAddress = (where: string): [string, Query] => (has("cases") ? ["cases", { where }] : ["", { where }]);
