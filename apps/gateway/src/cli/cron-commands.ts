import type { CommandSpec } from "./spec.ts";

type Options = NonNullable<CommandSpec["options"]>;

const DETAILS: Options = [
  ["--name <name>", "what it is called"],
  ["--cron <expression>", 'when: minute hour day month weekday, such as "0 9 * * 1-5"'],
  ["--tz <zone>", 'time zone of --cron, such as "Asia/Shanghai"; the gateway\'s own when absent'],
  ["--at <time>", 'or once, such as "2026-12-24T18:00:00+08:00"'],
  ["--text <text>", "what to send, as written"],
  ["--message <prompt>", "or what to ask an agent, whose answer is sent"],
  ["--agent <name>", "who is asked; the default agent when absent"],
  ["--session <name>", '"isolated": every run begins anew (default); any other name: runs share this memory'],
  ["--channel <channel>", "where it goes"],
  ["--to <target>", 'who gets it, as the channel writes it: "zhangsan", "party:1"'],
  ["--announce", "send the answer; understood when --channel and --to are given"],
  ["--no-deliver", "keep the answer in the run"],
  ["--missed <policy>", "times that passed while no gateway ran: skip, once (default) or all"],
];

const action = (name: "add" | "edit" | "list" | "show" | "enable" | "disable" | "remove" | "run" | "runs") =>
  async function load() {
    return (await import("../commands/cron.ts")).cron[name];
  };

export const CRON_COMMANDS: readonly CommandSpec[] = [
  {
    group: "cron",
    usage: "add",
    description: "add a schedule",
    options: [
      ...DETAILS,
      ["--disabled", "switched off for now", false],
      ["--file <file>", "or everything in this JSON list, as the API takes it"],
    ],
    load: action("add"),
  },
  { group: "cron", usage: "list", description: "list the schedules", load: action("list") },
  { group: "cron", usage: "show <id>", description: "show one of them", load: action("show") },
  { group: "cron", usage: "enable <id>", description: "switch it on", load: action("enable") },
  { group: "cron", usage: "disable <id>", description: "switch it off", load: action("disable") },
  { group: "cron", usage: "remove <id>", description: "remove it", load: action("remove") },
  { group: "cron", usage: "run <id>", description: "fire it now; its next time stays", load: action("run") },
  {
    group: "cron",
    usage: "runs [id]",
    description: "what became of each firing, the latest first",
    options: [
      ["--id <id>", "the schedule"],
      ["--limit <number>", "how many", "20"],
    ],
    load: action("runs"),
  },
  {
    group: "cron",
    usage: "edit <id>",
    description: "change it; what is not named stays",
    options: DETAILS,
    load: action("edit"),
  },
];
