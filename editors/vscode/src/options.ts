// What the person has set, as the server's options. Only what is set: the rest is the server's to
// decide, from the person's config.toml or its own defaults.

import * as vscode from "vscode";

/** Settings that are the extension's own; the key comes from the secret storage. */
const OURS = new Set(["path", "nextEdits", "trace.server", "endpointKey"]);

type Json = { [key: string]: unknown };

interface Manifest {
  contributes: { configuration: { properties: { [key: string]: unknown } } };
}

export function serverOptions(extension: vscode.Extension<unknown>, endpointKey: string): Json {
  const manifest = extension.packageJSON as Manifest;
  const configuration = vscode.workspace.getConfiguration("pilotfish");
  const options: Json = { trusted: trusted(), otherServers: otherServers() };
  for (const key of Object.keys(manifest.contributes.configuration.properties)) {
    const name = key.replace(/^pilotfish\./, "");
    if (!OURS.has(name) && isSet(configuration.inspect(name))) {
      put(options, name.split("."), configuration.get(name));
    }
  }
  return endpointKey ? { ...options, endpointKey } : options;
}

/** VS Code's trust holds for the folders of its workspace; a file of another folder has none of it. */
function trusted(): false | { [folder: string]: boolean } {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return vscode.workspace.isTrusted && Object.fromEntries(folders.map((folder) => [folder.uri.toString(), true]));
}

/** Other extensions that serve Python's hover, members and references: it is left to them. */
function otherServers(): string[] {
  const known = ["ms-python.vscode-pylance", "detachhead.basedpyright", "ms-pyright.pyright", "astral-sh.ty"];
  return known.filter((id) => vscode.extensions.getExtension(id) !== undefined);
}

function isSet(found: ReturnType<vscode.WorkspaceConfiguration["inspect"]>): boolean {
  return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some((v) => v !== undefined);
}

function put(options: Json, path: string[], value: unknown): void {
  const [first, ...rest] = path;
  if (first === undefined) {
    return;
  }
  if (rest.length === 0) {
    options[first] = value;
    return;
  }
  const group = (options[first] ??= {}) as Json;
  put(group, rest, value);
}
