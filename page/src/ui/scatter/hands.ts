// Mouse, fingers and keys on a scatter plot.

import type { Spot, Stage } from "./stage";

export interface Actions {
  stage: Stage;
  picking: () => boolean;
  /** The outline that is being drawn; empty for none. */
  outline: (spots: Spot[]) => void;
  moved: () => void;
  show: (row: number, byKey: boolean) => void;
  open: (row: number) => void;
  pick: (rows: number[]) => void;
}

const REACH = 14;
const STEP = 24;
const DIRECTIONS: Record<string, Spot> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Listens until the function that it gives is called. */
export function listen(canvas: HTMLCanvasElement, on: Actions): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  pointers(canvas, on, signal);
  keys(canvas, on, signal);
  return () => stop.abort();
}

function pointers(canvas: HTMLCanvasElement, { stage, ...on }: Actions, signal: AbortSignal): void {
  const down = new Map<number, Spot>();
  let outline: Spot[] | null = null;
  let far = 0;
  let touched = -1;
  const spot = (event: MouseEvent): Spot => [event.offsetX, event.offsetY];

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      stage.scale(Math.exp(-0.0022 * event.deltaY * (event.deltaMode ? 20 : 1)), spot(event));
      on.moved();
    },
    { signal, passive: false },
  );
  canvas.addEventListener(
    "pointerdown",
    (event) => {
      canvas.setPointerCapture(event.pointerId);
      if (down.size === 0) far = 0;
      down.set(event.pointerId, spot(event));
      outline = down.size === 1 && (on.picking() || event.shiftKey) ? [spot(event)] : null;
    },
    { signal },
  );
  canvas.addEventListener(
    "pointermove",
    (event) => {
      const now = spot(event);
      const before = down.get(event.pointerId);
      if (!before) {
        if (event.pointerType !== "touch") on.show(stage.at(now, REACH), false);
        return;
      }
      const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
      far += Math.hypot(dx, dy);
      if (outline) {
        outline.push(now);
        on.outline(outline);
      } else if (down.size === 2) {
        const other = [...down].find(([id]) => id !== event.pointerId)![1];
        const apart = (one: Spot) => Math.hypot(one[0] - other[0], one[1] - other[1]);
        stage.scale(apart(now) / Math.max(1, apart(before)), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
        stage.move(dx / 2, dy / 2);
      } else if (far > 4) stage.move(dx, dy);
      down.set(event.pointerId, now);
      on.moved();
    },
    { signal },
  );
  const up = (event: PointerEvent) => {
    if (!down.delete(event.pointerId)) return;
    if (outline && far > 4 && event.type === "pointerup") on.pick(stage.inside(outline));
    else if (far <= 4 && event.type === "pointerup") {
      const row = stage.at(spot(event), REACH);
      // A finger shows first, as a mouse does by being there, and opens what it shows.
      if (row >= 0 && (event.pointerType !== "touch" || row === touched)) on.open(row);
      touched = row;
      on.show(row, false);
    }
    if (outline) on.outline([]);
    outline = null;
  };
  canvas.addEventListener("pointerup", up, { signal });
  canvas.addEventListener("pointercancel", up, { signal });
  canvas.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && on.show(-1, false), { signal });
}

function keys(canvas: HTMLCanvasElement, { stage, ...on }: Actions, signal: AbortSignal): void {
  let row = -1;
  let corners: [Spot, Spot] | null = null;
  const middle = (): Spot => [stage.width / 2, stage.height / 2];
  const here = (): Spot => (row >= 0 ? stage.of(row) : middle());
  const rectangle = (): Spot[] => {
    const [[left, top], [right, bottom]] = corners!;
    return [[left, top], [right, top], [right, bottom], [left, bottom]];
  };
  const go = (to: number) => {
    if (to < 0) return;
    row = to;
    stage.show(row);
    on.show(row, true);
    on.moved();
  };
  const leave = () => {
    corners = null;
    on.outline([]);
  };
  const pressed: Record<string, () => void> = {
    "+": () => stage.scale(1.5, here()),
    "=": () => stage.scale(1.5, here()),
    "-": () => stage.scale(1 / 1.5, here()),
    "0": () => stage.fit(),
    r: () => {
      const [x, y] = here();
      corners = [[x - STEP, y - STEP], [x + STEP, y + STEP]];
      on.outline(rectangle());
    },
    Enter: () => {
      if (corners) {
        const rows = stage.inside(rectangle());
        leave();
        on.pick(rows);
      } else if (row >= 0) on.open(row);
    },
    Escape: leave,
  };
  canvas.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const way = DIRECTIONS[event.key];
      if (way && corners) {
        const [[left, top], [right, bottom]] = corners;
        const [dx, dy] = [way[0] * STEP, way[1] * STEP];
        // Shift moves the upper left corner, so that the rectangle grows to all sides.
        corners = event.shiftKey ? [[left + dx, top + dy], [right, bottom]] : [[left, top], [right + dx, bottom + dy]];
        on.outline(rectangle());
      } else if (way && event.shiftKey) stage.move(-3 * way[0] * STEP, -3 * way[1] * STEP);
      else if (way) go(row < 0 ? stage.at(middle()) : stage.towards(row, way));
      else if (pressed[event.key]) pressed[event.key]!();
      else return;
      event.preventDefault();
      on.moved();
    },
    { signal },
  );
  canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && go(row < 0 ? stage.at(middle()) : row), { signal });
  canvas.addEventListener("blur", () => (leave(), on.show(-1, true)), { signal });
}
