// The extension's start and its commands.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { createClient, settings, type Emulate, type Explain } from "./client";
import { Completion } from "./completion";
import { cLanguages, concerns, firmwareMarks } from "./documents";
import { Emulator } from "./emulator";
import { Explanations } from "./explain";
import { run, type Found } from "./find";
import type { Memory } from "./memory";
import { chooseModel, Keys } from "./model";
import { findServer, installNow, sayError, wantsInstall } from "./server";
import { pickFromStatus, Status, type ServerStatus } from "./status";

class Extension implements vscode.Disposable {
  private readonly log = vscode.window.createOutputChannel("Signoff", { log: true });
  private readonly status = new Status();
  private readonly emulator = new Emulator();
  private readonly explanations = new Explanations();
  private readonly completion = new Completion();
  private readonly keys: Keys;
  private client: LanguageClient | undefined;
  private following: vscode.Disposable | undefined;
  private found: Found | undefined;
  // Starts and stops follow one another; two at once would leave a server behind.
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly context: vscode.ExtensionContext) {
    this.keys = new Keys(context.secrets, () => this.client);
  }

  register(): void {
    const commands: Record<string, () => unknown> = {
      "signoff.restart": () => this.restart(),
      "signoff.showOutput": () => this.log.show(),
      "signoff.showStatus": () => this.showStatus(),
      "signoff.doctor": () => this.doctor(),
      "signoff.runDeepChecks": () => this.ask("signoff.checkDeep", vscode.window.activeTextEditor?.document.uri.toString()),
      "signoff.compileFile": () => this.ask("signoff.compileUnit", vscode.window.activeTextEditor?.document.uri.toString()),
      "signoff.buildTorchExtension": () => this.ask("signoff.buildExtension", vscode.window.activeTextEditor?.document.uri.toString()),
      "signoff.emulate": () => this.emulate("qemu"),
      "signoff.watchClocks": () => this.emulate("unicorn"),
      "signoff.chooseModel": () => chooseModel((command) => this.ask(command), () => this.keys.set(), (name) => this.pull(name)),
      "signoff.setModelKey": () => this.keys.set(),
      "signoff.prepareYosys": () => this.ask("signoff.warmYosys"),
      "signoff.install": () => this.reinstall(),
    };
    for (const [name, action] of Object.entries(commands)) {
      this.context.subscriptions.push(vscode.commands.registerCommand(name, action));
    }
    this.context.subscriptions.push(
      vscode.workspace.onDidChangeConfiguration((event) => this.changed(event)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.tellTrust()),
      vscode.window.onDidChangeActiveTextEditor(() => void this.tellMemory()),
    );
  }

  /** Starts the server once there is a document for it: of the many Python files only those with GPU code. */
  async startWhenNeeded(): Promise<void> {
    if (vscode.workspace.textDocuments.some(isOurs) || (await holds("**/*.cu")) || (await holds(firmwareMarks))) return this.restart();
    let found = false;
    const look = (document: vscode.TextDocument) => {
      if (found || !isOurs(document)) return;
      found = true;
      waiting.dispose();
      // A command of the user's may have started it meanwhile.
      if (!this.client) void this.restart();
    };
    const waiting = vscode.Disposable.from(
      vscode.workspace.onDidOpenTextDocument(look),
      vscode.workspace.onDidSaveTextDocument(look),
    );
    this.context.subscriptions.push(waiting);
    // One may have been opened while the workspace was looked through.
    vscode.workspace.textDocuments.forEach(look);
  }

  restart(): Promise<void> {
    this.queue = this.queue.then(async () => {
      await this.stop();
      await this.start().catch((error: unknown) => this.failed(error));
    });
    return this.queue;
  }

  stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.following?.dispose();
    return client ? client.dispose().catch((error: unknown) => this.log.error(String(error))) : Promise.resolve();
  }

  dispose(): void {
    this.status.dispose();
    this.emulator.dispose();
    this.explanations.dispose();
    this.completion.dispose();
    this.keys.dispose();
    this.log.dispose();
  }

  private async start(): Promise<void> {
    const port = vscode.workspace.getConfiguration("signoff").get("server.port", 0);
    this.status.show("sync~spin", "Signoff is looking for its server");
    this.found = port ? undefined : await findServer(this.context);
    const start = port || this.found;
    if (!start) return void this.offer();
    const where = this.found ? `${this.found.command} (from ${this.found.origin})` : `port ${port}`;
    this.log.info(`starting ${where}`);
    let lastLine = "";
    const logged = (line: string) => {
      this.log.info(line);
      lastLine = line;
    };
    const emulate: Emulate = (uri, engine) => this.emulate(engine ?? "qemu", uri);
    const explain: Explain = (args, ask) => this.explanations.run(args, ask);
    this.client = createClient(start, this.context.globalStorageUri.fsPath, this.log, logged, emulate, explain, (...offered) => this.completion.offered(...offered));
    this.following = this.status.follow(this.client, where);
    this.completion.follow(this.client);
    this.client.onNotification("signoff/memory", () => void this.tellMemory());
    this.client.onNotification("signoff/emulatorOutput", ({ text }: { text: string }) => this.emulator.print(text));
    await this.client.start().catch((error: Error) => {
      throw new Error(`the server did not start (${where}): ${lastLine || error.message}`);
    });
    await this.keys.tell();
  }

  // Not awaited by the start: the user may answer much later, or never.
  private async offer(): Promise<void> {
    this.status.show("circle-slash", "Signoff's server is not installed; click to install it");
    // Meanwhile it may have been installed by the command.
    if ((await wantsInstall(this.context)) && !this.client) await this.reinstall();
  }

  private failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.log.error(message);
    this.status.show("error", message);
    void sayError(message, this.log);
  }

  private async reinstall(): Promise<void> {
    await this.stop();
    if (await installNow(this.context, this.log)) await this.restart();
  }

  private changed(event: vscode.ConfigurationChangeEvent): void {
    if (event.affectsConfiguration("signoff.server.path") || event.affectsConfiguration("signoff.server.port")) {
      void this.restart();
    }
  }

  private tellTrust(): void {
    if (this.client?.isRunning()) {
      const told = this.client.sendNotification("workspace/didChangeConfiguration", { settings: { signoff: settings() } });
      // The same event may have the server restarted, which then learns of the trust as it starts.
      told.catch((error: unknown) => this.log.info(String(error)));
    }
  }

  private async ask(command: string, ...args: unknown[]): Promise<unknown> {
    if (this.client?.isRunning()) {
      return this.client.sendRequest("workspace/executeCommand", { command, arguments: args.filter((each) => each !== undefined) });
    }
    const choice = await vscode.window.showWarningMessage("Signoff's server is not running.", "Start", "Show Output");
    if (choice === "Start") await this.restart();
    if (choice === "Show Output") this.log.show();
    return undefined;
  }

  /** A download is shown in a terminal: it takes minutes, and can be ended there. */
  private pull(name: string): void {
    if (!this.found) return;
    const terminal = vscode.window.createTerminal({ name: "Signoff", shellPath: this.found.command, shellArgs: ["model", "pull", name] });
    terminal.show(true);
  }

  private async emulate(engine: string, uri = vscode.window.activeTextEditor?.document.uri.toString()): Promise<unknown> {
    const client = this.client;
    if (!client?.isRunning()) return this.ask("signoff.runEmulator", uri, engine);
    const params = { command: "signoff.runEmulator", arguments: [uri ?? "", engine] };
    return this.emulator.run(engine, (token) => client.sendRequest("workspace/executeCommand", params, token));
  }

  /** The active document's image is not always the one that was linked last. */
  private async tellMemory(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (!document || !cLanguages.includes(document.languageId) || !this.client?.isRunning()) return;
    // While the server stops or starts there is no answer, and nothing to tell.
    const memory = await this.ask("signoff.memory", document.uri.toString()).catch(() => null);
    if (vscode.window.activeTextEditor?.document === document) this.status.memory(memory as Memory | null);
  }

  private async showStatus(): Promise<void> {
    const answer = await this.ask("signoff.status");
    const document = vscode.window.activeTextEditor?.document.uri.toString();
    if (answer) await pickFromStatus(answer as ServerStatus, document);
  }

  // Into the output panel and not a terminal: it is read, copied into reports, and needs no input.
  private async doctor(): Promise<void> {
    if (!this.found) return void vscode.window.showWarningMessage("Signoff started no server of its own to examine.");
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    this.log.show(true);
    const { output } = await run(this.found.command, ["doctor", ...(folder ? [folder] : [])], this.context.globalStorageUri.fsPath);
    this.log.info(`signoff doctor\n${output}`);
  }
}

function isOurs(document: vscode.TextDocument): boolean {
  return concerns(document.languageId, () => document.getText());
}

async function holds(pattern: string): Promise<boolean> {
  return (await vscode.workspace.findFiles(pattern, undefined, 1)).length > 0;
}

let extension: Extension | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  extension = new Extension(context);
  context.subscriptions.push(extension);
  extension.register();
  // Not awaited: the editor need not wait for an installation the user has yet to agree to.
  void extension.startWhenNeeded();
}

export function deactivate(): Promise<void> | undefined {
  return extension?.stop();
}
