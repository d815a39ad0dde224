// Pictures side by side that zoom and pan in step: what is done to one is done to all.

import Panzoom from "@panzoom/panzoom";

export interface Zoom {
  /** Steps to zoom in (positive) or out (negative); 0 shows all again. */
  by: (steps: number) => void;
  destroy: () => void;
}

interface Change {
  x: number;
  y: number;
  scale: number;
}

const STEP = 0.35;

/** The elements fill panes of one size, which catch the wheel; each is moved inside its pane. */
export function inStep(elements: HTMLElement[]): Zoom {
  const options = { minScale: 1, maxScale: 16, step: STEP, contain: "outside", panOnlyWhenZoomed: true, pinchAndPan: true, cursor: "grab" } as const;
  const all = elements.map((element) => Panzoom(element, options));
  const ends = all.map((one, place) => {
    const element = elements[place]!;
    const pane = element.parentElement!;
    const follow = ({ detail }: Event & { detail?: Change }) => {
      for (const other of all) {
        if (other === one) continue;
        other.zoom(detail!.scale, { silent: true, force: true });
        other.pan(detail!.x, detail!.y, { silent: true, force: true });
      }
    };
    element.addEventListener("panzoomchange", follow);
    pane.addEventListener("wheel", one.zoomWithWheel, { passive: false });
    return () => {
      element.removeEventListener("panzoomchange", follow);
      pane.removeEventListener("wheel", one.zoomWithWheel);
      one.destroy();
    };
  });
  return {
    by: (steps) => void (steps ? all[0]!.zoom(all[0]!.getScale() * Math.exp(STEP * steps)) : all[0]!.reset({ animate: false })),
    destroy: () => ends.forEach((end) => end()),
  };
}
