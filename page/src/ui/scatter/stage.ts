// Where points lie on the screen: zoomed and moved, and which of them is meant by a place, a direction or an outline.

import { polygonContains } from "d3-polygon";

export interface Points {
  /** In [0, 1]; y upwards. */
  x: Float32Array;
  y: Float32Array;
}

export type Spot = [number, number];

const EDGE = 18;
const MOST_ZOOM = 200;

export class Stage {
  width = 1;
  height = 1;
  zoom = 1;
  left = 0;
  top = 0;
  /** Changes whenever places do. */
  revision = 0;

  constructor(readonly points: Points, private readonly shown: (row: number) => boolean) {}

  /** CSS pixels from the upper left corner. */
  spot(x: number, y: number): Spot {
    return [
      (x * (this.width - 2 * EDGE) + EDGE) * this.zoom + this.left,
      ((1 - y) * (this.height - 2 * EDGE) + EDGE) * this.zoom + this.top,
    ];
  }

  of(row: number): Spot {
    return this.spot(this.points.x[row]!, this.points.y[row]!);
  }

  /** Places of all points, times `ratio`. */
  places(ratio: number): { x: Float32Array; y: Float32Array } {
    const [left, top] = this.spot(0, 0);
    const [right, bottom] = this.spot(1, 1);
    return {
      x: this.points.x.map((x) => ratio * (left + x * (right - left))),
      y: this.points.y.map((y) => ratio * (top + y * (bottom - top))),
    };
  }

  resize(width: number, height: number): void {
    [this.width, this.height] = [width, height];
    this.hold();
  }

  move(dx: number, dy: number): void {
    this.left += dx;
    this.top += dy;
    this.hold();
  }

  /** Zooms by a factor, with what lies at the spot staying there. */
  scale(factor: number, [x, y]: Spot): void {
    const zoom = Math.min(MOST_ZOOM, Math.max(1, this.zoom * factor));
    const by = zoom / this.zoom;
    this.left = x - by * (x - this.left);
    this.top = y - by * (y - this.top);
    this.zoom = zoom;
    this.hold();
  }

  fit(): void {
    this.zoom = 1;
    this.left = this.top = 0;
    this.revision++;
  }

  /** Moves so far that a point is in sight. */
  show(row: number): void {
    const [x, y] = this.of(row);
    const dx = x < EDGE ? EDGE - x : x > this.width - EDGE ? this.width - EDGE - x : 0;
    const dy = y < EDGE ? EDGE - y : y > this.height - EDGE ? this.height - EDGE - y : 0;
    this.move(dx, dy);
  }

  /** Never away from the points altogether. */
  private hold(): void {
    this.revision++;
    this.left = Math.min(0, Math.max(this.width * (1 - this.zoom), this.left));
    this.top = Math.min(0, Math.max(this.height * (1 - this.zoom), this.top));
  }

  /** The point nearest to a spot, no farther than `within` pixels; -1 where there is none. */
  at([x, y]: Spot, within = Infinity): number {
    return this.least((px, py) => {
      const distance = Math.hypot(px - x, py - y);
      return distance <= within ? distance : Infinity;
    });
  }

  /** The nearest point of those that lie rather in this direction than beside it; -1 where there is none. */
  towards(row: number, [dx, dy]: Spot): number {
    const [x, y] = this.of(row);
    return this.least((px, py) => {
      const along = (px - x) * dx + (py - y) * dy;
      const beside = Math.abs((px - x) * dy - (py - y) * dx);
      return along > 0.01 && beside <= along ? along + beside : Infinity;
    });
  }

  inside(outline: Spot[]): number[] {
    const xs = outline.map(([x]) => x);
    const ys = outline.map(([, y]) => y);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const found: number[] = [];
    this.each((row, x, y) => {
      if (x >= left && x <= right && y >= top && y <= bottom && polygonContains(outline, [x, y])) found.push(row);
    });
    return found;
  }

  private least(cost: (x: number, y: number) => number): number {
    let best = -1;
    let lowest = Infinity;
    this.each((row, x, y) => {
      const one = cost(x, y);
      if (one < lowest) [best, lowest] = [row, one];
    });
    return best;
  }

  private each(told: (row: number, x: number, y: number) => void): void {
    const { x, y } = this.places(1);
    for (let row = 0; row < x.length; row++) if (this.shown(row)) told(row, x[row]!, y[row]!);
  }
}
