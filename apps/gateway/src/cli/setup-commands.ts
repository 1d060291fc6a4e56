import type { CommandSpec } from "./spec.ts";

export const SETUP_COMMANDS: readonly CommandSpec[] = [
  {
    usage: "doctor",
    description: "look for what commonly goes wrong: cause and cure",
    load: async () => (await import("../commands/doctor.ts")).doctor,
  },
];
