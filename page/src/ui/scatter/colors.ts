// The page's colours as a canvas needs them, in the scheme that is shown.

import { useEffect, useState } from "preact/hooks";
import { HUES } from "./shapes";

export interface Colors {
  hues: string[];
  soft: string;
  card: string;
  line: string;
  ink: string;
  accent: string;
}

/** As computed where an element stands: a custom property alone still says `light-dark(...)`. */
export function colorsOf(element: HTMLElement): Colors {
  const probe = element.appendChild(document.createElement("i"));
  const named = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const [soft, card, line, ink, accent] = ["soft", "card", "line", "ink", "accent"].map(named) as [string, string, string, string, string];
  const hues = Array.from({ length: HUES }, (_, hue) => named(`cat-${hue}`));
  probe.remove();
  return { hues, soft, card, line, ink, accent };
}

/** Changes whenever the page turns light or dark. */
export function useScheme(): number {
  const [times, setTimes] = useState(0);
  useEffect(() => {
    const turned = () => setTimes((before) => before + 1);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", turned);
    const chosen = new MutationObserver(turned);
    chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      dark.removeEventListener("change", turned);
      chosen.disconnect();
    };
  }, []);
  return times;
}
