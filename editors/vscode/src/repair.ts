// *Run and repair*: what the server offers at the cursor, run without opening a menu.

import * as vscode from "vscode";

const REPAIR = "pilotfish.repair";

/** VS Code cancels what it asks when the document or its trust changes meanwhile: then ask again. */
const TRIES = 3;

/** What the server offers to run, as its title and the command that starts it. */
export interface Offer {
  label: string;
  command: vscode.Command;
}

/** What the server offers to run at the cursor by one of its commands. */
export async function offersHere(editor: vscode.TextEditor, wanted: string): Promise<Offer[]> {
  const actions = await actionsAt(editor, TRIES);
  return actions.flatMap((action) => {
    const command = typeof action.command === "string" ? (action as vscode.Command) : action.command;
    return command?.command === wanted ? [{ label: action.title, command }] : [];
  });
}

async function actionsAt(
  editor: vscode.TextEditor,
  tries: number,
): Promise<(vscode.CodeAction | vscode.Command)[]> {
  try {
    return await vscode.commands.executeCommand<(vscode.CodeAction | vscode.Command)[]>(
      "vscode.executeCodeActionProvider",
      editor.document.uri,
      editor.selection,
      vscode.CodeActionKind.QuickFix.value,
    );
  } catch (error) {
    // The error has come from another process and is of no class that could be asked for.
    if (error instanceof Error && error.message === "Canceled" && tries > 1) {
      return actionsAt(editor, tries - 1);
    }
    throw error;
  }
}

export async function repairHere(): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    return;
  }
  const offers = await offersHere(editor, REPAIR);
  const only = offers.length === 1 ? offers[0] : undefined;
  const chosen = only ?? (offers.length > 1 ? await vscode.window.showQuickPick(offers) : undefined);
  if (chosen) {
    await vscode.commands.executeCommand(chosen.command.command, ...(chosen.command.arguments ?? []));
  } else if (offers.length === 0) {
    const why = vscode.workspace.isTrusted ? "there is no test at the cursor" : "this workspace is not trusted";
    void vscode.window.showInformationMessage(`Pilotfish: ${why}`);
  }
}
