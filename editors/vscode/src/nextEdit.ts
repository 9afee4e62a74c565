// The next place that must follow an edit: marked, gone to by a key, changed by the same key.

import { basename } from "node:path";
import * as vscode from "vscode";
import type { Server } from "./server";

/** How long somebody has stopped typing before the server is asked. */
const REST_MS = 600;

interface Position {
  line: number;
  character: number;
}

/** One edit of the answer to `textDocument/copilotInlineEdit`; see docs/protocol.md. */
interface Edit {
  text: string;
  range: { start: Position; end: Position };
  textDocument: { uri: string; version: number };
}

/** An edit that is still to come, and what stands in its place. */
interface Following {
  document: vscode.TextDocument;
  range: vscode.Range;
  old: string;
  text: string;
}

export class NextEdits implements vscode.Disposable {
  private readonly old = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor("diffEditor.removedTextBackground"),
  });
  private readonly hint = vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  private readonly subscriptions: vscode.Disposable[];
  private following: Following[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** Counts changes, so that an answer to an old question is not shown. */
  private asked = 0;
  private applying = false;

  constructor(private readonly server: Server) {
    this.subscriptions = [
      vscode.workspace.onDidChangeTextDocument((event) => this.changed(event)),
      vscode.workspace.onDidChangeConfiguration(() => isOn() || this.forget()),
      vscode.window.onDidChangeActiveTextEditor(() => this.show()),
      vscode.window.onDidChangeTextEditorSelection(() => this.show()),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(this.old, this.hint, ...this.subscriptions).dispose();
  }

  /** Go to the marked place; where the cursor is on its line, make the edit and mark the next one. */
  async follow(): Promise<void> {
    const next = this.next;
    if (!next) {
      void vscode.window.setStatusBarMessage("Pilotfish: no place must follow the last edit", 4000);
      return;
    }
    const editor = vscode.window.activeTextEditor;
    if (editor?.document === next.document && editor.selection.active.line === next.range.start.line) {
      await this.apply(next);
    } else {
      const place = new vscode.Range(next.range.start, next.range.start);
      await vscode.window.showTextDocument(next.document, { selection: place, preview: false });
    }
    this.show();
  }

  /** The first edit whose place still holds what it changes. */
  private get next(): Following | undefined {
    return this.following.find((each) => each.document.getText(each.range) === each.old);
  }

  private async apply(next: Following): Promise<void> {
    this.following = this.following.filter((each) => each !== next);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(next.document.uri, next.range, next.text);
    this.applying = true;
    try {
      await vscode.workspace.applyEdit(edit);
    } finally {
      this.applying = false;
    }
    if (this.following.length === 0) {
      this.rest(next.document);
    }
  }

  private changed(event: vscode.TextDocumentChangeEvent): void {
    if (event.document.languageId !== "python" || event.contentChanges.length === 0) {
      return;
    }
    if (this.applying) {
      for (const change of event.contentChanges) {
        this.following = this.following.map((each) => shifted(each, event.document, change));
      }
      return;
    }
    this.forget();
    if (isOn()) {
      this.rest(event.document);
    }
  }

  private rest(document: vscode.TextDocument): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(document), REST_MS);
  }

  private forget(): void {
    this.asked += 1;
    this.following = [];
    this.show();
  }

  private async ask(document: vscode.TextDocument): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document !== document || !this.server.isRunning) {
      return;
    }
    this.forget();
    const number = this.asked;
    const params = {
      textDocument: { uri: document.uri.toString() },
      position: editor.selection.active,
    };
    try {
      const answer = await this.server.request<{ edits: Edit[] }>("textDocument/copilotInlineEdit", params);
      if (number === this.asked) {
        this.following = answer.edits.flatMap(kept);
        this.show();
      }
    } catch (error) {
      // The document went on changing, which asks anew.
      this.server.log.debug(`next edits: ${String(error)}`);
    }
  }

  /** Mark the first place, and where the cursor is say where that is. */
  private show(): void {
    const next = this.next;
    void vscode.commands.executeCommand("setContext", "pilotfish.nextEdit", next !== undefined);
    for (const editor of vscode.window.visibleTextEditors) {
      const old: vscode.Range[] = [];
      const hints: vscode.DecorationOptions[] = [];
      if (next && editor.document === next.document) {
        old.push(next.range);
        hints.push(behind(editor, next.range.start.line, `→ ${next.text.replace(/\s+/g, " ") || "remove"} (Alt+N)`));
      }
      const inView =
        editor.document === next?.document && editor.visibleRanges.some((range) => range.contains(next.range));
      if (next && editor === vscode.window.activeTextEditor && !inView) {
        const name = editor.document === next.document ? "" : `${basename(next.document.uri.fsPath)} `;
        const where = `${name}line ${next.range.start.line + 1}`;
        hints.push(behind(editor, editor.selection.active.line, `→ next edit: ${where} (Alt+N)`));
      }
      editor.setDecorations(this.old, old);
      editor.setDecorations(this.hint, hints);
    }
  }
}

function isOn(): boolean {
  return vscode.workspace.getConfiguration("pilotfish").get<boolean>("nextEdits") ?? true;
}

/** A hint behind the end of a line. */
function behind(editor: vscode.TextEditor, line: number, text: string): vscode.DecorationOptions {
  const end = editor.document.lineAt(line).range.end;
  const color = new vscode.ThemeColor("editorCodeLens.foreground");
  return {
    range: new vscode.Range(end, end),
    renderOptions: { after: { contentText: text, color, margin: "0 0 0 1.5em", fontStyle: "italic" } },
  };
}

/** The edit, where its document is as the server saw it. */
function kept(edit: Edit): Following[] {
  const uri = vscode.Uri.parse(edit.textDocument.uri).toString();
  const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri);
  if (document?.version !== edit.textDocument.version) {
    return [];
  }
  const { start, end } = edit.range;
  const range = new vscode.Range(start.line, start.character, end.line, end.character);
  return [{ document, range, old: document.getText(range), text: edit.text }];
}

/** Where an edit is after a change before it. */
function shifted(
  edit: Following,
  document: vscode.TextDocument,
  change: vscode.TextDocumentContentChangeEvent,
): Following {
  if (edit.document !== document || edit.range.start.isBefore(change.range.end)) {
    return edit;
  }
  const lines = change.text.split("\n");
  const moved = (position: vscode.Position): vscode.Position => {
    const line = position.line + lines.length - 1 - (change.range.end.line - change.range.start.line);
    if (position.line !== change.range.end.line) {
      return position.with({ line });
    }
    const begin = lines.length === 1 ? change.range.start.character : 0;
    const last = lines[lines.length - 1] ?? "";
    return new vscode.Position(line, begin + last.length + position.character - change.range.end.character);
  };
  return { ...edit, range: new vscode.Range(moved(edit.range.start), moved(edit.range.end)) };
}
