import { z } from "zod";
import { rejected } from "./place.ts";
import type { Skill } from "./skills.ts";
import { type Caller, defineTool, type GatewayTool } from "./tool.ts";

/** Those that are of use to a caller: with the tools it has. */
export function skillsFor(caller: Caller, skills: readonly Skill[], tools: readonly GatewayTool[]): readonly Skill[] {
  const has = (name: string) => tools.some((tool) => tool.name === name && (tool.offeredTo?.(caller) ?? true));
  return skills.filter(({ needs }) => needs === undefined || has(needs));
}

/** Instructions that are read when they are needed, and cost one line of the prompt otherwise. */
export function skillTools(skills: readonly Skill[], tools: readonly GatewayTool[]): readonly GatewayTool[] {
  return [
    defineTool({
      name: "list_skills",
      description:
        "Names and purposes of the skills: short instructions for work with WeCom's documents, tables, meetings, calendars, to-dos and messages, and for files and cards. Look here before work of that kind.",
      readOnly: true,
      input: z.strictObject({}),
      async run(_args, { caller }) {
        return {
          skills: skillsFor(caller, skills, tools).map(({ name, description }) => ({ name, description })),
        };
      },
    }),
    defineTool({
      name: "read_skill",
      description: "The whole text of one skill. Read it before you begin, and follow it.",
      readOnly: true,
      input: z.strictObject({ name: z.string().min(1).describe("From list_skills.") }),
      async run({ name }, { caller }) {
        const known = skillsFor(caller, skills, tools);
        const skill = known.find((candidate) => candidate.name === name);
        if (skill !== undefined) return { name, text: skill.text };
        throw rejected(
          `there is no skill "${name}"; there are ${known.map((one) => one.name).join(", ")}`,
          "tool.no-skill",
        );
      },
    }),
  ];
}
