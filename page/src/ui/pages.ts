// A long list of which only the pages in sight are fetched.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useShared } from "../context";

const PAGE = 100;

export interface Page<T> {
  total: number;
  first: number;
  cases: T[];
  version: number;
}

export interface Paged<T> {
  /** Null until the first page came. */
  total: number | null;
  version: number;
  at: (index: number) => T | undefined;
  /** To be told which entries are in sight. */
  onSight: (first: number, last: number) => void;
  error: string | null;
}

/** Entries of an action that takes `first` and `count`; anew where its arguments or the version change. */
export function usePages<T>(name: string, given: object, version: number): Paged<T> {
  const { api } = useShared();
  const asked = JSON.stringify(given);
  const key = `${asked} ${version}`;
  // What an earlier version had stays in sight until its successor came.
  const held = useRef({ key: "", asked: "", pages: new Map<number, T[] | null>(), before: new Map<number, T[] | null>() });
  const sight = useRef([0, 0] as [number, number]);
  const [state, setState] = useState<{ key: string; total: number | null; version: number; error: string | null }>({ key: "", total: null, version, error: null });
  const fetchPage = useCallback(
    (page: number) => {
      const mine = held.current;
      if (mine.pages.has(page)) return;
      mine.pages.set(page, null);
      api
        .call<Page<T>>(name, { ...given, first: page * PAGE, count: PAGE })
        .then((found) => {
          mine.pages.set(page, found.cases);
          if (held.current === mine) setState({ key: mine.key, total: found.total, version: found.version, error: null });
        })
        .catch((error: Error) => {
          mine.pages.delete(page);
          if (held.current === mine) setState((before) => ({ ...before, key: mine.key, error: error.message }));
        });
    },
    [key, api],
  );
  if (held.current.key !== key) {
    held.current = { key, asked, pages: new Map(), before: held.current.asked === asked ? held.current.pages : new Map() };
  }
  const look = ([first, last]: [number, number]) => {
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page++) fetchPage(page);
  };
  useEffect(() => {
    fetchPage(0);
    look(sight.current);
  }, [fetchPage]);
  return {
    total: state.total,
    version: state.version,
    error: state.key === key ? state.error : null,
    at: (index) => (held.current.pages.get(Math.floor(index / PAGE)) ?? held.current.before.get(Math.floor(index / PAGE)))?.[index % PAGE],
    onSight: (...now) => look((sight.current = now)),
  };
}
