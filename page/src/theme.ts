// A host's look over ours: light or dark as it is, its type and surfaces where it names them.

const OURS: Record<string, string> = {
  "--ink": "--color-text-primary",
  "--soft": "--color-text-secondary",
  "--page": "--color-background-primary",
  "--card": "--color-background-secondary",
  "--line": "--color-border-primary",
  "--text": "--font-sans",
  "--mono": "--font-mono",
  "--radius": "--border-radius-md",
};

export interface Look {
  theme?: "light" | "dark";
  styles?: { variables?: Record<string, string | undefined> };
  /** What the host lays over the frame's edges, CSS pixels. */
  safeAreaInsets?: Record<"top" | "right" | "bottom" | "left", number>;
}

/** What is not named stays as it is. */
export function wear({ theme, styles, safeAreaInsets: inset }: Look): void {
  if (theme) document.documentElement.dataset.theme = theme;
  if (inset) document.getElementById("page")!.style.padding = `${inset.top}px ${inset.right}px ${inset.bottom}px ${inset.left}px`;
  for (const [ours, theirs] of Object.entries(OURS)) {
    const value = styles?.variables?.[theirs];
    if (value) for (const element of [document.documentElement, document.body]) element.style.setProperty(ours, value);
  }
}
