// The prompt exactly as it would be sent, what it costs and who receives it; sent only by the button that says so.

import { useEffect, useState } from "preact/hooks";
import { useShared } from "../context";
import { go, useRoute } from "../route";
import type { Case } from "../types";
import { Icon } from "../ui/icons";
import { useCall, WorkLine } from "../ui/work";
import { Answer, type AskedAbout, type Predicted, RestsOn } from "./ask_answer";
import { type Message, Messages } from "./ask_messages";

interface Prompts {
  prompts: { id: string; version: number; description: string }[];
  usual: string;
  problems: string[];
  with_shots: string[];
  most_shots: number;
}

interface Preview extends AskedAbout {
  prompt: { id: string; version: number };
  messages: Message[];
  schema: object;
  estimate: { messages: number; pictures: number; picture_bytes: number; input_tokens: number | null; output_tokens: number; dollars: number | null; notes: string[] };
  exemplars: Case[];
  digest: string;
  receiver: string | null;
  no_receiver: string | null;
}

interface Sent extends AskedAbout, Predicted {
  receiver: string;
  dollars: number | null;
  left_out: string[];
}

export const dollars = (amount: number) => `$${amount.toLocaleString("en", { maximumSignificantDigits: 2, maximumFractionDigits: 20 })}`;

export function PromptPart({ of, task, about }: { of: string; task: string; about: AskedAbout | null }) {
  const { query } = useRoute();
  const method = query.get("method") ?? "rag-5";
  const prompt = query.get("prompt");
  // Not in the address: what is known of a person does not belong in a browser's history.
  const [note, setNote] = useState("");
  const given = { of, task, method, prompt, note };
  const choices = useCall<Prompts>("prompts", { task });
  const work = useCall<Preview>("preview_prompt", given);
  const shown = work.error ? null : work.result;
  return (
    <section class="ask-part" aria-labelledby="ask-model">
      <h2 id="ask-model">By a vision model</h2>
      {choices.result && <Choices of={choices.result} method={method} prompt={prompt} note={note} onNote={setNote} />}
      <WorkLine work={work} what="Building the prompt" />
      {shown && (
        <>
          <Estimate of={shown.estimate} />
          <Messages messages={shown.messages} schema={shown.schema} />
          {!work.running && <Send key={shown.digest} given={given} preview={shown} truth={about?.truth ?? []} />}
        </>
      )}
    </section>
  );
}

function Choices({ of, method, prompt, note, onNote }: { of: Prompts; method: string; prompt: string | null; note: string; onNote: (note: string) => void }) {
  const { query } = useRoute();
  const set = (changes: Record<string, string | null>) => go("ask", { ...Object.fromEntries(query), ...changes }, { replace: true });
  const kind = of.with_shots.find((one) => method.startsWith(`${one}-`) && /^\d+$/.test(method.slice(one.length + 1))) ?? "zero-shot";
  const shots = kind === "zero-shot" ? 5 : Number(method.slice(kind.length + 1));
  const named = (kind: string, shots: number) => (kind === "zero-shot" ? kind : `${kind}-${Math.min(of.most_shots, Math.max(1, shots || 1))}`);
  return (
    <div class="line ask-choices">
      <label>Method <select class="field" value={kind} onChange={(event) => set({ method: named(event.currentTarget.value, shots) })}>
        {["zero-shot", ...of.with_shots].map((one) => <option key={one}>{one}</option>)}
      </select></label>
      {kind !== "zero-shot" && (
        <label>Examples <input class="field ask-number" type="number" min={1} max={of.most_shots} value={shots} onChange={(event) => set({ method: named(kind, Number(event.currentTarget.value)) })} /></label>
      )}
      <label>Prompt <select class="field" value={prompt ?? of.usual} onChange={(event) => set({ prompt: event.currentTarget.value === of.usual ? null : event.currentTarget.value })}>
        {of.prompts.map((one) => <option key={one.id} value={one.id} title={one.description}>{one.id} (version {one.version})</option>)}
      </select></label>
      <label class="ask-known">Known besides <input class="field" value={note} maxLength={4000} placeholder="sent with the picture" onChange={(event) => onNote(event.currentTarget.value)} /></label>
      {of.problems.map((problem) => <span class="soft ask-small" key={problem}>{problem}</span>)}
    </div>
  );
}

function Estimate({ of }: { of: Preview["estimate"] }) {
  const facts: [string, string][] = [
    ["messages", String(of.messages)],
    ["pictures", of.pictures ? `${of.pictures}, ${Math.round(of.picture_bytes / 1024)} KiB` : "0"],
    ["tokens in", of.input_tokens === null ? "unknown" : `about ${of.input_tokens.toLocaleString("en")}`],
    ["tokens out", `about ${of.output_tokens.toLocaleString("en")}`],
    ["price", of.dollars === null ? "unknown" : `about ${dollars(of.dollars)}`],
  ];
  return (
    <>
      <ul class="facts ask-facts">{facts.map(([name, value]) => <li key={name}><b>{value}</b><span class="soft">{name}</span></li>)}</ul>
      <p class="soft ask-small">{of.notes.join("; ")}.</p>
    </>
  );
}

function Send({ given, preview, truth }: { given: object; preview: Preview; truth: string[] }) {
  const { overview } = useShared();
  const [clicks, setClicks] = useState(0);
  const { receiver, digest, estimate } = preview;
  const work = useCall<Sent>("send_prompt", clicks ? { ...given, receiver, digest } : null, clicks);
  const { result } = work;
  useEffect(() => void (result && document.getElementById("ask-reply")?.scrollIntoView({ block: "nearest" })), [result]);
  if (!receiver) {
    return (
      <p class="notice">
        {overview.model ? preview.no_receiver : <>Nothing is sent: no model was named. Start with one: <code>dermtools app CASEBASE --model openai:gpt-4.1</code></>}
      </p>
    );
  }
  const price = estimate.dollars === null ? "at a price that is not known" : `for about ${dollars(estimate.dollars)}`;
  return (
    <div class="ask-send">
      <button class="button main" disabled={work.running} onClick={() => setClicks(clicks + 1)}>
        <Icon name="send" /> Send to {receiver} {price}
      </button>
      <span class="soft ask-small">{result ? "Sent as it stands above." : "Nothing was sent yet."} A service that refuses the response schema is asked again without it.</span>
      <WorkLine work={work} what="Waiting for the reply" />
      {result && (
        <article class="panel" id="ask-reply" aria-label="The model's answer">
          <header><h3>{result.prediction.method}</h3><span class="soft ask-small">{result.receiver}</span></header>
          <Answer of={{ ...result, exemplars: [] }} truth={truth} version={result.version} />
          <p class="ask-small soft">{spent(result)}</p>
          {result.left_out.length > 0 && <p class="ask-small soft">Refused by the service, and asked without: {result.left_out.join(", ")}</p>}
          {result.prediction.raw !== null && <><h4>Reply as it came</h4><pre class="ask-raw">{result.prediction.raw}</pre></>}
          <RestsOn cases={result.exemplars} task={result.task} version={result.version} title="Examples in the prompt" />
        </article>
      )}
    </div>
  );
}

function spent({ prediction: { usage }, dollars: paid }: Sent): string {
  const tokens = usage ? `${usage.input_tokens.toLocaleString("en")} tokens in, ${usage.output_tokens.toLocaleString("en")} out` : "tokens not told";
  return `${tokens}; ${paid === null ? "cost unknown" : `cost ${dollars(paid)} by list price`}`;
}
