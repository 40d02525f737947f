// Bundles the extension into out/extension.js, with the notices of the packages in it; with --test the tests into out/test/.
import { build } from "esbuild";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const test = process.argv.includes("--test");

const { metafile } = await build({
  entryPoints: test ? readdirSync("test").map((name) => `test/${name}`) : ["src/extension.ts"],
  outdir: test ? "out/test" : "out",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  minify: !test,
  sourcemap: test ? "inline" : false,
  metafile: true,
  logLevel: "warning",
});

if (!test) writeFileSync("out/ThirdPartyNotices.txt", notices(Object.keys(metafile.inputs)));

function notices(inputs) {
  const packages = inputs.map((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean);
  return [...new Set(packages)].sort().map(notice).join("\n");
}

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${folder} has no licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, "utf8")}\n`;
}
