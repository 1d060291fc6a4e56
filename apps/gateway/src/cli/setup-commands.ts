import type { CommandSpec } from "./spec.ts";

export const SETUP_COMMANDS: readonly CommandSpec[] = [
  {
    usage: "doctor",
    description: "look for what commonly goes wrong: cause and cure",
    load: async () => (await import("../commands/doctor.ts")).doctor,
  },
  {
    group: "doctor",
    usage: "callback",
    description: "say why a callback of the platform is refused",
    options: [
      ["--url <address>", "the whole address the platform called, with its query"],
      ["--body <file>", 'what it sent ("-": standard input); absent for the check of an address'],
    ],
    load: async () => (await import("../commands/doctor-callback.ts")).doctorCallback,
  },
  {
    group: "import",
    usage: "openclaw <file>",
    description: "turn an OpenClaw configuration (JSON, JSON5, YAML) into the file named by --config",
    options: [
      ["--jobs <file>", "its schedules; cron/jobs.json beside the file when absent"],
      ["--inline-secrets", "leave secrets in the file instead of .env", false],
      ["--force", "overwrite what is there", false],
    ],
    load: async () => (await import("../commands/import-openclaw.ts")).importFromOpenClaw,
  },
];
