// What the marks of the map mean: each category can be hidden, and its cases picked. Also the map in words.

import { Icon } from "../ui/icons";
import { markOf, OUTLINES, REST } from "../ui/scatter/shapes";
import type { Coloring } from "./map";

interface Props {
  coloring: Coloring;
  hidden: Set<number>;
  onToggle: (number: number) => void;
  onPick: (number: number) => void;
}

export function Legend({ coloring, hidden, onToggle, onPick }: Props) {
  return (
    <aside class="panel map-legend" aria-label="Legend">
      <h2>
        {coloring.by} {coloring.private && <Icon name="lock" label="private" />}
      </h2>
      <ul>
        {coloring.categories.map(({ name, count, rest }, number) => {
          const { color, shape } = rest ? REST : markOf(number);
          return (
            <li key={name}>
              <label>
                <input type="checkbox" checked={!hidden.has(number)} onChange={() => onToggle(number)} />
                <svg class="map-mark" viewBox="-1.3 -1.3 2.6 2.6" aria-hidden="true" style={{ color }}>
                  <path d={OUTLINES[shape]} />
                </svg>
                <span>{name}</span>
              </label>
              <button class="button quiet" onClick={() => onPick(number)} aria-label={`Pick the ${count} cases of ${name}`}>{count.toLocaleString()}</button>
            </li>
          );
        })}
      </ul>
      <p class="soft">A tick shows or hides; a number picks its cases. Scroll or pinch to zoom, drag with Shift for a lasso. On the map: arrow keys, Enter, R for a rectangle.</p>
    </aside>
  );
}
