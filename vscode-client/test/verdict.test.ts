import assert from "node:assert/strict";
import { test } from "node:test";
import { details, modelShortly, partTaken, shortly, verdictOf, type Verdict } from "../src/verdict";

const verdict: Verdict = { id: 3, model: "qwen", verified: true, tools: ["slang"], milliseconds: 32, notRun: [], refused: [], cut: false, rank: "" };

test("the status bar names the tools and their time", () => {
  assert.equal(shortly(verdict), "$(verified) slang, 32 ms");
  assert.equal(shortly({ ...verdict, tools: ["launch", "nvrtc"], milliseconds: 0 }), "$(verified) launch, nvrtc");
  const names = { launch: "launch checks", nvrtc: "NVRTC" };
  assert.equal(shortly({ ...verdict, tools: ["launch", "nvrtc", "slang"], names }), "$(verified) launch checks, NVRTC, slang, 32 ms");
});

test("what was defined to judge a place that a condition leaves out is said", () => {
  const under = ["USE_DMA defined", "DEPTH = 4"];
  assert.equal(shortly({ ...verdict, under }), "$(verified) slang, USE_DMA defined, DEPTH = 4, 32 ms");
  assert.match(details({ ...verdict, under }), /leaves this place out; it was judged with USE_DMA defined, DEPTH = 4\./);
});

test("what no tool accepted is never shown as accepted", () => {
  const refused = { ...verdict, verified: false, refused: ["unknown name nonsense"], tools: ["slang"] };
  assert.equal(shortly(refused), "$(unverified) not verified (refused)");
  assert.match(details(refused), /^\*\*Not verified\*\*/);
  assert.match(details(refused), /Refused: unknown name nonsense/);
  assert.equal(shortly({ ...verdict, verified: false, tools: [] }), "$(unverified) not verified");
});

test("the tooltip tells who did not run, what was cut and why it stands where it stands", () => {
  const all = details({ ...verdict, notRun: [["nvrtc", "not installed"]], cut: true, rank: "the likeliest text", names: { nvrtc: "NVRTC" }, leaves: ["unused variable 'x'"] });
  assert.match(all, /Accepted by \*\*slang\*\* in 32 ms/);
  assert.match(all, /Not judged by NVRTC: not installed/);
  assert.match(all, /It leaves: unused variable 'x'/);
  assert.match(all, /rest of what the model wrote/);
  assert.match(all, /the likeliest text/);
});

test("a verdict is only what looks like one", () => {
  assert.equal(verdictOf([verdict]), verdict);
  for (const other of [undefined, [], [null], ["x"], [{ id: "3", tools: [] }], [{ id: 3 }]]) assert.equal(verdictOf(other), undefined);
});

test("a word or a line that comes at once was taken, a key was typed", () => {
  const rest = " + count;\n  end";
  assert.equal(partTaken(rest, " +"), " +");
  assert.equal(partTaken(rest, " + count;\n"), " + count;\n");
  assert.equal(partTaken(rest, " "), "", "one key");
  assert.equal(partTaken(rest, rest), "", "all of it: the command tells");
  assert.equal(partTaken(rest, "ab"), "", "something else");
  assert.equal(partTaken("();", "()"), "", "a bracket brings its closing one");
});

test("a model is shown by its name, or by what is wrong", () => {
  const state = { name: "qwen", backend: "openai", ready: true, state: "ready", message: "", note: "" };
  assert.equal(modelShortly(state), "$(sparkle) qwen");
  assert.equal(modelShortly({ ...state, state: "loading" }), "$(sync~spin) model loading");
  assert.equal(modelShortly({ ...state, ready: false, state: "down" }), "$(warning) model down");
});
