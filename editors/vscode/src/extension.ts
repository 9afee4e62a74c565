// Pilotfish in VS Code: a thin client. What the server can decide, it decides.

import { mkdir } from "node:fs/promises";
import * as vscode from "vscode";
import { EndpointKey } from "./key";
import { showMenu } from "./menu";
import { NextEdits } from "./nextEdit";
import { Preview } from "./preview";
import { Doctor, selectModel } from "./program";
import { runHere, runTest } from "./run";
import { DEBUG, REPAIR, Server } from "./server";
import { isGuided, StatusItem } from "./status";
import { showTrace } from "./trace/panel";

let running: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("Pilotfish", { log: true });
  const key = new EndpointKey(context.secrets);
  const server = new Server(context, log, key);
  running = server;
  const status = new StatusItem(server);
  const doctor = new Doctor(server);
  const preview = new Preview(server);
  const nextEdits = new NextEdits(server);
  const neutral = context.globalStorageUri.fsPath;
  await mkdir(neutral, { recursive: true });

  const commands: { [name: string]: (...args: never[]) => unknown } = {
    menu: () => showMenu(server),
    repairHere: () => runHere(REPAIR),
    traceHere: () => runHere(DEBUG),
    repairTest: (test: vscode.TestItem) => runTest(test, REPAIR),
    debugTest: (test: vscode.TestItem) => runTest(test, DEBUG),
    acceptPatch: () => preview.accept(),
    rejectPatch: () => preview.reject(),
    nextPatch: () => preview.turn(1),
    previousPatch: () => preview.turn(-1),
    patchDetails: () => preview.details(),
    nextEdit: () => nextEdits.follow(),
    selectModel: () => selectModel(server, neutral),
    toggleGuidance: () =>
      vscode.workspace
        .getConfiguration("pilotfish")
        .update("inlineCompletion.guidance", !isGuided(), vscode.ConfigurationTarget.Global),
    togglePause: () => server.execute("pilotfish.pause"),
    resume: () => server.execute("pilotfish.pause", false),
    snooze: () => server.execute("pilotfish.pause", { minutes: 10 }),
    pauseFolder: () => {
      const folder = folderHere();
      return folder && server.execute("pilotfish.pause", { folder: folder.uri.toString() });
    },
    turnOn: () =>
      vscode.workspace
        .getConfiguration("pilotfish")
        .update("inlineCompletion.enabled", true, vscode.ConfigurationTarget.Global),
    choosePython: () => vscode.commands.executeCommand("workbench.action.openSettings", "pilotfish.python"),
    chooseEndpoint: () => vscode.commands.executeCommand("workbench.action.openSettings", "pilotfish.endpoint"),
    setEndpointKey: () => key.ask(),
    restartServer: () => server.restart(),
    showLog: () => log.show(),
    openSettings: () => vscode.commands.executeCommand("workbench.action.openSettings", "@ext:pilotfish.pilotfish"),
    doctor: () => doctor.show(neutral),
    install: async () => {
      if (await server.environment.offer()) {
        await server.restart();
      }
    },
    uninstall: async () => {
      await server.stop();
      await server.environment.remove();
    },
  };
  for (const [name, run] of Object.entries(commands)) {
    const guardedRun = (...args: never[]): Promise<void> => guarded(() => run(...args));
    context.subscriptions.push(vscode.commands.registerCommand(`pilotfish.${name}`, guardedRun));
  }
  context.subscriptions.push(
    log,
    key,
    doctor,
    status,
    preview,
    nextEdits,
    server,
    server.onDidRepair((found) => guarded(() => preview.open(found))),
    server.onDidDebug((report) => guarded(() => showTrace(context, report))),
    server.onDidChange(() => vscode.commands.executeCommand("setContext", "pilotfish.running", server.isRunning)),
    key.onDidChange(() => server.configure()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.configure()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => server.configure()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("pilotfish.path")) {
        void server.restart();
      }
      if (event.affectsConfiguration("pilotfish.endpointKey")) {
        void key.load();
      }
    }),
  );
  await key.load();
  void server.start();
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}

/** The workspace folder of the file that is edited, else the first. */
function folderHere(): vscode.WorkspaceFolder | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return (uri && vscode.workspace.getWorkspaceFolder(uri)) ?? vscode.workspace.workspaceFolders?.[0];
}

/** A failure of a command is told to the person in one line. */
async function guarded(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(`Pilotfish: ${text}`);
  }
}
