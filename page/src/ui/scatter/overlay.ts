// What stands above the points: the one that is meant, the outline being drawn, and the place of the query.

import type { Spot, Stage } from "./stage";

export interface Above {
  /** The point that is meant; -1 for none. */
  row: number;
  outline: Spot[];
  mark: { x: number; y: number; words: string } | null;
  ink: string;
  accent: string;
  card: string;
}

export function overlay(canvas: HTMLCanvasElement, ratio: number, stage: Stage, above: Above): void {
  const pen = canvas.getContext("2d")!;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, stage.width, stage.height);
  if (above.mark) star(pen, stage.spot(above.mark.x, above.mark.y), above);
  if (above.row >= 0) {
    const [x, y] = stage.of(above.row);
    for (const [width, color] of [[5, above.card], [2.5, above.ink]] as const) {
      pen.beginPath();
      pen.arc(x, y, 9, 0, 2 * Math.PI);
      pen.lineWidth = width;
      pen.strokeStyle = color;
      pen.stroke();
    }
  }
  if (above.outline.length > 1) {
    pen.beginPath();
    for (const [x, y] of above.outline) pen.lineTo(x, y);
    pen.closePath();
    pen.lineWidth = 2;
    pen.strokeStyle = above.accent;
    pen.setLineDash([6, 4]);
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 0.12;
    pen.fillStyle = above.accent;
    pen.fill();
    pen.globalAlpha = 1;
  }
}

function star(pen: CanvasRenderingContext2D, [x, y]: Spot, { ink, card, mark }: Above): void {
  pen.beginPath();
  for (let corner = 0; corner < 10; corner++) {
    const radius = corner % 2 ? 5 : 12;
    const turn = (Math.PI * corner) / 5 - Math.PI / 2;
    pen.lineTo(x + radius * Math.cos(turn), y + radius * Math.sin(turn));
  }
  pen.closePath();
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = card;
  pen.stroke();
  pen.fillStyle = ink;
  pen.fill();
  pen.font = "600 13px system-ui, sans-serif";
  pen.strokeText(mark!.words, x + 15, y + 5);
  pen.fillText(mark!.words, x + 15, y + 5);
}
