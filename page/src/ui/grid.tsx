// A grid of which only the rows in sight are in the document, whatever its length; it scrolls with the window.
// Arrow keys, Home and End go from cell to cell, and one cell alone is in the order of the Tab key.

import { defaultRangeExtractor, elementScroll, observeWindowOffset, observeWindowRect, type Range, Virtualizer, windowScroll } from "@tanstack/virtual-core";
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

export interface GridProps {
  count: number;
  /** Least width of a cell, CSS pixels. */
  cell: number;
  /** Height of a row before it was measured. */
  row: number;
  label: string;
  children: (index: number) => ComponentChildren;
  /** Told which cells are in sight, to fetch what they show. */
  onSight?: (first: number, last: number) => void;
  /** The cell that is looked at elsewhere; it is kept in sight, and gets the focus once that is over. */
  at?: number | null;
}

const GAP = 13;
/** Height of the bar that stays at the top, CSS pixels: nothing is scrolled to beneath it. */
const BAR = 64;
const CONTROLS = "a[href], button, input, select";

export function Grid({ count, cell, row, label, children, onSight, at = null }: GridProps) {
  const box = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(1);
  const [top, setTop] = useState(0);
  const [chosen, setCurrent] = useState(0);
  const moved = useRef(false);
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const current = Math.min(chosen, count - 1);
  const currentRow = Math.floor(current / columns);
  const options = {
    count: Math.ceil(count / columns),
    getScrollElement: () => window,
    estimateSize: () => row,
    gap: GAP,
    overscan: 3,
    scrollMargin: top,
    scrollPaddingStart: BAR,
    scrollPaddingEnd: GAP,
    // The row of the current cell stays, so that the focus is not lost while it is out of sight.
    rangeExtractor: useCallback(
      (range: Range) => [...new Set([...defaultRangeExtractor(range), Math.max(0, currentRow)])].filter((one) => one < range.count).sort((a, b) => a - b),
      [currentRow],
    ),
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll as unknown as typeof elementScroll,
    onChange: redraw,
  };
  const [virtual] = useState(() => new Virtualizer(options as never));
  virtual.setOptions(options as never);
  const measure = useCallback((element: HTMLElement | null) => {
    if (element) virtual.measureElement(element as never);
  }, []);
  useLayoutEffect(() => virtual._didMount(), []);
  useLayoutEffect(() => virtual._willUpdate());
  useLayoutEffect(() => {
    // Of the whole page: what stands above the grid moves it when it grows.
    const measured = new ResizeObserver(() => {
      setColumns(Math.max(1, Math.floor((box.current!.clientWidth + GAP) / (cell + GAP))));
      setTop(Math.round(box.current!.getBoundingClientRect().top + scrollY));
    });
    measured.observe(box.current!);
    measured.observe(document.body);
    return () => measured.disconnect();
  }, [cell]);
  useLayoutEffect(() => {
    // Heights of rows of another number of columns are forgotten, and these measured before they are painted.
    virtual.measure();
    for (const one of box.current!.querySelectorAll(".grid-row")) virtual.measureElement(one as never);
  }, [columns]);
  const shown = virtual.getVirtualItems();
  const first = (virtual.range?.startIndex ?? 0) * columns;
  const last = Math.min(count, ((virtual.range?.endIndex ?? -1) + 1) * columns) - 1;
  useEffect(() => {
    if (last >= first) onSight?.(first, last);
  }, [first, last, count]);
  useLayoutEffect(() => {
    for (const one of box.current!.querySelectorAll<HTMLElement>("[data-cell]")) {
      const tab = Number(one.dataset.cell) === current ? 0 : -1;
      for (const control of one.querySelectorAll<HTMLElement>(CONTROLS)) control.tabIndex = tab;
    }
    if (!moved.current) return;
    moved.current = false;
    box.current!.querySelector<HTMLElement>(`[data-cell="${current}"]`)?.querySelector<HTMLElement>(CONTROLS)?.focus({ preventScroll: true });
  });
  const lookedAt = useRef<number | null>(null);
  useEffect(() => {
    if (at !== null) {
      setCurrent(at);
      virtual.scrollToIndex(Math.floor(at / columns));
    } else if (lookedAt.current !== null) {
      moved.current = true;
      setCurrent(lookedAt.current);
      redraw(0);
    }
    lookedAt.current = at;
  }, [at]);
  const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -count, End: count };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || (event.target as Element).matches("input, select")) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(count - 1, current + step));
    moved.current = true;
    setCurrent(to);
    virtual.scrollToIndex(Math.floor(to / columns));
    redraw(0);
  };
  const onFocus = (event: FocusEvent) => {
    const entered = (event.target as Element).closest<HTMLElement>("[data-cell]");
    if (entered) setCurrent(Number(entered.dataset.cell));
  };
  return (
    <div class="grid-window" ref={box} role="list" aria-label={label} style={{ height: `${virtual.getTotalSize()}px` }} onKeyDown={onKeyDown} onFocusIn={onFocus}>
      {shown.map((one) => (
        <div
          key={one.key as number}
          data-index={one.index}
          ref={measure}
          class="grid-row"
          role="presentation"
          style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, transform: `translateY(${one.start - top}px)` }}
        >
          {Array.from({ length: Math.min(columns, count - one.index * columns) }, (_, column) => (
            <div role="listitem" key={column} data-cell={one.index * columns + column} aria-posinset={one.index * columns + column + 1} aria-setsize={count}>
              {children(one.index * columns + column)}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}
