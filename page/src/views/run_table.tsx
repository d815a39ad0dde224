// Methods of one evaluation, or of two: how often each is right, what it took, and the verdicts in words.

import { go, useRoute } from "../route";
import { Icon } from "../ui/icons";
import { Interval } from "../ui/interval";
import { type Arm, type Comparison, percent, type Said, span, type Verdict } from "./run_types";

const MARKS = { better: "agrees", worse: "differs", equivalent: "equal", undecided: "unknown", best: "agrees" } as const;

const Mark = ({ of }: { of: Verdict }) => <span class={`said ${of}`}><Icon name={MARKS[of]} /></span>;

function VerdictWord({ verdict }: { verdict: Verdict | "best" }) {
  return <span class={`said ${verdict}`}><Icon name={MARKS[verdict]} /> {verdict}</span>;
}

/** What an arm is against another: the pair as it stands, or turned around. */
function against(pairs: Comparison[], arm: string, base: string): Verdict | null {
  const pair = pairs.find(({ first, second }) => (first === arm && second === base) || (first === base && second === arm));
  if (!pair) return null;
  if (pair.first === arm || pair.verdict === "equivalent" || pair.verdict === "undecided") return pair.verdict;
  return pair.verdict === "better" ? "worse" : "better";
}

export function Methods({ of }: { of: Said }) {
  const { view, query } = useRoute();
  const given = query.get("base");
  const base = of.arms.find(({ arm }) => arm === given)?.arm ?? of.best;
  const reference = of.arms.find(({ arm }) => arm === base)!.accuracy;
  const optional: [string, (arm: Arm) => string | null][] = [
    ["top-3", (arm) => (arm.top_k["3"] === undefined ? null : percent(arm.top_k["3"]))],
    ["calibration error", (arm) => arm.calibration && arm.calibration.ece.toFixed(3)],
    ["no label", (arm) => Object.entries(arm.unlabelled).map(([outcome, count]) => `${count} ${outcome}`).join(", ") || null],
    ["tokens", (arm) => (arm.usage.input_tokens + arm.usage.output_tokens || null)?.toLocaleString() ?? null],
    ["cost", (arm) => arm.cost],
    ["latency", (arm) => arm.latency],
  ];
  const columns = optional.filter(([, value]) => of.arms.some((arm) => value(arm) !== null));
  const pairs = of.comparisons.filter(({ first, second }) => first === base || second === base);
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Methods">
        <table class="methods">
          <thead>
            <tr>
              <th scope="col">method</th>
              <th scope="col" class="wide">accuracy, 95 % over patients</th>
              <th scope="col">right</th>
              {of.arms.length > 1 && <th scope="col">against {base === of.best ? "the best" : base}</th>}
              <th scope="col">balanced accuracy</th>
              <th scope="col">macro-F1</th>
              {columns.map(([name]) => <th scope="col" key={name}>{name}</th>)}
            </tr>
          </thead>
          <tbody>
            {of.arms.map((arm) => {
              const verdict = arm.arm === base ? (base === of.best ? ("best" as const) : null) : against(of.comparisons, arm.arm, base);
              return (
                <tr key={arm.arm}>
                  <th scope="row">
                    {arm.arm}
                    {arm.n < arm.cases && <small>{arm.n} of {arm.cases} cases</small>}
                    {arm.model && <small>{arm.model}</small>}
                  </th>
                  <td class="wide">
                    <b>{percent(arm.accuracy)}</b> <span class="soft">{span(arm.interval)}</span>
                    <Interval share={arm.accuracy} {...arm.interval} reference={reference} label={`${percent(arm.accuracy)}, 95 % ${span(arm.interval)}`} />
                  </td>
                  <td>{arm.right} of {arm.n}</td>
                  {of.arms.length > 1 && <td>{verdict ? <VerdictWord verdict={verdict} /> : arm.arm === base ? "baseline" : "no case shared"}</td>}
                  <td>{percent(arm.balanced_accuracy)}</td>
                  <td>{percent(arm.macro_f1)}</td>
                  {columns.map(([name, value]) => <td key={name}>{value(arm) ?? "–"}</td>)}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {of.arms.length > 1 && (
        <>
          <label class="line run-base">
            <span class="soft">Held against</span>
            <select class="field" value={base} onChange={(event) => go(view, { ...Object.fromEntries(query), base: event.currentTarget.value }, { replace: true })}>
              {of.arms.map(({ arm }) => <option key={arm} value={arm}>{arm}</option>)}
            </select>
          </label>
          <ul class="verdicts">
            {pairs.map((pair) => (
              <li key={`${pair.first} ${pair.second}`}>
                <Mark of={pair.verdict} />
                <span>{pair.in_words}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {[of.basis, of.cheapest].map((line) => line && <p class="soft run-basis" key={line}>{line}</p>)}
    </>
  );
}
