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

/** Red, green and blue of any CSS colour, as the canvas shows it. */
function channels(color: string): [number, number, number] {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return [red!, green!, blue!];
}

export function paint(canvas: HTMLCanvasElement, scene: Scene): void {
  const { width, height } = canvas;
  const pen = canvas.getContext("2d", { willReadFrequently: true })!;
  pen.fillStyle = scene.background;
  pen.fillRect(0, 0, width, height);
  const image = pen.getImageData(0, 0, width, height);
  const { faded } = scene;
  if (faded) layer(image, scene, (row) => faded[row] === 1, channels(scene.fadedColor), 0.75);
  layer(image, scene, (row) => !faded?.[row], null, 1);
  pen.putImageData(image, 0, 0);
}

function layer(image: ImageData, scene: Scene, within: (row: number) => boolean, only: [number, number, number] | null, size: number): void {
  const { data, width, height } = image;
  const drawn = scene.styles.map((style) => ({
    ...spriteOf(style.shape, size * scene.radius),
    color: only ?? channels(style.color),
    hidden: style.hidden,
  }));
  for (let row = 0; row < scene.x.length; row++) {
    const style = drawn[scene.codes[row]!]!;
    if (style.hidden || !within(row)) continue;
    const { side, mask, color } = style;
    const left = Math.round(scene.x[row]! - side / 2);
    const top = Math.round(scene.y[row]! - side / 2);
    if (left < 0 || top < 0 || left + side > width || top + side > height) continue;
    const [red, green, blue] = color;
    for (let place = 0, line = top; line < top + side; line++) {
      for (let at = 4 * (line * width + left), end = at + 4 * side; at < end; at += 4, place++) {
        const cover = mask[place]!;
        if (cover === 0) continue;
        const share = 0.0035 * cover;
        data[at]! += share * (red - data[at]!);
        data[at + 1]! += share * (green - data[at + 1]!);
        data[at + 2]! += share * (blue - data[at + 2]!);
      }
    }
  }
}
