// Finding and installing the server, with programs of our own on a PATH of our own.
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { allOnPath, findPython, isServer, serverOnPath } from "../src/find";
import { bundledWheel, install, installedServer, wasInstalled } from "../src/install";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "signoff client ü "))));
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(where: string, name: string, body: string): Promise<string> {
  await mkdir(join(folder, where), { recursive: true });
  const path = join(folder, where, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

/** A python whose -m venv makes a folder with a python that "installs" a signoff; what it is told goes to a log. */
async function fakePython(pipStatus = 0): Promise<string> {
  const script = `log='${join(folder, "log")}'; echo "$@" >> "$log"
case "$*" in
  *sys.version_info*) exit 0;;
  *venv*) for last in "$@"; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python";;
  *pip*) [ ${pipStatus} = 0 ] || { echo "No matching distribution" >&2; exit ${pipStatus}; }
    bin=$(dirname "$0"); printf '#!/bin/sh\\necho signoff 0.1.0\\n' > "$bin/signoff"; chmod +x "$bin/signoff";;
esac`;
  return program("py", "python3", script);
}

const places = (wheel = "") => ({ storage: join(folder, "storage"), wheel });
const noReport = () => undefined;

test("relative folders on PATH are passed over, and files that cannot be executed", async () => {
  const real = await program("b", "signoff", "echo signoff 0.1.0");
  await mkdir(join(folder, "a"));
  await writeFile(join(folder, "a", "signoff"), "");
  const path = ["", ".", "bin", join(folder, "a"), join(folder, "b")].join(delimiter);
  assert.deepEqual(await allOnPath("signoff", path), [real]);
});

test("another program called signoff is not taken for the server", async () => {
  const other = await program("other", "signoff", "echo usage: signoff FILE; exit 0");
  const ours = await program("ours", "signoff", "echo signoff 0.1.0");
  assert.equal(await isServer(other, folder), false);
  const path = [join(folder, "other"), join(folder, "ours")].join(delimiter);
  assert.deepEqual(await serverOnPath(folder, path), { command: ours, origin: "PATH" });
  assert.equal(await serverOnPath(folder, join(folder, "other")), undefined);
});

test("a Python that is too old is passed over", async () => {
  await program("old", "python3", "exit 1");
  const good = await fakePython();
  const path = [join(folder, "old"), join(folder, "py")].join(delimiter);
  assert.equal(await findPython(folder, path), good);
  assert.equal(await findPython(folder, join(folder, "old")), undefined);
});

test("the bundled wheel is installed, found again, and installed anew for another version", async () => {
  await fakePython();
  const wheel = join(folder, "wheel", "signoff-0.1.0-py3-none-any.whl");
  await mkdir(join(folder, "wheel"));
  await writeFile(wheel, "");
  assert.equal(await bundledWheel(folder), wheel);
  const messages: string[] = [];
  const signal = new AbortController().signal;
  assert.equal(await wasInstalled(places(wheel)), false);
  const found = await install(places(wheel), "0.1.0", (text) => messages.push(text), signal, join(folder, "py") + delimiter + process.env.PATH);
  assert.deepEqual(await installedServer(places(wheel), "0.1.0"), found);
  assert.equal(await installedServer(places(wheel), "0.2.0"), undefined);
  assert.equal(await wasInstalled(places(wheel)), true);
  assert.equal(messages.length, 2);
  const told = await readFile(join(folder, "log"), "utf8");
  assert.ok(told.includes(`install ${wheel}`));
});

test("without a bundled wheel PyPI's signoff is installed", async () => {
  await fakePython();
  await install(places(), "1", noReport, new AbortController().signal, join(folder, "py"));
  assert.match(await readFile(join(folder, "log"), "utf8"), /install signoff$/m);
});

test("a failed installation says what failed, and is not taken for a server", async () => {
  await fakePython(1);
  const promise = install(places(), "1", noReport, new AbortController().signal, join(folder, "py"));
  await assert.rejects(promise, /Installing Signoff.*failed.*No matching distribution/s);
  assert.equal(await wasInstalled(places()), false);
  assert.equal(await installedServer(places(), "1"), undefined);
});

test("a Python without venv gives the advice for Debian", async () => {
  await program("py", "python3", 'case "$*" in *version_info*) exit 0;; esac; echo "ensurepip is not available"; exit 1');
  const promise = install(places(), "1", noReport, new AbortController().signal, join(folder, "py"));
  await assert.rejects(promise, /apt install python3-venv/);
});

test("no Python and no uv is said", async () => {
  const promise = install(places(), "1", noReport, new AbortController().signal, folder);
  await assert.rejects(promise, /no Python 3\.11 or newer/);
});

test("a cancelled installation says so", async () => {
  await program("py", "python3", 'case "$*" in *version_info*) exit 0;; esac; sleep 30');
  const abort = new AbortController();
  const promise = install(places(), "1", () => setTimeout(() => abort.abort(), 50), abort.signal, join(folder, "py") + delimiter + process.env.PATH);
  await assert.rejects(promise, /cancelled/);
});
