// A grid of which only the rows in sight are in the document, whatever its length; it scrolls with the window.

import { elementScroll, observeWindowOffset, observeWindowRect, Virtualizer, windowScroll } from "@tanstack/virtual-core";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

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
}

const GAP = 13;

export function Grid({ count, cell, row, label, children, onSight }: GridProps) {
  const box = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(1);
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const rows = Math.ceil(count / columns);
  const options = {
    count: rows,
    getScrollElement: () => window,
    estimateSize: () => row,
    gap: GAP,
    overscan: 3,
    scrollMargin: box.current?.offsetTop ?? 0,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll as unknown as typeof elementScroll,
    onChange: redraw,
  };
  const [virtual] = useState(() => new Virtualizer(options as never));
  virtual.setOptions(options as never);
  useLayoutEffect(() => virtual._didMount(), []);
  useLayoutEffect(() => virtual._willUpdate());
  useLayoutEffect(() => {
    const measured = new ResizeObserver(() => {
      setColumns(Math.max(1, Math.floor((box.current!.clientWidth + GAP) / (cell + GAP))));
    });
    measured.observe(box.current!);
    return () => measured.disconnect();
  }, [cell]);
  useEffect(() => virtual.measure(), [columns]);
  const shown = virtual.getVirtualItems();
  const first = (shown[0]?.index ?? 0) * columns;
  const last = Math.min(count, ((shown.at(-1)?.index ?? -1) + 1) * columns) - 1;
  useEffect(() => {
    if (last >= first) onSight?.(first, last);
  }, [first, last, count]);
  return (
    <div class="grid-window" ref={box} role="list" aria-label={label} style={{ height: virtual.getTotalSize() }}>
      {shown.map((one) => (
        <div
          key={one.key as number}
          data-index={one.index}
          ref={(element) => {
            if (element) virtual.measureElement(element as never);
          }}
          class="grid-row"
          role="presentation"
          style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, transform: `translateY(${one.start - virtual.options.scrollMargin}px)` }}
        >
          {Array.from({ length: Math.min(columns, count - one.index * columns) }, (_, column) => (
            <div role="listitem" key={column} aria-posinset={one.index * columns + column + 1} aria-setsize={count}>
              {children(one.index * columns + column)}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}
