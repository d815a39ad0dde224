// The frame: what is open, where one is, and the view.

import { useCallback, useEffect, useState } from "preact/hooks";
import type { Api } from "./api";
import { SharedContext } from "./context";
import { address, follow, useRoute } from "./route";
import type { Overview } from "./types";
import { ErrorLine } from "./ui/work";
import { StartView } from "./views/start";
import { VIEWS } from "./views/views";

export function App({ api }: { api: Api }) {
  const [overview, setOverview] = useState<Overview | null>(null);
  const [error, setError] = useState<string | null>(null);
  const refresh = useCallback(() => api.call<Overview>("overview").then(setOverview, (said) => setError(said.message)), [api]);
  useEffect(() => void refresh(), [refresh]);
  const { view } = useRoute();
  const title = VIEWS.find((one) => one.path === view)?.title;
  useEffect(() => {
    document.title = title ? `${title} – dermtools` : "dermtools";
    // A narrow screen shows only some of the views at once.
    document.querySelector(".bar-top [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [title, overview === null]);
  if (error) return <main class="view"><ErrorLine message={error} /></main>;
  if (!overview) return <main class="view"><p class="soft" role="status">Opening the case base</p></main>;
  const offered = VIEWS.filter((one) => one.offered?.(overview));
  const current = VIEWS.find((one) => one.path === view);
  const Current = overview.case_base === null && !current?.offered?.(overview) ? StartView : current?.component;
  return (
    <SharedContext.Provider value={{ api, overview, refresh }}>
      <a class="skip" href="#main">To the content</a>
      <header class="bar-top">
        <a class="brand" href={address("")} onClick={follow}>dermtools<small>{overview.case_base?.name}</small></a>
        <nav aria-label="Views">
          {offered.map((one) => (
            <a key={one.path} href={address(one.path)} onClick={follow} aria-current={one === current ? "page" : one.path === current?.within ? "true" : undefined}>{one.title}</a>
          ))}
        </nav>
        <Theme />
      </header>
      <main class="view" id="main" tabIndex={-1}>
        {Current ? <Current /> : <ErrorLine message="There is no such view." />}
      </main>
      <footer class="foot">A research tool. Similar cases and votes are evidence to look at, not a diagnosis.</footer>
    </SharedContext.Provider>
  );
}

const THEMES = ["system", "light", "dark"] as const;
const THEME = "dermtools-theme";

function Theme() {
  const [theme, setTheme] = useState(localStorage.getItem(THEME) ?? "system");
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    localStorage.setItem(THEME, theme);
  }, [theme]);
  return (
    <label>
      <span class="hidden-words">Colours</span>
      <select class="field" value={theme} onChange={(event) => setTheme(event.currentTarget.value)}>
        {THEMES.map((one) => <option key={one} value={one}>{one}</option>)}
      </select>
    </label>
  );
}
