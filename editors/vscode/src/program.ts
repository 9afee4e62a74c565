// The command line of the server's own program: models and the doctor.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as vscode from "vscode";
import type { Server } from "./server";

const run = promisify(execFile);

/** One line of `pilotfish model list --json`. */
interface Model {
  name: string;
  roles: string[];
  size: number;
  licence: string;
  state: string;
}

function programOf(server: Server): string {
  if (!server.program) {
    throw new Error(server.problem ?? "the server was not found");
  }
  return server.program;
}

/** Let the person choose the model that completes, and fetch it if it is not here. */
export async function selectModel(server: Server, cwd: string): Promise<void> {
  const program = programOf(server);
  const { stdout } = await run(program, ["model", "list", "--json"], { cwd });
  const items = (JSON.parse(stdout) as Model[]).map((model) => ({
    label: model.name,
    description: model.roles.join(", "),
    detail: `${(model.size / 1e9).toFixed(1)} GB, ${model.licence}, ${model.state}`,
    model,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: "The model that completes" });
  if (!chosen) {
    return;
  }
  if (chosen.model.state !== "verified") {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: `Fetching ${chosen.label}`,
      cancellable: true,
    };
    await vscode.window.withProgress(options, async (_progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      await run(program, ["model", "pull", chosen.label], { cwd, signal: abort.signal });
    });
  }
  const configuration = vscode.workspace.getConfiguration("pilotfish");
  await configuration.update("model", chosen.label, vscode.ConfigurationTarget.Global);
}

/** What the doctor says of this workspace, as a document that cannot be edited. */
export class Doctor implements vscode.Disposable, vscode.TextDocumentContentProvider {
  private readonly uri = vscode.Uri.parse("pilotfish:Doctor");
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider("pilotfish", this);
  readonly onDidChange = this.changed.event;
  private said = "";

  constructor(private readonly server: Server) {}

  provideTextDocumentContent(): string {
    return this.said;
  }

  async show(cwd: string): Promise<void> {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    const args = ["doctor", ...(folder ? ["--workspace", folder] : [])];
    // Exit code 1 means that something does not work, which is an answer, too.
    const answer = run(programOf(this.server), args, { cwd }).catch((error: { stdout?: string; stderr?: string }) => error);
    const options = { location: vscode.ProgressLocation.Window, title: "Pilotfish: calling the doctor" };
    const { stdout, stderr } = await vscode.window.withProgress(options, () => answer);
    this.said = `${stdout ?? ""}${stderr ?? ""}`;
    this.changed.fire(this.uri);
    await vscode.window.showTextDocument(this.uri, { preview: true });
  }

  dispose(): void {
    vscode.Disposable.from(this.registration, this.changed).dispose();
  }
}
