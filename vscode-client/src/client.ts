// The language client: what is started, what it is told, and which documents are its own.
import { connect } from "node:net";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions, type StreamInfo } from "vscode-languageclient/node";
import type { Found } from "./find";

export const languages = ["verilog", "systemverilog"];

/**
 * The settings as the server takes them. Trust is the editor's to tell: whatever a workspace's settings say about it
 * is overwritten.
 */
export function settings(): Record<string, unknown> {
  const section = vscode.workspace.getConfiguration("signoff");
  return { ...JSON.parse(JSON.stringify(section)), trusted: vscode.workspace.isTrusted };
}

/** The server itself asks for news of changed files and settings, when it runs: nothing is watched twice. */
export function createClient(start: Found | number, storage: string, log: vscode.LogOutputChannel): LanguageClient {
  const options: LanguageClientOptions = {
    documentSelector: languages.flatMap((language) => [
      { language, scheme: "file" },
      { language, scheme: "untitled" },
    ]),
    initializationOptions: settings,
    outputChannel: log,
    middleware: {
      workspace: {
        configuration: async (params, token, next) => {
          const answers = await next(params, token);
          if (!Array.isArray(answers)) return answers;
          return answers.map((answer, index) => (params.items[index]?.section === "signoff" ? settings() : answer));
        },
      },
    },
  };
  return new LanguageClient("signoff", "Signoff", serverOptions(start, storage), options);
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
