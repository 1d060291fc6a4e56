import type { CommandSpec } from "./spec.ts";

export const SETUP_COMMANDS: readonly CommandSpec[] = [
  {
    usage: "init",
    description: "ask what is needed for a first channel, try the credentials, write a configuration",
    options: [
      ["--type <type>", "kf, wecom-bot-ws, wecom-bot-webhook, wecom-agent-xml or weixin-ilink"],
      ["--id <id>", "what the channel is called", "main"],
      ["--corp-id <id>", "Corp ID"],
      ["--secret <secret>", "Secret"],
      ["--token <token>", "Token of the callback page"],
      ["--encoding-aes-key <key>", "EncodingAESKey of the callback page"],
      ["--agent-id <number>", "AgentId of a self-built app"],
      ["--bot-id <id>", "Bot ID of an AI bot"],
      [
        "--api-base-url <address>",
        "where the platform is (of a bot on a long connection: ws:// or wss://); for private deployments and the simulator",
      ],
      ["--agent <type>", "who answers: echo, openai or http"],
      ["--agent-url <address>", "where it is"],
      ["--agent-key <key>", "its API key or secret"],
      ["--agent-model <name>", "the model"],
      ["--inline-secrets", "leave secrets in the file instead of .env", false],
      ["--force", "overwrite what is there", false],
    ],
    load: async () => (await import("../commands/init.ts")).init,
  },
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
