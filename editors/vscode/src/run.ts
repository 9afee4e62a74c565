// *Run and repair* and *Debug*: what the server offers at a place, run without opening a menu.

import * as vscode from "vscode";
import { DEBUG, type Order } from "./server";

/** VS Code cancels what it asks when the document or its trust changes meanwhile: then ask again. */
const TRIES = 3;

/** What the server offers to run, as its title and the command that starts it. */
interface Offer {
  label: string;
  command: vscode.Command;
}

/** Run what the server offers by `wanted` at the cursor. */
export async function runHere(wanted: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId === "python") {
    await runAt(editor.document.uri, editor.selection, wanted);
  }
}

/** Run what the server offers by `wanted` for a test of the Test Explorer. */
export async function runTest(test: vscode.TestItem, wanted: string): Promise<void> {
  if (!test.uri || !test.range) {
    throw new Error(`${test.label} is no single test: choose one below it`);
  }
  // The server answers about documents that are open.
  await vscode.window.showTextDocument(test.uri, { selection: new vscode.Range(test.range.start, test.range.start) });
  await runAt(test.uri, new vscode.Range(test.range.start, test.range.start), wanted);
}

async function runAt(uri: vscode.Uri, range: vscode.Range, wanted: string): Promise<void> {
  const offers = (await actionsAt(uri, range, TRIES)).flatMap((action): Offer[] => {
    const command = typeof action.command === "string" ? (action as vscode.Command) : action.command;
    return command?.command === wanted ? [{ label: action.title, command }] : [];
  });
  const only = offers.length === 1 ? offers[0] : undefined;
  const chosen = only ?? (offers.length > 1 ? await vscode.window.showQuickPick(offers) : undefined);
  if (chosen) {
    await vscode.commands.executeCommand(chosen.command.command, ...(chosen.command.arguments ?? []));
  } else if (offers.length === 0 && wanted === DEBUG) {
    // No test here: the tests that are found for the file.
    const order: Order = { uri: uri.toString(), test: "" };
    await vscode.commands.executeCommand(DEBUG, order);
  } else if (offers.length === 0) {
    const why = vscode.workspace.isTrusted ? "there is no test at the cursor" : "this workspace is not trusted";
    void vscode.window.showInformationMessage(`Pilotfish: ${why}`);
  }
}

async function actionsAt(
  uri: vscode.Uri,
  range: vscode.Range,
  tries: number,
): Promise<(vscode.CodeAction | vscode.Command)[]> {
  try {
    return await vscode.commands.executeCommand<(vscode.CodeAction | vscode.Command)[]>(
      "vscode.executeCodeActionProvider",
      uri,
      range,
      vscode.CodeActionKind.QuickFix.value,
    );
  } catch (error) {
    // The error has come from another process and is of no class that could be asked for.
    if (error instanceof Error && error.message === "Canceled" && tries > 1) {
      return actionsAt(uri, range, tries - 1);
    }
    throw error;
  }
}
