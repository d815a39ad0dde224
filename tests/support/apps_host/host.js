// A chat's host: connected to the server by the official client, showing pages by the official bridge. It keeps what a
// page tells it in `host.seen`, for tests to look at.
import { AppBridge, PostMessageTransport, getToolUiResourceUri } from "@modelcontextprotocol/ext-apps/app-bridge";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const MIME = "text/html;profile=mcp-app";
// What the extension asks of hosts for a page that declares no origin.
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; media-src data:; " +
  "connect-src 'none'; form-action 'none'; base-uri 'none'";

const seen = { context: [], messages: [], heights: [], calls: [], app: null };
let client, bridge;

async function connect(url) {
  client = new Client({ name: "host", version: "1" }, { capabilities: { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: [MIME] } } } });
  const request = client.request.bind(client);
  client.request = (asked, ...rest) => {
    if (asked.method === "tools/call") seen.calls.push({ name: asked.params.name, size: JSON.stringify(asked).length });
    return request(asked, ...rest);
  };
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
}

async function open(name, given, { theme = "light", variables, without = [] } = {}) {
  const { tools } = await client.listTools();
  const tool = tools.find((one) => one.name === name);
  const { contents: [page] } = await client.readResource({ uri: getToolUiResourceUri(tool) });
  if (page.mimeType !== MIME) throw new Error(page.mimeType);
  const can = { serverTools: {}, updateModelContext: { text: {} }, message: { text: {} } };
  for (const one of without) delete can[one];
  bridge = new AppBridge(client, { name: "host", version: "1" }, can, { hostContext: { theme, styles: { variables } } });
  bridge.onupdatemodelcontext = async (params) => (seen.context.push(params), {});
  bridge.onmessage = async (params) => (seen.messages.push(params), {});
  bridge.onsizechange = ({ height }) => {
    seen.heights.push(height);
    frame.style.height = `${height}px`;
  };
  const frame = document.createElement("iframe");
  frame.title = "App";
  frame.setAttribute("sandbox", "allow-scripts");
  const ready = new Promise((resolve) => (bridge.oninitialized = resolve));
  document.getElementById("place").replaceChildren(frame);
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = page.text.replace("<head>", `<head><meta http-equiv="Content-Security-Policy" content="${POLICY}">`);
  await ready;
  seen.app = bridge.getAppVersion();
  await bridge.sendToolInput({ arguments: given });
  await bridge.sendToolResult(await client.callTool({ name, arguments: given }));
}

const change = (context) => bridge.setHostContext(context);
// Whatever the page was sent before has been dealt with once it answers.
const settled = () => bridge.teardownResource({});
window.host = { connect, open, change, settled, seen };
