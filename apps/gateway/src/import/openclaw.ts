import { parse as parseYaml } from "yaml";
import { importAgents, importBindings } from "./agents.ts";
import { createDraft, type Draft, type ImportSurroundings } from "./draft.ts";
import { agentsOfJobs, importJobs } from "./jobs.ts";
import { parseJson5 } from "./json5.ts";
import { isObject, sectionOf } from "./section.ts";
import { importKf, importWeixin } from "./wechat.ts";
import { importWecom } from "./wecom.ts";

const CHANNELS = ["wecom", "wechat-kf", "openclaw-weixin"];

/** Reads JSON, JSON5 or YAML. @throws Error in words when it is none of them, or no mapping. */
export function parseOpenClaw(text: string): Readonly<Record<string, unknown>> {
  const value = parseAny(text);
  if (isObject(value)) return value;
  throw new Error("it holds no mapping");
}

function parseAny(text: string): unknown {
  try {
    return parseJson5(text);
  } catch (json) {
    if (/^\s*(?:\{|\/\/|\/\*)/.test(text)) throw json;
  }
  return parseYaml(text);
}

/** Everything of an OpenClaw configuration that has its place here. `jobs`: what `cron/jobs.json` holds. */
export function importOpenClaw(config: unknown, jobs: unknown, surroundings: ImportSurroundings): Draft {
  const draft = createDraft();
  const root = sectionOf("", config);
  const channels = root.section("channels");
  const wecom = channels?.raw("wecom");
  importWecom(draft, wecom, surroundings);
  importKf(draft, channels?.raw("wechat-kf"), surroundings);
  const plugin = root.section("plugins")?.section("entries")?.section("openclaw-weixin");
  importWeixin(draft, channels?.raw("openclaw-weixin"), plugin?.flag("enabled") === true, surroundings);
  importAgents(draft, root, agentsOfJobs(jobs));
  importBindings(draft, root);
  const account = isObject(wecom) && typeof wecom.defaultAccount === "string" ? wecom.defaultAccount : undefined;
  importJobs(draft, jobs, account);
  const others = (channels?.keys() ?? []).filter((name) => !CHANNELS.includes(name));
  draft.lost.push(...others.map((name) => `channels.${name}: not a channel of wxgate`));
  const policies = [...draft.channels.values()].some(({ keys }) => keys.dmPolicy === "pairing");
  if (policies)
    draft.notes.push(
      "people who were paired there are strangers here: they get a code again, or write them into allowFrom",
    );
  return draft;
}
