// What a click on the status item offers.

import { basename } from "node:path";
import * as vscode from "vscode";
import type { Server, Status } from "./server";
import { describe, isGuided, REMEDIES } from "./status";

interface Entry extends vscode.QuickPickItem {
  command?: string;
}

export async function showMenu(server: Server): Promise<void> {
  const status = server.isRunning ? await server.status().catch(() => undefined) : undefined;
  const title = status ? describe(status).split("\n")[0] : `Pilotfish: ${server.problem ?? "not running"}`;
  const chosen = await vscode.window.showQuickPick(entries(server, status), { title: title ?? "Pilotfish" });
  if (chosen?.command) {
    await vscode.commands.executeCommand(chosen.command);
  }
}

function entries(server: Server, status: Status | undefined): Entry[] {
  const separator: Entry = { label: "", kind: vscode.QuickPickItemKind.Separator };
  const remedy = REMEDIES[status?.remedy ?? ""];
  const running: Entry[] = [
    ...(remedy ? [{ label: `$(wrench) ${remedy.label}`, description: status?.why ?? "", command: remedy.command }, separator] : []),
    {
      label: "$(server-process) Model",
      description: status?.model ? basename(status.model) : (status?.modelState ?? ""),
      command: "pilotfish.selectModel",
    },
    {
      label: `$(shield) Guidance: ${isGuided() ? "on" : "off"}`,
      description: "rules out what does not exist while the model writes",
      command: "pilotfish.toggleGuidance",
    },
    ...(status?.remedy === "resume"
      ? []
      : [
          { label: "$(debug-pause) Pause suggestions", command: "pilotfish.togglePause" },
          { label: "$(clock) Snooze for 10 minutes", command: "pilotfish.snooze" },
          { label: "$(folder) Pause in this folder", command: "pilotfish.pauseFolder" },
        ]),
    separator,
  ];
  return [
    ...(server.isRunning ? running : [{ label: "$(cloud-download) Install the server", command: "pilotfish.install" }]),
    { label: "$(debug-restart) Restart", command: "pilotfish.restartServer" },
    { label: "$(output) Show log", command: "pilotfish.showLog" },
    { label: "$(pulse) Doctor", description: "what works here and what does not", command: "pilotfish.doctor" },
    { label: "$(gear) Settings", command: "pilotfish.openSettings" },
  ];
}
