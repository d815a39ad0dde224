// Messages as they are sent, pictures in their places; the response schema in a tab beside them.

import { go, useRoute } from "../route";

export interface Message {
  role: string;
  parts: { text?: string; picture?: { url: string; detail: string; width: number; height: number; bytes: number } }[];
}

const TABS = { messages: "Messages", schema: "Response schema" };
type Tab = keyof typeof TABS;

export function Messages({ messages, schema }: { messages: Message[]; schema: object }) {
  const { query } = useRoute();
  const tab: Tab = query.get("tab") === "schema" ? "schema" : "messages";
  const open = (one: Tab) => {
    go("ask", { ...Object.fromEntries(query), tab: one === "messages" ? null : one }, { replace: true });
    document.getElementById(`ask-tab-${one}`)?.focus();
  };
  const other: Tab = tab === "messages" ? "schema" : "messages";
  return (
    <div class="ask-prompt panel">
      <div class="tabs" role="tablist" aria-label="Prompt">
        {(Object.keys(TABS) as Tab[]).map((one) => (
          <button
            key={one}
            id={`ask-tab-${one}`}
            role="tab"
            aria-selected={one === tab}
            aria-controls="ask-panel"
            tabIndex={one === tab ? 0 : -1}
            onClick={() => open(one)}
            onKeyDown={(event) => (event.key === "ArrowLeft" || event.key === "ArrowRight") && open(other)}
          >
            {TABS[one]}
          </button>
        ))}
      </div>
      <div id="ask-panel" role="tabpanel" aria-labelledby={`ask-tab-${tab}`} tabIndex={0}>
        {tab === "schema" ? <pre class="ask-raw">{JSON.stringify(schema, null, 2)}</pre> : <Sequence messages={messages} />}
      </div>
    </div>
  );
}

export function Sequence({ messages }: { messages: Message[] }) {
  return (
    <ol class="ask-messages">
      {messages.map((message, place) => (
        <li key={place} class={`message ${message.role}`}>
          <header><span class="role">{message.role}</span><span class="soft">message {place + 1}</span></header>
          <div>
            {message.parts.map(({ text, picture }, part) =>
              picture ? (
                <figure class="sent" key={part}>
                  <img src={picture.url} alt={`Picture, ${picture.width} by ${picture.height} pixels`} loading="lazy" />
                  <figcaption>{picture.width} × {picture.height}, {Math.round(picture.bytes / 1024)} KiB, detail {picture.detail}</figcaption>
                </figure>
              ) : (
                <p key={part}>{text}</p>
              ),
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
