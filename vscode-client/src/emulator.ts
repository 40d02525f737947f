// Firmware in an emulator: a panel with what it prints, and a way to end it.
import * as vscode from "vscode";

interface Ran {
  readonly message: string;
}

const names: Readonly<Record<string, string>> = { qemu: "QEMU", unicorn: "Unicorn", renode: "Renode" };

export class Emulator implements vscode.Disposable {
  // Made when firmware is first run.
  private panel: vscode.OutputChannel | undefined;
  private running: vscode.CancellationTokenSource | undefined;

  /** Runs firmware by `ask`; what ran before is ended, as there is one panel. */
  async run(engine: string, ask: (token: vscode.CancellationToken) => Promise<unknown>): Promise<unknown> {
    this.running?.cancel();
    const own = (this.running = new vscode.CancellationTokenSource());
    const panel = (this.panel ??= vscode.window.createOutputChannel("Signoff: Emulator"));
    panel.clear();
    panel.show(true);
    const title = `Signoff: firmware runs in ${names[engine] ?? engine}`;
    const where = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    try {
      const ran = await vscode.window.withProgress(where, (_, token) => {
        token.onCancellationRequested(() => own.cancel());
        return ask(own.token);
      });
      if (this.running === own) panel.append(`\n[${(ran as Ran).message}]\n`);
      return ran;
    } catch (error) {
      // A cancelled request is answered with an error.
      if (!own.token.isCancellationRequested) throw error;
      if (this.running === own) panel.append("\n[ended]\n");
      return undefined;
    } finally {
      own.dispose();
      if (this.running === own) this.running = undefined;
    }
  }

  print(text: string): void {
    this.panel?.append(text);
  }

  dispose(): void {
    this.running?.cancel();
    this.panel?.dispose();
  }
}
