// The page in an assistant's conversation: JSON-RPC with the host by postMessage, as the MCP Apps extension has it. The
// official library for pages is 540 KB; this is what of it the page needs, and the tests hold it to the official host.

import { ActionError, type Api } from "./api";
import { wear } from "./theme";

const REVISION = "2026-01-26";
/** Pictures of one call: the server sends half a megabyte at most, and the rest is asked for again. */
const BATCH = 24;

export interface ToolResult {
  content?: { type: string; text?: string; data?: string; mimeType?: string }[];
  structuredContent?: any;
  isError?: boolean;
}

/** A tool's call that the conversation shows. */
export interface Shown {
  given: Record<string, any>;
  result: ToolResult | null;
  cancelled: boolean;
}

export interface Chat extends Api {
  kind: "chat";
  /** Told of each call of a tool that the page is to show, at once and as it changes. */
  watch(told: (shown: Shown) => void): void;
  load(handle: string, side: 192 | 512): Promise<string>;
  /** Replaces what the model is told of the page with its next message; missing where the host has no such thing. */
  tell?: (text: string) => Promise<void>;
  /** A message of the person; missing where the host takes none. */
  say?: (text: string) => Promise<void>;
}

type Answer = { resolve: (result: any) => void; reject: (error: Error) => void };

export async function chatApi(): Promise<Chat> {
  const host = window.parent;
  const waiting = new Map<number, Answer>();
  let number = 0;
  let shown: Shown = { given: {}, result: null, cancelled: false };
  let listener: ((shown: Shown) => void) | null = null;
  const send = (message: object) => host.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const notify = (method: string, params: object = {}) => send({ method, params });
  function show(change: Partial<Shown>) {
    shown = { ...shown, ...change };
    listener?.(shown);
  }

  function ask<T>(method: string, params: object, signal?: AbortSignal): Promise<T> {
    const id = ++number;
    return new Promise<T>((resolve, reject) => {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", () => {
        if (!waiting.delete(id)) return;
        notify("notifications/cancelled", { requestId: id });
        reject(signal.reason);
      });
      waiting.set(id, { resolve, reject });
      send({ id, method, params });
    });
  }

  const notices: Record<string, (params: any) => void> = {
    "ui/notifications/tool-input": (params) => show({ given: params.arguments ?? {}, result: null, cancelled: false }),
    "ui/notifications/tool-result": (params) => show({ result: params, cancelled: false }),
    "ui/notifications/tool-cancelled": () => show({ cancelled: true }),
    "ui/notifications/host-context-changed": wear,
  };

  addEventListener("message", ({ source, data }) => {
    if (source !== host || data?.jsonrpc !== "2.0") return;
    if (data.method === undefined) {
      const answer = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.error) answer?.reject(new ActionError(String(data.error.message), false));
      else answer?.resolve(data.result);
    } else if (data.id === undefined) notices[data.method]?.(data.params ?? {});
    else if (data.method === "ping" || data.method === "ui/resource-teardown") send({ id: data.id, result: {} });
    else send({ id: data.id, error: { code: -32601, message: `no ${data.method}` } });
  });

  async function tool(name: string, given: object, signal?: AbortSignal): Promise<ToolResult> {
    const result = await ask<ToolResult>("tools/call", { name, arguments: given }, signal);
    if (result.isError) throw new ActionError(problem(result), true);
    return result;
  }

  const pictures = loader(async (handles, side) => {
    const { structuredContent, content } = await tool("get_pictures", { handles, side });
    const images = (content ?? []).filter((one) => one.type === "image");
    const came = (structuredContent.handles as string[]).map((handle, at) => [handle, `data:${images[at]!.mimeType};base64,${images[at]!.data}`] as const);
    return { came: new Map(came), again: structuredContent.left_out };
  });

  const { hostCapabilities: can, hostContext } = await ask<any>("ui/initialize", {
    appInfo: { name: "dermtools", version: "1" },
    appCapabilities: {},
    protocolVersion: REVISION,
  });
  wear(hostContext ?? {});
  notify("ui/notifications/initialized");
  const page = document.getElementById("page")!;
  new ResizeObserver(() => notify("ui/notifications/size-changed", { height: Math.ceil(page.getBoundingClientRect().height) })).observe(page);

  const text = (words: string) => [{ type: "text", text: words }];
  return {
    kind: "chat",
    call: async (name, given = {}, watch = {}) => (await tool(name, given, watch.signal)).structuredContent,
    async bring(picture, name) {
      const { structuredContent } = await tool("upload_picture", { picture: await base64(await smaller(picture)), name });
      return structuredContent;
    },
    address: () => "",
    load: pictures,
    watch(told) {
      listener = told;
      told(shown);
    },
    tell: can?.updateModelContext && (async (words) => void (await ask("ui/update-model-context", { content: text(words) }))),
    say: can?.message && (async (words) => {
      const { isError } = await ask<any>("ui/message", { role: "user", content: text(words) });
      if (isError) throw new ActionError("The assistant did not take the question.", true);
    }),
  };
}

/** Why a call failed, without what is said to models about trying again; words that an error quotes stand in it again. */
export function problem({ content }: ToolResult): string {
  const said = (content ?? []).flatMap((one) => one.text ?? []).join("\n");
  const [, head, , quoted] = /^(?:.*call th(?:e|is) tool.*\n)?([^]*?)(\n<data>\n([^]*?)\n<\/data>)?$/.exec(said)!;
  const words = new Map((quoted ?? "").split("\n").map((line) => /^(\[\d+\]) (.*)$/.exec(line)).flatMap((found) => (found ? [[found[1]!, found[2]!]] : [])));
  return head!.replace(/\[\d+\]/g, (mark) => words.get(mark) ?? mark) || "This failed.";
}

type Batch = (handles: string[], side: number) => Promise<{ came: Map<string, string>; again: string[] }>;

/** Gathers what is asked for in one moment into few calls, and keeps what came. */
function loader(fetched: Batch): Chat["load"] {
  const known = new Map<string, Promise<string>>();
  const wanted = new Map<number, Map<string, Answer>>();
  async function fetchAll(side: number) {
    const answers = wanted.get(side)!;
    wanted.delete(side);
    const all = [...answers.keys()];
    while (all.length) {
      const batch = all.splice(0, BATCH);
      try {
        const { came, again } = await fetched(batch, side);
        all.push(...again);
        for (const handle of batch) {
          if (came.has(handle)) answers.get(handle)!.resolve(came.get(handle));
          else if (!again.includes(handle)) answers.get(handle)!.reject(new Error("no picture"));
        }
      } catch (error) {
        for (const handle of batch) answers.get(handle)!.reject(error as Error);
      }
    }
  }
  return (handle, side) => {
    const key = `${side} ${handle}`;
    const before = known.get(key);
    if (before) return before;
    const coming = new Promise<string>((resolve, reject) => {
      if (!wanted.has(side)) {
        wanted.set(side, new Map());
        setTimeout(() => void fetchAll(side), 20);
      }
      wanted.get(side)!.set(handle, { resolve, reject });
    });
    known.set(key, coming);
    coming.catch(() => known.delete(key));
    return coming;
  };
}

/** Some hosts cut messages off at a megabyte; pixels alone go, which are as many as the server would keep. */
const [MOST, SIDE] = [600_000, 1600];

async function smaller(picture: Blob): Promise<Blob> {
  if (picture.size <= MOST) return picture;
  const image = await createImageBitmap(picture).catch(() => null);
  if (!image) return picture; // such as HEIC and DICOM, which the server reads and a browser does not
  const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
  const canvas = new OffscreenCanvas(Math.round(image.width * scale), Math.round(image.height * scale));
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  for (const quality of [0.92, 0.8]) {
    const made = await canvas.convertToBlob({ type: "image/jpeg", quality });
    if (made.size <= MOST) return made;
  }
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.6 });
}

async function base64(picture: Blob): Promise<string> {
  const bytes = new Uint8Array(await picture.arrayBuffer());
  let written = "";
  for (let at = 0; at < bytes.length; at += 0x8000) written += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(written);
}
