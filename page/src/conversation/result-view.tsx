// One result, by what it holds.

import { CaseCard } from "../ui/card";
import { Icon } from "../ui/icons";
import { Picture } from "../ui/picture";
import { Classified, Prompted } from "./answers";
import type { Doing } from "./conversation";
import { Facts, Notes, Tick } from "./facts";
import { Gallery } from "./gallery";
import type { CaseData, Data, ExemplarData } from "./results";

export function ResultView({ data, doing }: { data: Data; doing: Doing }) {
  if ("cases" in data) return <Gallery data={data} doing={doing} />;
  if ("classifier" in data) return <Classified data={data} doing={doing} />;
  if ("exemplars" in data) return <Exemplars data={data} doing={doing} />;
  if ("answer" in data) return <Prompted data={data} doing={doing} />;
  if ("case" in data) return <OneCase data={data} doing={doing} />;
  return <p class="soft">There is nothing to show of this result.</p>;
}

function OneCase({ data, doing }: { data: CaseData; doing: Doing }) {
  const { handle, case_id } = data.case;
  return (
    <>
      <h1>Case {case_id}</h1>
      <div class="one-case">
        <Picture of={handle} side={512} alt={`Case ${case_id}`} />
        <div>
          <Facts of={data.case} />
          <div class="line">
            <button class="button main" onClick={() => doing.open("search_similar_cases", { image: handle, k: 10 })}><Icon name="search" /> Search from here</button>
            <Tick of={data.case} doing={doing}>Choose</Tick>
          </div>
        </div>
      </div>
      <Notes notes={data.notes} />
    </>
  );
}

function Exemplars({ data, doing }: { data: ExemplarData; doing: Doing }) {
  const { exemplars } = data;
  return (
    <>
      <h1>{exemplars.length} {exemplars.length === 1 ? "example" : "examples"} of {data.task}</h1>
      <p class="soft">In the order of the messages; prompt {data.prompt}{data.layout && `, layout ${data.layout}`}.</p>
      <div class="grid" role="list" aria-label="Examples">
        {exemplars.map((one, index) => (
          <div role="listitem" key={one.handle}>
            <CaseCard of={one} version={0} onOpen={() => doing.open("get_case", { case_id: one.handle })}>
              <div class="rank"><span>{index + 1}</span></div>
            </CaseCard>
          </div>
        ))}
      </div>
      <Notes notes={data.notes} />
    </>
  );
}
