// Writes ../dermtools/pages/app.html: the page with its script and style inline, and the licences of what it contains;
// and notebook.js, the gallery of notebooks.
// The same sources and the same package-lock.json give the same bytes, which a test of the project holds it to.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "../dermtools/pages");
const options = {
  absWorkingDir: here,
  outdir: "out",
  bundle: true,
  write: false,
  minify: true,
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
};
const made = await build({ ...options, entryPoints: ["src/main.tsx", "src/page.css"], format: "iife" });
// The same cards for notebooks, as a module that anywidget loads.
const widget = await build({ ...options, entryPoints: ["src/widget.tsx"], format: "esm" });
const text = (ending) => made.outputFiles.find((file) => file.path.endsWith(ending)).text.trim();
const packages = new Set(
  Object.keys(made.metafile.inputs)
    .map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
    .filter(Boolean),
);
let licences = "";
for (const name of [...packages].sort()) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((one) => /licen[sc]e/i.test(one));
  const words = await readFile(join(folder, file), "utf8");
  licences += `${name} ${version}, ${license}\n\n${words.trim()}\n\n${"-".repeat(80)}\n\n`;
}
const template = await readFile(join(here, "src/page.html"), "utf8");
const page = template.replace("/* style */", () => text(".css")).replace("/* script */", () => text(".js"));
await writeFile(join(out, "app.html"), page);
await writeFile(join(out, "notebook.js"), widget.outputFiles[0].text);
await writeFile(join(out, "app-licences.txt"), licences);
console.log(`app.html: ${Buffer.byteLength(page).toLocaleString("en")} bytes`);
