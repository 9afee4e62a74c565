// The private environment: a venv in the extension's own storage, with the wheel that came along.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { isProgram, onPath } from "./locate";

const run = promisify(execFile);

/** What the server needs; the newest first. */
const PYTHONS = ["python3.14", "python3.13", "python3.12", "python3.11", "python3", "python"];
const MINIMUM = [3, 11] as const;
const SCRIPTS = process.platform === "win32" ? "Scripts" : "bin";

const WITH_MODEL = "Install";
const WITHOUT_MODEL = "Install without a model runtime";

/** Said in `installed.json` once an installation is whole. */
interface Installed {
  wheel: string;
  extra: string;
}

export class PrivateEnvironment {
  private readonly folder: string;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.folder = join(context.globalStorageUri.fsPath, "server");
  }

  private get program(): string {
    return join(this.folder, SCRIPTS, process.platform === "win32" ? "pilotfish.exe" : "pilotfish");
  }

  /** The installed server. One of another version than this extension's wheel is brought up to date. */
  async find(): Promise<string | undefined> {
    const installed = await this.installed();
    if (!installed || !(await isProgram(this.program))) {
      return undefined;
    }
    if (installed.wheel !== (await this.wheel()).hash) {
      await this.install(installed.extra); // The person has consented to this environment before.
    }
    return this.program;
  }

  /** Ask whether to install the server, and do so; `undefined` if the person says no. */
  async offer(): Promise<string | undefined> {
    const choice = await vscode.window.showInformationMessage(
      "Pilotfish found no server on this machine. Install it into an environment of its own? Python packages are downloaded; " +
        "the model runtime is compiled, which takes minutes and needs a C++ compiler.",
      WITH_MODEL,
      WITHOUT_MODEL,
    );
    if (!choice) {
      return undefined;
    }
    await this.install(choice === WITH_MODEL ? "model" : "");
    return this.program;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async install(extra: string): Promise<void> {
    const title = "Installing Pilotfish";
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    await vscode.window.withProgress(options, async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      try {
        await this.build(extra, abort.signal, (message) => progress.report({ message }));
      } catch (error) {
        await this.remove();
        if (abort.signal.aborted) {
          throw new Error("the installation was cancelled");
        }
        throw error;
      }
    });
  }

  private async build(extra: string, signal: AbortSignal, report: (message: string) => void): Promise<void> {
    const wheel = await this.wheel();
    const python = await findPython();
    await this.remove();
    await mkdir(this.context.globalStorageUri.fsPath, { recursive: true });
    // A neutral folder and -I: nothing of a workspace can stand in for what is run here.
    const options = { signal, cwd: this.context.globalStorageUri.fsPath, maxBuffer: 1 << 26 };
    report("making the environment");
    await this.step(python, ["-I", "-m", "venv", this.folder], options);
    report(extra ? "packages and the model runtime (minutes, the first time)" : "packages");
    const pip = ["-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install"];
    const own = join(this.folder, SCRIPTS, "python");
    // Everything that is fetched has a hash in the lock that the extension carries.
    const lock = join(dirname(wheel.path), `${extra || "base"}.txt`);
    await this.step(own, [...pip, "--require-hashes", "-r", lock], options);
    await this.step(own, [...pip, "--no-deps", wheel.path], options);
    const said: Installed = { wheel: wheel.hash, extra };
    await writeFile(join(this.folder, "installed.json"), JSON.stringify(said));
  }

  private async step(program: string, args: string[], options: object): Promise<void> {
    this.log.info(`${program} ${args.join(" ")}`);
    try {
      const { stdout } = await run(program, args, options);
      this.log.debug(String(stdout));
    } catch (error) {
      const stderr = String((error as { stderr?: unknown }).stderr ?? error).trim();
      this.log.error(stderr);
      throw new Error(`the installation failed: ${stderr.split("\n").at(-1) ?? ""}`);
    }
  }

  private async installed(): Promise<Installed | undefined> {
    try {
      return JSON.parse(await readFile(join(this.folder, "installed.json"), "utf8")) as Installed;
    } catch {
      return undefined;
    }
  }

  /** The wheel that the extension carries. */
  private async wheel(): Promise<{ path: string; hash: string }> {
    const folder = this.context.asAbsolutePath("server");
    const name = (await readdir(folder)).find((file) => file.endsWith(".whl"));
    if (!name) {
      throw new Error(`this build of the extension carries no server (${folder} holds no wheel)`);
    }
    const path = join(folder, name);
    return { path, hash: createHash("sha256").update(await readFile(path)).digest("hex") };
  }
}

/** A Python that the server runs under. Throws if there is none. */
async function findPython(): Promise<string> {
  const [major, minor] = MINIMUM;
  for (const name of PYTHONS) {
    const path = await onPath(name);
    if (!path) {
      continue;
    }
    const test = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${major}, ${minor}))`;
    const fits = await run(path, ["-I", "-c", test]).then(
      () => true,
      () => false,
    );
    if (fits) {
      return path;
    }
  }
  throw new Error(`no Python ${major}.${minor} or newer with the module venv is on PATH`);
}
