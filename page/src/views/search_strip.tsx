// The pictures that were brought, as views of one patient: each is searched with a click, or all together.

import { BringButtons, type Bringing } from "../ui/bring";
import { Icon } from "../ui/icons";
import { Picture } from "../ui/picture";
import { ALL, change, type SearchState, written } from "./search_state";

export function Strip({ state, bringing }: { state: SearchState; bringing: Bringing }) {
  const { views, of } = state;
  if (!views.length) return null;
  const remove = (view: string) => {
    const rest = views.filter((one) => one !== view);
    const gone = of === view || (of === ALL && rest.length < 2);
    change({ views: written(rest), of: gone ? (rest[0] ?? null) : of, open: null });
  };
  return (
    <section class="brought" aria-label="Views of this patient">
      <ul>
        {views.map((view, place) => (
          <li key={view}>
            <button class="view-of" aria-pressed={of === view} aria-label={`Search with view ${place + 1}`} onClick={() => change({ of: view, open: null })}>
              <Picture of={view} alt="" />
              <span class="place" aria-hidden="true">{place + 1}</span>
            </button>
            <button class="remove" aria-label={`Remove view ${place + 1}`} title="Remove" onClick={() => remove(view)}><Icon name="close" /></button>
          </li>
        ))}
      </ul>
      <div class="line">
        {views.length > 1 && (
          <button class="button" aria-pressed={of === ALL} onClick={() => change({ of: ALL, open: null })}>All {views.length} together</button>
        )}
        <BringButtons bringing={bringing} adding />
      </div>
    </section>
  );
}
