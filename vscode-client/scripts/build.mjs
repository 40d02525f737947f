// Bundles the extension into out/extension.js; with --test the tests into out/test/.
import { build } from "esbuild";
import { readdirSync } from "node:fs";

const test = process.argv.includes("--test");
const tests = () => readdirSync("test").map((name) => `test/${name}`);

await build({
  entryPoints: test ? tests() : ["src/extension.ts"],
  outdir: test ? "out/test" : "out",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  minify: !test,
  sourcemap: test ? "inline" : false,
  logLevel: "warning",
});
