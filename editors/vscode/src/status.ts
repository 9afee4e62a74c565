// The item in the status bar: one glance says whether Pilotfish works, and with which model.

import { basename } from "node:path";
import * as vscode from "vscode";
import type { Server, Status } from "./server";

/** Causes that the person has chosen. */
const QUIET = ["paused", "off"];

/** What puts right why nothing comes; the first entry of the menu, and a link in the tooltip. */
export const REMEDIES: { [remedy: string]: { label: string; command: string } } = {
  restart: { label: "Restart", command: "pilotfish.restartServer" },
  python: { label: "Choose the Interpreter", command: "pilotfish.choosePython" },
  doctor: { label: "Call the Doctor", command: "pilotfish.doctor" },
  resume: { label: "Resume Suggestions", command: "pilotfish.resume" },
  settings: { label: "Turn Suggestions On", command: "pilotfish.turnOn" },
  endpoint: { label: "Change the Endpoint", command: "pilotfish.chooseEndpoint" },
  model: { label: "Select a Model", command: "pilotfish.selectModel" },
  log: { label: "Show Log", command: "pilotfish.showLog" },
  trust: { label: "Manage Trust", command: "workbench.trust.manage" },
};

/** The server tells of changes by itself, but for an idle model that was unloaded. */
const EVERY_MS = 30_000;

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("pilotfish", vscode.StatusBarAlignment.Right, 100);
  private readonly subscriptions: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;
  private disposed = false;

  constructor(private readonly server: Server) {
    this.item.name = "Pilotfish";
    this.item.command = "pilotfish.menu";
    this.subscriptions.push(
      server.onDidChange(() => this.refresh()),
      server.onDidChangeStatus((status) => this.show(status)),
      vscode.window.onDidChangeWindowState(() => this.refresh()),
      vscode.window.onDidChangeActiveTextEditor(() => this.refresh()),
      vscode.workspace.onDidChangeConfiguration(() => this.refresh()),
    );
    this.item.show();
    this.refresh();
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    vscode.Disposable.from(this.item, ...this.subscriptions).dispose();
  }

  /** Look at the server now, and again while somebody could be looking at the bar. */
  refresh(): void {
    clearTimeout(this.timer);
    void this.look().then(() => {
      clearTimeout(this.timer);
      if (!this.disposed && vscode.window.state.focused) {
        this.timer = setTimeout(() => this.refresh(), EVERY_MS);
      }
    });
  }

  private async look(): Promise<void> {
    if (this.server.isRunning) {
      try {
        this.show(await this.server.status());
        return;
      } catch (error) {
        this.server.log.debug(String(error));
      }
    }
    if (this.disposed) {
      return;
    }
    if (this.server.isStarting) {
      this.say("$(loading~spin) Pilotfish", "Pilotfish is starting");
    } else {
      this.say("$(circle-slash) Pilotfish", `Pilotfish does not run: ${this.server.problem ?? "stopped"}`, true);
    }
  }

  private show(status: Status): void {
    const lines = describe(status);
    const cause = status.cause ? `Pilotfish: ${status.cause}` : "Pilotfish";
    if (QUIET.includes(status.cause)) {
      this.say(`$(debug-pause) ${cause}`, lines);
    } else if (status.remedy === "trust") {
      this.say("$(shield) Pilotfish", lines);
    } else if (status.remedy) {
      this.say(`$(warning) ${cause}`, lines, true);
    } else {
      this.say(`${status.cause ? "$(loading~spin)" : "$(sparkle)"} ${cause}`, lines);
    }
  }

  private say(text: string, tooltip: string, warn = false): void {
    if (this.disposed) {
      return;
    }
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: tooltip, role: "button" };
    this.item.backgroundColor = warn ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }
}

/** Whether what does not exist is ruled out while the model writes. */
export function isGuided(): boolean {
  return vscode.workspace.getConfiguration("pilotfish").get("inlineCompletion.guidance", true);
}

/** A status in words. */
export function describe(status: Status): string {
  const parts = [`Pilotfish: engine ${status.engine}`];
  if (status.modelState) {
    parts.push(`model ${status.model ? basename(status.model) : "none"} (${status.modelState})`);
  }
  if (status.residentBytes) {
    parts.push(`${Math.round(status.residentBytes / 1e6)} MB`);
  }
  if (!isGuided()) {
    parts.push("guidance is off");
  }
  return [parts.join(", "), status.why, status.detail === status.why ? "" : status.detail].filter(Boolean).join("\n");
}
