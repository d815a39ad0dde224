// Two evaluations on the cases that they share, and what differs in what was asked.

import { address, follow, useRoute } from "../route";
import { useCall, WorkLine } from "../ui/work";
import { MethodCases } from "./run_cases";
import { Methods } from "./run_table";
import type { ArmOf, Said } from "./run_types";

interface Diff {
  title: string | null;
  note: string | null;
  lines: { sign: string; text: string }[];
}

interface Compared extends Said {
  shared: { cases: number; groups: number; a: number; b: number };
  origins: Record<string, ArmOf>;
  settings: { what: string; a: unknown; b: unknown }[];
  prompts: Diff[];
}

export function CompareView() {
  const { query } = useRoute();
  const [a, b] = [query.get("a"), query.get("b")];
  const work = useCall<Compared>("compare", a && b ? { a, b } : null);
  const found = work.result;
  if (!a || !b) return <p class="notice">Tick two of the <a href={address("runs")} onClick={follow}>evaluations</a> to compare them.</p>;
  const choices = found ? Object.entries(found.origins).map(([called, origin]) => ({ called, ...origin })) : [];
  const twins = choices.filter(({ name }) => name === a).flatMap((one) => choices.filter((other) => other.name === b && other.arm === one.arm).map((other) => [one.called, other.called]));
  return (
    <>
      <p class="crumb"><a href={address("runs", { a, b })} onClick={follow}>Evaluations</a> /</p>
      <h1>
        <a href={address("run", { name: a })} onClick={follow}>{a}</a> against <a href={address("run", { name: b })} onClick={follow}>{b}</a>
      </h1>
      <WorkLine work={work} what="Comparing" />
      {found && (
        <>
          <p class="run-headline">{found.headline}</p>
          <p class="soft">
            {found.shared.cases.toLocaleString()} cases of {found.shared.groups.toLocaleString()} patients or groups are shared, of {found.shared.a.toLocaleString()} and {found.shared.b.toLocaleString()}; every pair is compared on them alone.
          </p>
          <section class="run-part">
            <header><h2>Methods</h2></header>
            <Methods of={found} />
          </section>
          <section class="run-part">
            <header><h2>What differs in what was asked</h2></header>
            <Settings of={found} a={a} b={b} />
            {found.prompts.map((diff, place) => <PromptDiff key={place} of={diff} a={a} b={b} />)}
            {!found.prompts.length && <p class="soft">No prompt text differs.</p>}
          </section>
          <MethodCases choices={choices} usual={twins[0] ?? []} />
        </>
      )}
    </>
  );
}

const told = (value: unknown) => (value === null ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value));

function Settings({ of, a, b }: { of: Compared; a: string; b: string }) {
  if (!of.settings.length) return null;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Settings that differ">
      <table>
        <thead><tr><th scope="col">setting</th><th scope="col">{a}</th><th scope="col">{b}</th></tr></thead>
        <tbody>
          {of.settings.map(({ what, a: one, b: other }) => (
            <tr key={what}><th scope="row">{what.replaceAll("_", " ")}</th><td>{told(one)}</td><td>{told(other)}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const SIGNS: Record<string, string> = { "+": "added", "-": "removed" };

function PromptDiff({ of, a, b }: { of: Diff; a: string; b: string }) {
  if (of.note) return <p class="notice">{of.note}</p>;
  return (
    <>
      <h3>Prompt {of.title}: removed of {a} (−), added in {b} (+)</h3>
      <div class="scroll diff" tabIndex={0} role="region" aria-label={`Differences in the prompt ${of.title}`}>
        {of.lines.map(({ sign, text }, place) =>
          sign === "@" ? (
            <div key={place} class="diff-gap" aria-hidden="true">⋯</div>
          ) : (
            <div key={place} class={`diff-line ${SIGNS[sign] ?? ""}`}>
              <span aria-hidden="true">{sign === "-" ? "−" : sign}</span>
              {SIGNS[sign] ? sign === "+" ? <ins>{text}</ins> : <del>{text}</del> : <span>{text}</span>}
            </div>
          ),
        )}
      </div>
    </>
  );
}
