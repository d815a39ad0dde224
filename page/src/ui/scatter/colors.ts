// The page's colours as a canvas needs them, in the scheme that is shown.

import { useEffect, useState } from "preact/hooks";

/** Colours as computed where an element stands: a custom property alone still says `light-dark(...)`. */
export function computed(element: HTMLElement, colors: string[]): string[] {
  const probe = element.appendChild(document.createElement("i"));
  const found = colors.map((color) => {
    probe.style.color = color;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return found;
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
