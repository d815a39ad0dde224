// For whom a method is right: skin type, sex, age and site, where the case base records them.

import { Interval } from "../ui/interval";
import { percent, span, type Subgroup } from "./run_types";

/** Groups of fewer cases are too small to judge; as in evaluation/statistics/subgroups.py. */
const FEW = 20;

export function Subgroups({ of }: { of: Subgroup[] }) {
  const kinds = [...new Set(of.map(({ attribute }) => attribute))];
  if (!kinds.length) return <p class="soft">The case base records neither skin type nor sex, age or site, so nothing can be said of any group of people.</p>;
  return (
    <div class="run-groups">
      {kinds.map((kind) => (
        <div key={kind}>
          <h3>{kind}</h3>
          {of.filter(({ attribute }) => attribute === kind).map(({ value, n, right, interval }) => (
            <div key={value} class={`run-group ${n < FEW ? "soft" : ""}`}>
              <span>{value} <small>{n} {n === 1 ? "case" : "cases"}{n < FEW ? " *" : ""}</small></span>
              <Interval share={right / n} {...interval} label={`${value}: ${percent(right / n)}, 95 % ${span(interval)}`} />
              <span><b>{percent(right / n, 0)}</b> <small>{span(interval)}</small></span>
            </div>
          ))}
        </div>
      ))}
      {of.some(({ n }) => n < FEW) && <p class="soft">* fewer than {FEW} cases: too few to judge</p>}
    </div>
  );
}
