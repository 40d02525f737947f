// For which documents the server is started.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { concerns, languages } from "../src/documents";

const python = (text: string) => concerns("python", () => text);
const unread = () => assert.fail("only Python and C are read");

test("hardware languages always, others never, and neither is read", () => {
  assert.equal(concerns("systemverilog", unread), true);
  assert.equal(concerns("cuda-cpp", unread), true);
  assert.equal(concerns("rust", unread), false);
});

test("C that is firmware, and no other", () => {
  const c = (text: string) => concerns("c", () => text);
  assert.equal(c('#include "stm32f4xx_hal.h"\n'), true);
  assert.equal(c("#include <libopencm3/stm32/rcc.h>\n"), true);
  assert.equal(c("void TIM2_IRQHandler(void) {}\n"), true);
  assert.equal(c("  RCC->AHB1ENR |= 1;\n"), true);
  assert.equal(c('#include <stdio.h>\nint main(void) { puts("stm32"); }\n'), false);
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
