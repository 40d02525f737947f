import assert from "node:assert/strict";
import { test } from "node:test";
import { shortly, table, type Memory } from "../src/memory";

const flash = { name: "FLASH", origin: 0x08000000, size: 1048576, used: 131072, change: -12 };
const ram = { name: "RAM", origin: 0x20000000, size: 131072, used: 96, change: 1024 };
const ccm = { name: "CCMRAM", origin: 0x10000000, size: 65536, used: 0, change: 0 };
const memory: Memory = { uri: "file:///main.c", image: "blink", linked: true, regions: [flash, ram, ccm] };

test("the status bar has what is used, in per cent", () => {
  assert.equal(shortly(memory), "FLASH 13 %, RAM <1 %");
});

test("an image that does not link is said to be so", () => {
  assert.match(shortly({ ...memory, linked: false }), /does not link/);
  assert.equal(shortly({ ...memory, linked: false, regions: [] }), "(does not link)");
});

test("the tooltip is a table of bytes with the change", () => {
  const lines = table(memory).split("\n");
  assert.equal(lines[4], "| FLASH | 131,072 | 1,048,576 | 13 % | \u221212 |");
  assert.equal(lines[5], "| RAM | 96 | 131,072 | <1 % | +1,024 |");
  assert.equal(lines[6], "| CCMRAM | 0 | 65,536 | 0 % |  |");
  assert.equal(lines[0], "**blink**");
});

test("where nothing changed there is no column for it, and an image that does not link says so", () => {
  const regions = memory.regions.map((region) => ({ ...region, change: 0 }));
  const lines = table({ ...memory, linked: false, regions }).split("\n");
  assert.match(lines[0] ?? "", /blink.*does not link/);
  assert.equal(lines[3], "|:--|--:|--:|--:|");
  assert.equal(lines[5], "| RAM | 96 | 131,072 | <1 % |");
});
