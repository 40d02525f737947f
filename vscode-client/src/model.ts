// Which model writes completions: one of this machine or a server, whose key lies in the editor's secret store.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

/** What the server answers to signoff.models. */
interface LocalModel {
  readonly name: string;
  readonly title: string;
  readonly bytes: number;
  readonly downloaded: boolean;
}

type Ask = (command: string) => Promise<unknown>;
type Choice = vscode.QuickPickItem & { readonly take: () => Thenable<unknown> | undefined };

/** The server's address as the user has set it; "" for none. */
function address(): string {
  return vscode.workspace.getConfiguration("signoff").get("completion.url", "").trim();
}

/** Lists the models, and takes the chosen one into the user's own settings. */
export async function chooseModel(ask: Ask, setKey: () => Promise<void>, pull: (name: string) => void): Promise<void> {
  const local = ((await ask("signoff.models")) as LocalModel[] | undefined) ?? [];
  const choices: Choice[] = local.map(({ name, title, bytes, downloaded }) => ({
    label: `$(device-desktop) ${name}`,
    description: downloaded ? "on this machine" : `to be downloaded, ${Math.round(bytes / 1e6)} MB`,
    detail: title,
    take: () => takeLocal(name, downloaded, pull),
  }));
  choices.push(
    { label: "$(server) A model server...", description: address(), detail: "vLLM, llama-server, Ollama, any OpenAI-compatible one", take: takeServer },
    { label: "$(key) The server's key...", detail: "kept in the editor's secret store", take: setKey },
    { label: "$(circle-slash) No model", detail: "everything but its text works", take: () => take({ backend: "off" }) },
  );
  const choice = await vscode.window.showQuickPick(choices, { title: "Signoff: the model that writes completions" });
  await choice?.take();
}

function takeLocal(name: string, downloaded: boolean, pull: (name: string) => void): Thenable<unknown> {
  if (!downloaded) pull(name);
  return take({ backend: "local", localModel: name });
}

async function takeServer(): Promise<void> {
  const url = await vscode.window.showInputBox({ title: "Signoff: the model server's address", value: address(), placeHolder: "http://127.0.0.1:8000" });
  if (url !== undefined) await take({ backend: "auto", url: url.trim() });
}

/** Into the user's settings, never a workspace's: those go to whoever opens it. */
async function take(values: Readonly<Record<string, string>>): Promise<void> {
  const section = vscode.workspace.getConfiguration("signoff.completion");
  for (const [name, value] of Object.entries(values)) await section.update(name, value, vscode.ConfigurationTarget.Global);
}

/** Keys of model servers, each for the one address that it was given for. They are in no setting. */
export class Keys implements vscode.Disposable {
  private readonly following: vscode.Disposable;

  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly client: () => LanguageClient | undefined,
  ) {
    this.following = vscode.Disposable.from(
      secrets.onDidChange(({ key }) => key === slot(address()) && void this.tell()),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("signoff.completion.url") && void this.tell()),
    );
  }

  /** Ask the user for the key of the server in use. */
  async set(): Promise<void> {
    const url = address();
    if (!url) return void vscode.window.showInformationMessage("Set the model server's address first: signoff.completion.url.");
    const key = await vscode.window.showInputBox({ title: `Signoff: the key for ${url}`, password: true, prompt: "Kept in the editor's secret store; empty forgets it." });
    if (key === undefined) return;
    await (key ? this.secrets.store(slot(url), key) : this.secrets.delete(slot(url)));
  }

  /** Tell the server the key of the address in use; an empty one has it forget what it was told before. */
  async tell(): Promise<void> {
    const url = address();
    const client = this.client();
    if (!url || !client?.isRunning()) return;
    const key = (await this.secrets.get(slot(url))) ?? "";
    // While the server stops there is no answer, and the next start tells it again.
    await client.sendRequest("signoff/setModelKey", { url, key }).catch(() => undefined);
  }

  dispose(): void {
    this.following.dispose();
  }
}

function slot(url: string): string {
  return `signoff.modelKey ${url}`;
}
