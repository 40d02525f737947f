// The status bar item: what state the server is in; a click lists the tools, the model and what can be done.
import * as vscode from "vscode";
import { State, type LanguageClient } from "vscode-languageclient/node";
import { cLanguages, concerns } from "./documents";
import { shortly, table, type Memory } from "./memory";

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("signoff.status", vscode.StatusBarAlignment.Right, 50);
  private readonly memoryItem = vscode.window.createStatusBarItem("signoff.memory", vscode.StatusBarAlignment.Right, 49);
  private readonly editor: vscode.Disposable;

  constructor() {
    this.memoryItem.name = "Signoff: memory of the firmware image";
    this.memoryItem.command = "signoff.runDeepChecks";
    this.item.name = "Signoff";
    this.item.command = "signoff.showStatus";
    this.editor = vscode.window.onDidChangeActiveTextEditor((editor) => {
      // An output panel that takes the focus is no other document.
      if (editor?.document.uri.scheme !== "output") this.showWhereUseful();
    });
    this.showWhereUseful();
  }

  /** Show a state that has nothing to do with a client: none found, being installed. */
  show(icon: string, tooltip: string): void {
    this.item.text = `$(${icon}) Signoff`;
    this.item.tooltip = tooltip;
    this.showWhereUseful();
    const failed = icon === "error";
    this.item.backgroundColor = failed ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
  }

  /** Follow a client's state until it is disposed of. */
  follow(client: LanguageClient, started: string): vscode.Disposable {
    return client.onDidChangeState(({ newState }) => {
      if (newState === State.Starting) this.show("sync~spin", "Signoff is starting");
      if (newState === State.Stopped) this.show("circle-slash", "Signoff's server has stopped");
      if (newState === State.Running) this.show("verified", `${serverName(client)}\n${started}`);
    });
  }

  /** What the last linked image of the active document takes; nothing where it is of none. */
  memory(memory: Memory | null): void {
    if (!memory) return this.memoryItem.hide();
    this.memoryItem.text = `$(chip) ${shortly(memory)}`;
    this.memoryItem.tooltip = new vscode.MarkdownString(table(memory));
    this.memoryItem.show();
  }

  dispose(): void {
    this.editor.dispose();
    this.memoryItem.dispose();
    this.item.dispose();
  }

  private showWhereUseful(): void {
    const document = vscode.window.activeTextEditor?.document;
    const isC = document !== undefined && cLanguages.includes(document.languageId);
    // A C file shows it once there is a server; before, it is most likely no firmware.
    const useful = document && ((isC && this.item.text) || concerns(document.languageId, () => document.getText()));
    if (useful) this.item.show();
    else this.item.hide();
    if (!isC) this.memoryItem.hide();
  }
}

/** What the server answers to signoff.status. */
export interface ServerStatus {
  readonly tools: readonly { readonly name: string; readonly available: boolean; readonly version: string; readonly reason: string }[];
  readonly model: { readonly name: string; readonly ready: boolean; readonly message: string };
  readonly kept: string;
  readonly projects: Readonly<Record<string, string>>;
}

type Pick = vscode.QuickPickItem & { readonly command?: string };

/** Lists what runs and what is off, and the commands that help; runs the one that is chosen. */
export async function pickFromStatus(status: ServerStatus, document: string | undefined): Promise<void> {
  const tools = status.tools.map(({ name, available, version, reason }) => line(available, name, version, reason));
  const { name, ready, message } = status.model;
  const project = document && status.projects[document];
  const picks: Pick[] = [
    ...tools,
    { ...line(ready, name || "completion model", "", message), command: "signoff.chooseModel" },
    ...(status.kept ? [{ label: "$(graph) Accepted completions", detail: `${status.kept} (counted on this machine only)` }] : []),
    ...(project ? [{ label: "$(folder) Project", detail: project }] : []),
    { label: "Commands", kind: vscode.QuickPickItemKind.Separator },
    { label: "$(play) Run deep checks now", command: "signoff.runDeepChecks" },
    { label: "$(pulse) Doctor", command: "signoff.doctor" },
    { label: "$(output) Show output", command: "signoff.showOutput" },
    { label: "$(debug-restart) Restart server", command: "signoff.restart" },
  ];
  const pick = await vscode.window.showQuickPick(picks, { title: "Signoff", placeHolder: "What runs, and what is off" });
  if (pick?.command) await vscode.commands.executeCommand(pick.command);
}

function line(available: boolean, name: string, version: string, reason: string): Pick {
  return { label: `$(${available ? "check" : "circle-slash"}) ${name}`, description: version, ...(reason ? { detail: reason } : {}) };
}

function serverName(client: LanguageClient): string {
  const info = client.initializeResult?.serverInfo;
  return info ? `${info.name} ${info.version ?? ""}` : "signoff";
}
