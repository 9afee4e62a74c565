// Where the server is: what the person named, else the `pilotfish` on PATH. Knows no editor.

import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

const SUFFIXES = process.platform === "win32" ? [".exe", ".cmd", ""] : [""];

export async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** A program by its name on PATH. Relative entries are passed over: a workspace could fill them. */
export async function onPath(name: string, path = process.env["PATH"] ?? ""): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    for (const suffix of SUFFIXES) {
      const candidate = join(folder, name + suffix);
      if (await isProgram(candidate)) {
        return candidate;
      }
    }
  }
  return undefined;
}

/** The program that a setting names; `~` is the home folder. Throws what is wrong with it. */
export async function named(setting: string): Promise<string> {
  const path = setting === "~" || setting.startsWith("~/") ? join(homedir(), setting.slice(1)) : setting;
  if (!isAbsolute(path)) {
    throw new Error(`pilotfish.path must be an absolute path, and is ${setting}`);
  }
  if (!(await isProgram(path))) {
    throw new Error(`pilotfish.path names ${path}, which is not an executable program`);
  }
  return path;
}
