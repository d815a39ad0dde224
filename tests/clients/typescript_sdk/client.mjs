// The TypeScript SDK: a request a line on standard input, {"tool", "arguments"} or {}, and its result a line out.
// Started in the folder of the installed packages, which a module elsewhere cannot import from by name.
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(join(process.cwd(), "here.js"));
const load = (name) => import(pathToFileURL(resolve(`@modelcontextprotocol/sdk/client/${name}.js`)));
const { Client } = await load("index");
const { StdioClientTransport } = await load("stdio");

const [command, ...args] = process.argv.slice(2);
const client = new Client({ name: "driver", version: "1" });
await client.connect(new StdioClientTransport({ command, args, stderr: "ignore" }));
for await (const line of createInterface({ input: process.stdin })) {
  const { tool, arguments: given } = JSON.parse(line);
  const result = tool ? await client.callTool({ name: tool, arguments: given }) : await client.listTools();
  console.log(JSON.stringify(result));
}
await client.close();
