// The language client: what is started, what it is told, and which documents are its own.
import { connect } from "node:net";
import { createInterface } from "node:readline";
import * as vscode from "vscode";
import { CloseAction, LanguageClient, RevealOutputChannelOn } from "vscode-languageclient/node";
import type { ErrorHandler, LanguageClientOptions, ServerOptions, StreamInfo } from "vscode-languageclient/node";
import { languages } from "./documents";
import type { Found } from "./find";

/**
 * The settings as the server takes them. Trust is the editor's to tell: whatever a workspace's settings say about it
 * is overwritten.
 */
export function settings(): Record<string, unknown> {
  const section = vscode.workspace.getConfiguration("signoff");
  return { ...JSON.parse(JSON.stringify(section)), trusted: vscode.workspace.isTrusted };
}

/** Runs firmware: what a click on a line above main does. */
export type Emulate = (uri: string | undefined, engine: string | undefined) => Promise<unknown>;

/** Explains a finding: asks the server with `ask` and shows what it says. */
export type Explain = (args: readonly unknown[], ask: (args: unknown[]) => Promise<unknown>) => Promise<unknown>;

/** Ghost text as the server sends it. */
export type GhostText = vscode.InlineCompletionItem[] | vscode.InlineCompletionList | null | undefined;

/** Hears of ghost text on its way to the editor. */
export type Offered = (document: vscode.TextDocument, position: vscode.Position, items: GhostText) => void;

/** The server itself asks for news of changed files and settings, when it runs: nothing is watched twice. */
export function createClient(
  start: Found | number,
  storage: string,
  log: vscode.LogOutputChannel,
  logged: (line: string) => void,
  emulate: Emulate,
  explain: Explain,
  offered: Offered,
): LanguageClient {
  const options: LanguageClientOptions = {
    documentSelector: languages.flatMap((language) => [
      { language, scheme: "file" },
      { language, scheme: "untitled" },
    ]),
    initializationOptions: settings,
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    // What the server logs is not all errors; its standard output is the protocol and nothing else.
    stdioOptions: { stdout: () => undefined, stderr: (input) => void createInterface({ input }).on("line", logged) },
    initializationFailedHandler: () => false,
    errorHandler: errorHandler(() => client),
    middleware: {
      executeCommand: (command, args, next) => {
        // The panel for its output is the editor's affair, as is the way to end it.
        if (command === "signoff.runEmulator") return emulate(args[0] as string, args[1] as string);
        if (command === "signoff.explain") return explain(args, async (asked) => next(command, asked));
        return next(command, args);
      },
      provideInlineCompletionItems: async (document, position, context, token, next) => {
        const items = await next(document, position, context, token);
        if (!token.isCancellationRequested) offered(document, position, items);
        return items;
      },
      workspace: {
        configuration: async (params, token, next) => {
          const answers = await next(params, token);
          if (!Array.isArray(answers)) return answers;
          return answers.map((answer, index) => (params.items[index]?.section === "signoff" ? settings() : answer));
        },
      },
    },
  };
  const client = new LanguageClient("signoff", "Signoff", serverOptions(start, storage), options);
  return client;
}

/** A server that ran and crashed is started again, up to five times; one that never ran would only fail again. */
function errorHandler(client: () => LanguageClient): ErrorHandler {
  let usual: ErrorHandler | undefined;
  let ran = false;
  const handler = () => (usual ??= client().createDefaultErrorHandler());
  return {
    error: (...args) => handler().error(...args),
    closed: () => {
      ran ||= client().initializeResult !== undefined;
      return ran ? handler().closed() : { action: CloseAction.DoNotRestart, handled: true };
    },
  };
}

/** A port of this machine is connected to; a found server is started, in a folder that is not the workspace's. */
function serverOptions(start: Found | number, storage: string): ServerOptions {
  if (typeof start === "number") return () => connected(start);
  return { command: start.command, args: ["serve"], options: { cwd: storage } };
}

function connected(port: number): Promise<StreamInfo> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve({ reader: socket, writer: socket }));
    socket.once("error", (error) => reject(new Error(`no server listens on port ${port} (${error.message})`)));
  });
}
