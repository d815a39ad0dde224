// Every state of the page is an address: the view is its path, what the view shows its query. Reload and back work.

import { useEffect, useState } from "preact/hooks";

export interface Route {
  view: string;
  query: URLSearchParams;
}

const MOVED = "dermtools-moved";

function here(): Route {
  return { view: location.pathname.slice(1), query: new URLSearchParams(location.search) };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(here);
  useEffect(() => {
    const moved = () => setRoute(here());
    addEventListener("popstate", moved);
    addEventListener(MOVED, moved);
    return () => {
      removeEventListener("popstate", moved);
      removeEventListener(MOVED, moved);
    };
  }, []);
  return route;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** The address of a view; what is empty, false or missing is left out. */
export function address(view: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false);
  const written = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `/${view}${written && `?${written}`}`;
}

export function go(view: string, query: Query = {}, { replace = false } = {}): void {
  history[replace ? "replaceState" : "pushState"](null, "", address(view, query));
  dispatchEvent(new Event(MOVED));
}

/** For the click of a link: the page moves by itself, and a click with a key held goes to the browser. */
export function follow(event: MouseEvent): void {
  const link = (event.currentTarget as HTMLAnchorElement).getAttribute("href")!;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  history.pushState(null, "", link);
  dispatchEvent(new Event(MOVED));
  scrollTo(0, 0);
}
