// Marks of categories: a hue and a shape each, so that colour never tells two apart alone.

export interface Style {
  /** A colour that a canvas understands. */
  color: string;
  shape: number;
  hidden: boolean;
}

const HUES = 8;
const SHAPES = 8;

/** Colour and shape of the category of a number: each hue once, then darker or lighter with another shape. */
export function markOf(number: number): { color: string; shape: number } {
  const round = Math.floor(number / HUES);
  const hue = `var(--cat-${number % HUES})`;
  return { color: round ? `color-mix(in srgb, ${hue} 55%, var(--ink))` : hue, shape: (number + 3 * round) % SHAPES };
}

/** Of what is left over: rare values, and unknown ones. */
export const REST = { color: "var(--soft)", shape: 7 };

/** Outline of a shape of radius 1 around the origin, for SVG and canvas alike; the ring is the disc with a hole. */
export const OUTLINES = [
  "M-.9 0A.9 .9 0 1 0 .9 0A.9 .9 0 1 0 -.9 0Z",
  "M-.78 -.78H.78V.78H-.78Z",
  "M0 -1L.95 .72H-.95Z",
  "M0 -1.1L.95 0L0 1.1L-.95 0Z",
  "M-.95 -.6L-.6 -.95L0 -.35L.6 -.95L.95 -.6L.35 0L.95 .6L.6 .95L0 .35L-.6 .95L-.95 .6L-.35 0Z",
  "M-.28 -1H.28V-.28H1V.28H.28V1H-.28V.28H-1V-.28H-.28Z",
  "M0 1L.95 -.72H-.95Z",
  "M-1 0A1 1 0 1 0 1 0A1 1 0 1 0 -1 0ZM-.5 0A.5 .5 0 1 1 .5 0A.5 .5 0 1 1 -.5 0Z",
];

export interface Sprite {
  side: number;
  /** Coverage of each pixel, 0 to 255, row by row. */
  mask: Uint8ClampedArray;
}

/** A shape as pixels. `radius` in device pixels. */
export function sprite(shape: number, radius: number): Sprite {
  const side = 2 * Math.ceil(1.15 * radius) + 1;
  const canvas = new OffscreenCanvas(side, side);
  const pen = canvas.getContext("2d", { willReadFrequently: true })!;
  pen.translate(side / 2, side / 2);
  pen.scale(radius, radius);
  pen.fill(new Path2D(OUTLINES[shape]));
  const { data } = pen.getImageData(0, 0, side, side);
  return { side, mask: data.filter((_, place) => place % 4 === 3) };
}
