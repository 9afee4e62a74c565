// What a repair has found, shown as a diff before anything changes: accept, reject, or look at the
// next alternative. The server applies what is accepted, and shows the changed place.

import { basename } from "node:path";
import * as vscode from "vscode";
import type { Found, Patch, Server } from "./server";

/** The texts after a patch, and what is known of it. */
const PROPOSED = "pilotfish-patch";
const DETAILS = "pilotfish-details";

const [ACCEPT, NEXT, REJECT, MORE] = ["Accept", "Next Alternative", "Reject", "Details"];

export class Preview implements vscode.Disposable, vscode.TextDocumentContentProvider {
  private readonly subscriptions: vscode.Disposable[];
  private found: Found | undefined;
  private at = 0;
  /** Counts previews, so that an old notification acts on nothing. */
  private number = 0;

  constructor(private readonly server: Server) {
    this.subscriptions = [PROPOSED, DETAILS].map((scheme) =>
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
    );
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    if (uri.scheme === DETAILS) {
      const lines = [this.found?.answer.summary ?? "", ...(this.found?.answer.details ?? [])];
      return `${lines.join("\n")}\n`;
    }
    return this.found?.answer.patches?.[Number(uri.query.split("-")[1])]?.files[0]?.text ?? "";
  }

  /** Show the best patch, and say what was run. Somebody who went on typing keeps the cursor. */
  async open(found: Found): Promise<void> {
    await this.close();
    this.found = found;
    this.at = 0;
    this.number += 1;
    await this.show();
    void this.tell(this.number);
  }

  /** Look at another patch, `step` further. */
  async turn(step: number): Promise<void> {
    const count = this.patches.length;
    if (count > 1) {
      await this.close();
      this.at = (this.at + step + count) % count;
      await this.show();
    }
  }

  async accept(): Promise<void> {
    const { found, patch } = this;
    if (found && patch) {
      await this.reject();
      await this.server.execute("pilotfish.applyRepair", { uri: found.uri, patch: patch.index });
    }
  }

  async reject(): Promise<void> {
    await this.close();
    this.number += 1;
  }

  async details(): Promise<void> {
    const uri = vscode.Uri.from({ scheme: DETAILS, path: "/Repair details", query: String(this.number) });
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  private get patches(): Patch[] {
    return this.found?.answer.patches ?? [];
  }

  private get patch(): Patch | undefined {
    return this.patches[this.at];
  }

  private async show(): Promise<void> {
    const file = this.patch?.files[0];
    if (!file || !this.patch) {
      return;
    }
    const uri = vscode.Uri.parse(file.uri);
    const after = uri.with({ scheme: PROPOSED, query: `${this.number}-${this.at}` });
    const place = new vscode.Range(file.line, 0, file.line, 0);
    const count = this.patches.length > 1 ? ` (${this.at + 1} of ${this.patches.length})` : "";
    const word = this.patch.verified ? "verified" : "not verified";
    const title = `${basename(uri.fsPath)}: ${word}, ${this.patch.title}${count}`;
    await vscode.commands.executeCommand("vscode.diff", uri, after, title, {
      preview: true,
      preserveFocus: this.found?.busy() ?? false,
      selection: place,
    });
  }

  private async tell(number: number): Promise<void> {
    const summary = this.found?.answer.summary ?? "";
    const choices = this.patches.length > 1 ? [ACCEPT, NEXT, REJECT, MORE] : [ACCEPT, REJECT, MORE];
    for (;;) {
      const chosen = await vscode.window.showInformationMessage(`Pilotfish: ${summary}`, ...choices);
      if (this.number !== number || chosen === undefined) {
        return;
      }
      if (chosen === ACCEPT) {
        return this.accept();
      }
      if (chosen === REJECT) {
        return this.reject();
      }
      await (chosen === NEXT ? this.turn(1) : this.details());
    }
  }

  private async close(): Promise<void> {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const ours = tabs.filter(
      (tab) => tab.input instanceof vscode.TabInputTextDiff && tab.input.modified.scheme === PROPOSED,
    );
    await vscode.window.tabGroups.close(ours);
  }
}
