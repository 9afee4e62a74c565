// The endpoint's key: VS Code's secret storage keeps it, and no settings file.

import * as vscode from "vscode";

const NAME = "endpointKey";
/** The key that was last found in the settings. */
const MOVED = "endpointKey.moved";

export class EndpointKey implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** The key is another one now, or gone. */
  readonly onDidChange = this.changed.event;
  private readonly watch: vscode.Disposable;
  /** The key as it was last read; empty where there is none. */
  value = "";

  constructor(private readonly secrets: vscode.SecretStorage) {
    // Another window may have set it.
    this.watch = secrets.onDidChange(({ key }) => void (key === NAME && this.read()));
  }

  /** Read the key, and move one that stands in the settings. Never throws. */
  async load(): Promise<void> {
    try {
      await this.read();
      await this.move();
    } catch (error) {
      // For now it is used from where it stands.
      this.value ||= vscode.workspace.getConfiguration("pilotfish").inspect<string>(NAME)?.globalValue ?? "";
      void vscode.window.showErrorMessage(`Pilotfish: the endpoint's key cannot be kept: ${String(error)}`);
    }
  }

  /** Let the person type the key; an empty one removes it. */
  async ask(): Promise<void> {
    const typed = await vscode.window.showInputBox({
      title: "Pilotfish: the endpoint's key",
      prompt: "It is kept in VS Code's secret storage. Leave it empty to remove the key.",
      password: true,
      ignoreFocusOut: true,
    });
    if (typed !== undefined) {
      await this.keep(typed.trim());
    }
  }

  dispose(): void {
    vscode.Disposable.from(this.changed, this.watch).dispose();
  }

  /** Settings are synchronized and copied: a key that stands there is moved, and the person is told. */
  private async move(): Promise<void> {
    const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration("pilotfish");
    const written = settings().inspect<string>(NAME)?.globalValue;
    if (written === undefined) {
      return;
    }
    // What cannot be removed is met again, and must not replace a key that was set since.
    if (written && written !== (await this.secrets.get(MOVED))) {
      await this.keep(written);
      await this.secrets.store(MOVED, written);
    }
    await settings().update(NAME, undefined, vscode.ConfigurationTarget.Global);
    if (written) {
      void this.tell(settings().inspect<string>(NAME)?.globalValue === undefined);
    }
  }

  private async tell(removed: boolean): Promise<void> {
    const said = "Pilotfish moved the endpoint's key from your settings to VS Code's secret storage.";
    if (removed) {
      await vscode.window.showInformationMessage(`${said} Copies of your settings may still hold it.`);
      return;
    }
    const open = "Open settings.json";
    const chosen = await vscode.window.showWarningMessage(`${said} It also still stands in settings.json: delete it there.`, open);
    if (chosen === open) {
      await vscode.commands.executeCommand("workbench.action.openSettingsJson");
    }
  }

  private async keep(key: string): Promise<void> {
    await (key ? this.secrets.store(NAME, key) : this.secrets.delete(NAME));
    await this.read();
  }

  private async read(): Promise<void> {
    const found = (await this.secrets.get(NAME)) ?? "";
    if (found !== this.value) {
      this.value = found;
      this.changed.fire();
    }
  }
}
