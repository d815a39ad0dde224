// Paints points straight into pixels: a hundred thousand take a few milliseconds, so that moving never stutters.

import { type Sprite, type Style, sprite } from "./shapes";

export interface Scene {
  /** Places in device pixels. */
  x: Float32Array;
  y: Float32Array;
  codes: Uint8Array;
  styles: Style[];
  /** 1 for points that stand back. */
  faded: Uint8Array | null;
  radius: number;
  background: string;
  fadedColor: string;
}

const sprites = new Map<string, Sprite>();

function spriteOf(shape: number, radius: number): Sprite {
  const rounded = Math.round(4 * radius) / 4;
  const key = `${shape} ${rounded}`;
  if (!sprites.has(key)) sprites.set(key, sprite(shape, rounded));
  return sprites.get(key)!;
}

/** Any CSS colour as a pixel of an ImageData. */
function pixelOf(color: string): number {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  return new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0]!;
}

export function paint(canvas: HTMLCanvasElement, scene: Scene): void {
  const { width, height } = canvas;
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer).fill(pixelOf(scene.background));
  const { faded } = scene;
  if (faded) layer(pixels, width, height, scene, (row) => faded[row] === 1, pixelOf(scene.fadedColor), 0.75);
  layer(pixels, width, height, scene, (row) => !faded?.[row], null, 1);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

function layer(pixels: Uint32Array, width: number, height: number, scene: Scene, within: (row: number) => boolean, only: number | null, size: number): void {
  const drawn = scene.styles.map((style) => ({
    ...spriteOf(style.shape, size * scene.radius),
    color: only ?? pixelOf(style.color),
    hidden: style.hidden,
  }));
  const { x, y, codes } = scene;
  for (let row = 0; row < x.length; row++) {
    const { hidden, side, mask, color } = drawn[codes[row]!]!;
    if (hidden || !within(row)) continue;
    const left = Math.round(x[row]! - side / 2);
    const top = Math.round(y[row]! - side / 2);
    if (left < 0 || top < 0 || left + side > width || top + side > height) continue;
    for (let place = 0, line = top; line < top + side; line++) {
      for (let at = line * width + left, end = at + side; at < end; at++, place++) {
        const cover = mask[place]!;
        // An edge is half of both: three steps look smooth at this size, and whole numbers are fast.
        if (cover > 170) pixels[at] = color;
        else if (cover > 60) pixels[at] = ((pixels[at]! & 0xfefefefe) >>> 1) + ((color & 0xfefefefe) >>> 1);
      }
    }
  }
}
