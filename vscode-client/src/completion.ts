// Ghost text beside the text itself: what was proven of it, which part of it was taken, and how the model is.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { GhostText } from "./client";
import { languages } from "./documents";
import { details, modelShortly, partTaken, shortly, verdictOf, type ModelState, type Verdict } from "./verdict";

/** One suggestion as it is shown: `rest` is its text behind the cursor, which is at `offset`. */
interface Shown {
  readonly uri: string;
  readonly offset: number;
  readonly rest: string;
  readonly verdict: Verdict;
}

export class Completion implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("signoff.completion", vscode.StatusBarAlignment.Right, 48);
  private readonly following: vscode.Disposable;
  private shown: readonly Shown[] = [];
  private model: ModelState | undefined;
  private client: LanguageClient | undefined;

  constructor() {
    this.item.name = "Signoff: completion";
    this.item.command = "signoff.chooseModel";
    this.following = vscode.Disposable.from(
      vscode.workspace.onDidChangeTextDocument((event) => this.edited(event)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.moved(textEditor)),
      vscode.window.onDidChangeActiveTextEditor(() => this.forget()),
    );
  }

  /** Tell a client's server what is taken, and show what it says of the model. */
  follow(client: LanguageClient): void {
    this.client = client;
    this.model = undefined;
    this.forget();
    client.onNotification("signoff/modelStatus", (state: ModelState) => {
      this.model = state;
      this.show();
    });
  }

  /** What is about to be shown at a position. */
  offered(document: vscode.TextDocument, position: vscode.Position, items: GhostText): void {
    const list = Array.isArray(items) ? items : (items?.items ?? []);
    this.shown = list.flatMap((item) => {
      const verdict = verdictOf(item.command?.arguments);
      if (!verdict || typeof item.insertText !== "string") return [];
      const typed = item.range ? document.getText(new vscode.Range(item.range.start, position)) : "";
      return [{ uri: document.uri.toString(), offset: document.offsetAt(position), rest: item.insertText.slice(typed.length), verdict }];
    });
    this.show();
  }

  dispose(): void {
    this.following.dispose();
    this.item.dispose();
  }

  /** The protocol has no word for a part that is accepted, and the editor tells no extension: it is known by its change. */
  private edited({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const change = contentChanges[0];
    if (!this.shown.length || !change || document.uri.toString() !== this.shown[0]?.uri) return;
    const inserted = change.text.replaceAll("\r\n", "\n");
    const going = this.shown.filter(
      ({ offset, rest }) => contentChanges.length === 1 && change.rangeLength === 0 && change.rangeOffset === offset && rest.startsWith(inserted),
    );
    const first = going[0];
    const part = first && partTaken(first.rest, inserted);
    if (first && part) this.tell(first.verdict.id, part);
    this.shown = going.map((one) => ({ ...one, offset: one.offset + change.text.length, rest: one.rest.slice(inserted.length) }));
    this.show();
  }

  private tell(id: number, text: string): void {
    // Not before the change itself, which the client's own listener sends.
    setTimeout(() => void this.client?.sendNotification("signoff/completionPartlyAccepted", { id, text }).catch(() => undefined));
  }

  /** Ghost text is gone once the cursor is elsewhere. */
  private moved({ document, selection }: vscode.TextEditor): void {
    const first = this.shown[0];
    if (first?.uri === document.uri.toString() && document.offsetAt(selection.active) !== first.offset) this.forget();
  }

  private forget(): void {
    this.shown = [];
    this.show();
  }

  private show(): void {
    const verdict = this.shown.find(({ rest }) => rest)?.verdict;
    const ours = languages.includes(vscode.window.activeTextEditor?.document.languageId ?? "");
    if (!ours || !(verdict || this.model)) return this.item.hide();
    this.item.text = verdict ? shortly(verdict) : modelShortly(this.model!);
    this.item.tooltip = new vscode.MarkdownString(verdict ? details(verdict) : [this.model!.message, this.model!.note].filter(Boolean).join("  \n"));
    const wrong = !verdict && this.model !== undefined && !this.model.ready && this.model.state !== "off";
    this.item.backgroundColor = wrong ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    this.item.show();
  }
}
