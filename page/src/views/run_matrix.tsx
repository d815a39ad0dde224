// Which true label was answered by which; a cell shows its cases.

import { address, follow, useRoute } from "../route";

export function Matrix({ labels, counts, arm }: { labels: string[]; counts: number[][]; arm: string }) {
  const { query } = useRoute();
  const used = labels.map((_, row) => row).filter((row) => counts[row]!.some(Boolean) || counts.some((line) => line[row]));
  const none = counts.some((line) => line[labels.length]) ? [labels.length] : [];
  const columns = [...used, ...none];
  const named = (column: number) => labels[column] ?? "no label";
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`Confusion matrix of ${arm}`}>
      <table class="matrix">
        <caption class="soft">Rows are true, columns answered; a number opens its cases.</caption>
        <thead>
          <tr>
            <td />
            {columns.map((column) => <th scope="col" key={column}>{named(column)}</th>)}
          </tr>
        </thead>
        <tbody>
          {used.map((row) => {
            const whole = counts[row]!.reduce((sum, count) => sum + count, 0);
            return (
              <tr key={row}>
                <th scope="row">{labels[row]} <small>{whole}</small></th>
                {columns.map((column) => {
                  const count = counts[row]![column]!;
                  const share = whole ? count / whole : 0;
                  const color = row === column ? "right" : "wrong";
                  return (
                    <td key={column} class={row === column ? "on" : ""} style={count ? { background: `color-mix(in srgb, var(--${color}) ${Math.round(10 + 30 * share)}%, var(--card))` } : {}}>
                      {count > 0 && (
                        <a
                          href={address("run", { name: query.get("name"), base: query.get("base"), first: arm, truth: labels[row], answer: column < labels.length ? labels[column] : "none", kind: "cell" })}
                          onClick={follow}
                          aria-label={`${count} cases of ${labels[row]} answered ${named(column)}`}
                        >
                          {count}
                        </a>
                      )}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
