// The trace view's panel: shows what a debug run has answered, and leads back to the source.

import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import * as vscode from "vscode";
import type { Report, Reveal, Shown } from "./report";

let panel: vscode.WebviewPanel | undefined;

/** Show what a debug run has answered, beside the code. */
export function showTrace(context: vscode.ExtensionContext, report: Report): void {
  if (report.status === "error") {
    throw new Error(report.reason);
  }
  show(context, vscode.Uri.parse(report.uri), { report, lines: report.text.split(/\r\n|\r|\n/) });
}

function show(context: vscode.ExtensionContext, uri: vscode.Uri, shown: Shown): void {
  panel?.dispose();
  const roots = [vscode.Uri.joinPath(context.extensionUri, "dist"), vscode.Uri.joinPath(context.extensionUri, "media")];
  const made = vscode.window.createWebviewPanel(
    "pilotfish.trace",
    `Trace: ${basename(uri.fsPath)}`,
    { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false },
    { enableScripts: true, localResourceRoots: roots },
  );
  panel = made;
  made.onDidDispose(() => {
    if (panel === made) {
      panel = undefined;
    }
  });
  made.webview.onDidReceiveMessage(async (message: "ready" | Reveal) => {
    if (message === "ready") {
      await made.webview.postMessage(shown);
    } else {
      await reveal(uri, message);
    }
  });
  made.webview.html = page(made.webview, context.extensionUri);
}

async function reveal(traced: vscode.Uri, place: Reveal): Promise<void> {
  const uri = place.path ? traced.with({ path: vscode.Uri.file(place.path).path }) : traced;
  const selection = new vscode.Range(place.line, 0, place.end, Number.MAX_SAFE_INTEGER);
  await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.One, selection });
}

function page(webview: vscode.Webview, root: vscode.Uri): string {
  const nonce = randomBytes(16).toString("hex");
  const script = webview.asWebviewUri(vscode.Uri.joinPath(root, "dist", "trace.js"));
  const style = webview.asWebviewUri(vscode.Uri.joinPath(root, "media", "trace.css"));
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${style.toString()}">
<title>Trace</title>
</head>
<body>
<main id="view"></main>
<script nonce="${nonce}" src="${script.toString()}"></script>
</body>
</html>`;
}
