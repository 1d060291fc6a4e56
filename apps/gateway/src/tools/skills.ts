import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { packageFolder } from "../package-folder.ts";

/** What an agent can read up when it needs it: how to do one kind of work with the tools. */
export interface Skill {
  readonly name: string;
  /** When to read it, for the model that chooses. */
  readonly description: string;
  /** A tool without which it is of no use. */
  readonly needs?: string | undefined;
  /** Markdown, without the head. */
  readonly text: string;
}

const FOLDER = fileURLToPath(new URL("skills", packageFolder));
const headSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  description: z.string().min(1).max(1024),
  needs: z.string().optional(),
});

/** @throws Error that names the file whose head is wrong. */
export function readSkills(folder: string = FOLDER): readonly Skill[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readSkill(name, join(folder, name, "SKILL.md")))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readSkill(folder: string, file: string): Skill {
  const [, head, text] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(readFileSync(file, "utf8")) ?? [];
  const parsed = headSchema.safeParse(parse(head ?? ""));
  if (!parsed.success || text === undefined) throw new Error(`${file} has no head with name and description`);
  if (parsed.data.name !== folder) throw new Error(`${file} says that it is "${parsed.data.name}"`);
  return { ...parsed.data, text: text.trim() };
}
