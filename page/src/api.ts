// How the page reaches what computes: the local server here, or in mcp.ts the host of a chat. Views know this alone.

export class ActionError extends Error {
  constructor(
    message: string,
    /** Whether other arguments may succeed. */
    readonly fixable: boolean,
  ) {
    super(message);
  }
}

export interface Progress {
  total: number;
  done: number;
  description: string;
}

export interface Watch {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  onEvent?: (event: any) => void;
}

export interface Api {
  /** `chat` inside an assistant's conversation, `local` before the person's own server. */
  kind: "local" | "chat";
  call<T>(name: string, given?: object, watch?: Watch): Promise<T>;
  /** Takes a picture in and gives its handle. */
  bring(picture: Blob, name: string): Promise<{ handle: string; name: string }>;
  /** Where an <img> finds the picture of a handle (`case:ID` or `img_...`). */
  address(handle: string, side: 192 | 512, version?: number): string;
  /** In a conversation, where no address can be reached: the picture itself, as a data: URL. */
  load?(handle: string, side: 192 | 512): Promise<string>;
}

const PATH = "dermtools-path";

/** Trades the token of the address for a cookie, and forgets it. Null where nobody was let in. */
async function enter(): Promise<string | null> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", location.pathname + location.search);
    const reply = await fetch("/session", { method: "POST", body: token });
    const said = await reply.json();
    if (reply.ok) localStorage.setItem(PATH, said.path);
    else if (!localStorage.getItem(PATH)) throw new ActionError(said.error.message, false);
  }
  return localStorage.getItem(PATH);
}

export async function localApi(): Promise<Api> {
  const path = await enter();
  if (path === null) throw new ActionError("Open the address that the terminal prints.", false);
  return {
    kind: "local",
    async call(name, given = {}, watch = {}) {
      const reply = await fetch(`${path}/api/${name}`, {
        method: "POST",
        body: JSON.stringify(given),
        headers: { "Content-Type": "application/json" },
        signal: watch.signal,
      }).catch(unreachable);
      if (!reply.ok) throw await refusal(reply);
      for await (const line of lines(reply.body!)) {
        if (line.progress) watch.onProgress?.(line.progress);
        else if (line.event) watch.onEvent?.(line.event);
        else if (line.error) throw new ActionError(line.error.message, line.error.fixable);
        else return line.result;
      }
      throw new ActionError("The server ended before it had answered.", false);
    },
    async bring(picture, name) {
      const address = `${path}/pictures?${new URLSearchParams({ name })}`;
      const reply = await fetch(address, { method: "POST", body: picture }).catch(unreachable);
      if (!reply.ok) throw await refusal(reply);
      return reply.json();
    },
    address: (handle, side, version = 0) =>
      `${path}/pictures?${new URLSearchParams({ of: handle, side: String(side), v: String(version) })}`,
  };
}

function unreachable(error: unknown): never {
  if (error instanceof DOMException && error.name === "AbortError") throw error;
  throw new ActionError("The server does not answer; it was ended, or start it again: dermtools app CASEBASE", false);
}

async function refusal(reply: Response): Promise<ActionError> {
  const said = await reply.json().catch(() => null);
  return new ActionError(said?.error?.message ?? `the server answered ${reply.status}`, said?.error?.fixable ?? false);
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<any> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += value ?? "";
    const whole = rest.split("\n");
    rest = whole.pop()!;
    for (const line of whole) if (line) yield JSON.parse(line);
    if (done) return;
  }
}
