// For which documents the server is started.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { concerns, languages } from "../src/documents";

const python = (text: string) => concerns("python", () => text);
const unread = () => assert.fail("only Python is read");

test("hardware languages always, others never, and neither is read", () => {
  assert.equal(concerns("systemverilog", unread), true);
  assert.equal(concerns("cuda-cpp", unread), true);
  assert.equal(concerns("cpp", unread), false);
});

test("Python with Triton or CUDA in it, and no other", () => {
  assert.equal(python("import triton\n"), true);
  assert.equal(python("def f():\n    from triton import language as tl\n"), true);
  assert.equal(python("k = cp.RawKernel(r'''__global__ void k() {}''', 'k')"), true);
  assert.equal(python("import numpy as np\n"), false);
  assert.equal(python("# triton is not imported\n"), false);
  assert.equal(python("print('__global__')\n"), false);
});

test("every language has its activation event", async () => {
  const manifest = JSON.parse(await readFile(join(process.cwd(), "package.json"), "utf8"));
  for (const language of languages) assert.ok(manifest.activationEvents.includes(`onLanguage:${language}`), language);
});
