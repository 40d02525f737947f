// Finds the server and the Python to install it with. No VS Code here, so that it is tested without one.
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

export interface Found {
  readonly command: string;
  readonly origin: "setting" | "PATH" | "installed";
}

export interface Ran {
  readonly ok: boolean;
  readonly output: string;
}

const windows = process.platform === "win32";
const executableEndings = windows ? [".exe"] : [""];

/** The console script of the virtual environment in `folder`. */
export function scriptIn(folder: string, name: string): string {
  return windows ? join(folder, "Scripts", `${name}.exe`) : join(folder, "bin", name);
}

/** Whether `path` is a file that may be executed. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Every file called `name` on PATH, in order. A relative folder on PATH could be the workspace's: it is passed over. */
export async function allOnPath(name: string, path = process.env.PATH ?? ""): Promise<string[]> {
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
  const candidates = folders.flatMap((folder) => executableEndings.map((ending) => join(folder, name + ending)));
  const usable = await Promise.all(candidates.map(isExecutable));
  return candidates.filter((_, index) => usable[index]);
}

/** Runs a program to its end, outside any workspace; `output` is what it printed. Rejects never. */
export function run(command: string, args: string[], cwd: string, timeout = 20_000, signal?: AbortSignal): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd, timeout, windowsHide: true, maxBuffer: 16 << 20, ...(signal ? { signal } : {}) };
    execFile(command, args, options, (error, stdout, stderr) => {
      resolve({ ok: !error, output: [stdout, stderr, error && !stderr ? error.message : ""].filter(Boolean).join("\n") });
    });
  });
}

/** Whether the command is Signoff's: another program of that name must not be taken for it. */
export async function isServer(command: string, cwd: string): Promise<boolean> {
  const { ok, output } = await run(command, ["--version"], cwd);
  return ok && /^signoff\s+v?\d/im.test(output);
}

/** The first `signoff` on PATH that is Signoff's server. */
export async function serverOnPath(cwd: string, path?: string): Promise<Found | undefined> {
  for (const command of await allOnPath("signoff", path)) {
    if (await isServer(command, cwd)) return { command, origin: "PATH" };
  }
  return undefined;
}

/** A Python of at least 3.11 on PATH; undefined where there is none. */
export async function findPython(cwd: string, path?: string): Promise<string | undefined> {
  const newest = [15, 14, 13, 12, 11].map((minor) => `python3.${minor}`);
  for (const name of ["python3", "python", ...newest]) {
    for (const command of await allOnPath(name, path)) {
      const { ok } = await run(command, ["-I", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], cwd);
      if (ok) return command;
    }
  }
  return undefined;
}
