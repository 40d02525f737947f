// Which server is started: the one in the settings, the one on PATH, or one that the user lets the extension install.
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute } from "node:path";
import * as vscode from "vscode";
import { isExecutable, serverOnPath, type Found } from "./find";
import { bundledWheel, install, installedServer, wasInstalled, type Places } from "./install";

/** The server to start; undefined where there is none. Throws an Error where the setting names no server. */
export async function findServer(context: vscode.ExtensionContext): Promise<Found | undefined> {
  const places = await placesOf(context);
  // Every program is started there: on Windows one in the current folder would come before PATH.
  await mkdir(places.storage, { recursive: true });
  const setting = vscode.workspace.getConfiguration("signoff").get("server.path", "").trim();
  if (setting) return fromSetting(setting);
  return (await serverOnPath(places.storage)) ?? (await installedServer(places, await stampOf(context, places)));
}

/** Whether the user wants the server installed; returns when that is answered. */
export async function wantsInstall(context: vscode.ExtensionContext): Promise<boolean> {
  // An update of the extension brings an update of the server that it installed: that was agreed to.
  return (await wasInstalled(await placesOf(context))) || agreed();
}

/** Installs the server with progress; false where that failed or was cancelled, which has been said. */
export async function installNow(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<boolean> {
  const places = await placesOf(context);
  const stamp = await stampOf(context, places);
  const options = { location: vscode.ProgressLocation.Notification, title: "Signoff", cancellable: true };
  try {
    await vscode.window.withProgress(options, (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      const report = (message: string) => {
        log.info(message);
        progress.report({ message });
      };
      return install(places, stamp, report, abort.signal);
    });
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.error(message);
    void sayError(message, log);
    return false;
  }
}

/** Shows what is wrong, with the way to the log and to the setting; returns when the user has answered. */
export async function sayError(message: string, log: vscode.LogOutputChannel): Promise<void> {
  const choice = await vscode.window.showErrorMessage(`Signoff: ${message}`, "Show Output", "Open Settings");
  if (choice === "Show Output") log.show();
  if (choice === "Open Settings") await openSetting();
}

async function agreed(): Promise<boolean> {
  const text = "Signoff's server is not installed. Install it with the toolchain (slang, Verilator, Yosys) for this extension?";
  const choice = await vscode.window.showInformationMessage(text, "Install", "Set Its Path");
  if (choice === "Set Its Path") await openSetting();
  return choice === "Install";
}

async function fromSetting(setting: string): Promise<Found> {
  const command = expand(setting);
  if (command && (await isExecutable(command))) return { command, origin: "setting" };
  const absolute = "must be an absolute path (in a trusted workspace ${workspaceFolder} may be used)";
  throw new Error(`signoff.server.path (${setting}) ${command ? "is not a file that can be executed" : absolute}.`);
}

/** "" where the path is relative, or would name a file of a workspace that is not trusted. */
function expand(setting: string): string {
  const folder = vscode.workspace.isTrusted ? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath : undefined;
  const path = setting.replace(/^~(?=[/\\])/, homedir()).replace("${workspaceFolder}", folder ?? "${workspaceFolder}");
  return isAbsolute(path) ? path : "";
}

async function openSetting(): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openSettings", "signoff.server.path");
}

async function placesOf(context: vscode.ExtensionContext): Promise<Places> {
  return { storage: context.globalStorageUri.fsPath, wheel: await bundledWheel(context.extensionPath) };
}

/** What an installation is made from: another version, or another build of the wheel, is installed anew. */
async function stampOf(context: vscode.ExtensionContext, places: Places): Promise<string> {
  const packed = places.wheel ? createHash("sha256").update(await readFile(places.wheel)).digest("hex") : "PyPI";
  return `${context.extension.packageJSON.version} ${packed}`;
}
