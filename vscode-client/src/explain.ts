// The explanation of a finding, shown as a document: the facts at once, a model's words once it has found them.
import * as vscode from "vscode";

const scheme = "signoff-explain";
const uri = vscode.Uri.from({ scheme, path: "/Explanation.md" });

interface Explained {
  readonly ok: boolean;
  readonly markdown: string;
}

export class Explanations implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registered = vscode.workspace.registerTextDocumentContentProvider(scheme, this);
  readonly onDidChange = this.changed.event;
  private text = "";
  private last = 0;

  provideTextDocumentContent(): string {
    return this.text;
  }

  dispose(): void {
    this.registered.dispose();
    this.changed.dispose();
  }

  /** Asks for the facts and shows them; then for the same with a model's words, which may take its time. */
  async run(args: readonly unknown[], ask: (args: unknown[]) => Promise<unknown>): Promise<unknown> {
    const turn = ++this.last;
    const place = { ...(args[1] as object), show: false };
    const facts = (await ask([args[0], place])) as Explained | undefined;
    if (!facts?.markdown) return facts;
    this.put(facts.markdown);
    await vscode.commands.executeCommand("markdown.showPreviewToSide", uri);
    // The user may cancel it: the facts are there.
    const whole = (await ask([args[0], { ...place, words: true }]).catch(() => undefined)) as Explained | undefined;
    // Another finding may have been asked about meanwhile.
    if (whole?.markdown && turn === this.last) this.put(whole.markdown);
    return whole;
  }

  private put(text: string): void {
    if (text === this.text) return;
    this.text = text;
    this.changed.fire(uri);
  }
}
