// A scatter plot on a canvas, for the mouse, fingers and the keyboard alike.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { computed, useScheme } from "./colors";
import { type Actions, listen } from "./hands";
import { overlay } from "./overlay";
import { paint } from "./paint";
import { markOf, REST, type Style } from "./shapes";
import { type Points, type Spot, Stage } from "./stage";

export interface ScatterProps {
  points: Points;
  /** Number of each point's category. */
  codes: Uint8Array;
  /** Whether a category is hidden, and whether it is one of the left over. */
  categories: { hidden: boolean; rest: boolean }[];
  /** 1 for points that stand back. */
  faded: Uint8Array | null;
  label: string;
  /** What is said of a point, in words. */
  describe: (row: number) => string;
  /** What is shown beside a point. */
  tip: (row: number) => ComponentChildren;
  onOpen: (row: number) => void;
  onPick: (rows: number[]) => void;
  /** Drawing an outline rather than moving. */
  picking: boolean;
  /** A place that is marked, with what to call it. */
  mark: { x: number; y: number; words: string } | null;
}

const HELP =
  "Arrow keys go to the nearest point in that direction, Enter opens it. Plus and minus zoom, 0 shows all, arrow keys with Shift move. " +
  "R begins a rectangle at the point, arrow keys stretch it, Enter picks what is inside, Escape leaves it.";

export function Scatter(props: ScatterProps) {
  const { points, codes, categories, faded, describe, tip, mark, picking } = props;
  const box = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const [shown, setShown] = useState<{ row: number; byKey: boolean } | null>(null);
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const scheme = useScheme();
  const latest = useRef(props);
  latest.current = props;
  const [stage, setStage] = useState<Stage | null>(null);
  const outline = useRef<Spot[]>([]);

  useLayoutEffect(() => {
    const visible = (row: number) => {
      const { categories, codes, faded } = latest.current;
      return !categories[codes[row]!]?.hidden && !faded?.[row];
    };
    const made = new Stage(points, visible);
    setStage(made);
    setShown(null);
    const measured = new ResizeObserver(() => {
      made.resize(box.current!.clientWidth, box.current!.clientHeight);
      redraw(null as never);
    });
    measured.observe(box.current!);
    const actions: Actions = {
      stage: made,
      picking: () => latest.current.picking,
      outline: (spots) => {
        outline.current = spots;
        redraw(null as never);
      },
      moved: () => redraw(null as never),
      show: (row, byKey) => setShown((before) => (row < 0 ? null : before?.row === row && before.byKey === byKey ? before : { row, byKey })),
      open: (row) => latest.current.onOpen(row),
      pick: (rows) => latest.current.onPick(rows),
    };
    const stop = listen(above.current!, actions);
    return () => {
      stop();
      measured.disconnect();
    };
  }, [points]);

  const ratio = Math.min(2, devicePixelRatio);
  useEffect(() => {
    if (!stage || stage.width < 2) return;
    const frame = requestAnimationFrame(() => {
      for (const canvas of [below.current!, above.current!]) {
        const [width, height] = [Math.round(ratio * stage.width), Math.round(ratio * stage.height)];
        if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      }
      const marks = categories.map(({ rest }, number) => (rest ? REST : markOf(number)));
      const [background, fadedColor, ...colors] = computed(box.current!, ["var(--card)", "var(--line)", ...marks.map(({ color }) => color)]);
      const styles: Style[] = marks.map(({ shape }, number) => ({ shape, color: colors[number]!, hidden: categories[number]!.hidden }));
      const crowd = Math.max(1.7, Math.min(5, 150 / Math.sqrt(codes.length)));
      const radius = ratio * Math.min(7, crowd * stage.zoom ** 0.3);
      paint(below.current!, { ...stage.places(ratio), codes, styles, faded, radius, background: background!, fadedColor: fadedColor! });
    });
    return () => cancelAnimationFrame(frame);
  }, [stage, stage?.revision, codes, JSON.stringify(categories), faded, scheme]);
  useEffect(() => {
    if (!stage || stage.width < 2) return;
    // After the points: a canvas that got another size is empty.
    const frame = requestAnimationFrame(() => {
      const [ink, accent, card] = computed(box.current!, ["var(--ink)", "var(--accent)", "var(--card)"]) as [string, string, string];
      overlay(above.current!, ratio, stage, { row: shown?.row ?? -1, outline: outline.current, mark, ink, accent, card });
    });
    return () => cancelAnimationFrame(frame);
  });

  const at = stage && shown ? stage.of(shown.row) : null;
  return (
    <div class="scatter" ref={box}>
      <canvas ref={below} aria-hidden="true" />
      <canvas
        ref={above}
        class={picking ? "picks" : ""}
        tabIndex={0}
        role="application"
        aria-label={props.label}
        aria-describedby="scatter-help"
        data-scheme={scheme}
      />
      <p class="hidden-words" id="scatter-help">{HELP}</p>
      <p class="hidden-words" aria-live="polite">{shown?.byKey ? describe(shown.row) : ""}</p>
      {shown && at && at[0] >= 0 && at[0] <= stage!.width && (
        <div class="scatter-tip" aria-hidden="true" style={beside(at, stage!)}>{tip(shown.row)}</div>
      )}
    </div>
  );
}

/** Beside a point, on the side that has more room. */
function beside([x, y]: Spot, stage: Stage) {
  return {
    ...(x > stage.width / 2 ? { right: `${stage.width - x + 12}px` } : { left: `${x + 12}px` }),
    ...(y > stage.height / 2 ? { bottom: `${Math.max(4, stage.height - y - 20)}px` } : { top: `${Math.max(4, y - 20)}px` }),
  };
}
