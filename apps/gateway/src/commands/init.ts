import { dirname, join, resolve } from "node:path";
import { ChannelError } from "@wxgate/core";
import { createHttpClient, HttpError } from "@wxgate/http-client";
import type { Action, CommandContext } from "../cli/context.ts";
import { CommandError } from "../cli/exit-codes.ts";
import { parseConfig } from "../config/load.ts";
import { createDraft, type Draft } from "../import/draft.ts";
import { type Written, writeConfig } from "../import/write.ts";
import { createInterview } from "../init/ask.ts";
import { checkBot, checkCorpSecret, checkIlink } from "../init/check-credentials.ts";
import { AGENTS, TYPES, WHICH_AGENT, WHICH_CHANNEL } from "../init/questions.ts";
import { registry } from "../registry.ts";
import { addToEnvironmentFile, refuseToOverwrite, refuseToReplace, writeConfigFile } from "./new-files.ts";

const CHECK_TIMEOUT_MS = 15_000;

/** Asks what is needed for a first channel, tries the credentials, and writes a commented configuration. */
export const init: Action = async (context, _args, options) => {
  const isInline = options.inlineSecrets === true;
  refuseToOverwrite(context.configFile, options.force === true);
  const interview = createInterview(options, process.stdin.isTTY && !context.json);
  const type = await interview.must(WHICH_CHANNEL);
  const { label, questions, addressKey } = TYPES[type]!;
  const answers = await interview.all(questions);
  const keys = { ...answers, ...(typeof options.apiBaseUrl === "string" && { [addressKey]: options.apiBaseUrl }) };
  const draft = createDraft();
  const id = typeof options.id === "string" ? options.id : "main";
  draft.channels.set(id, { type, comment: `${label}.`, keys, origin: { channel: type, account: "" } });
  // What was copied wrongly is told before more is asked.
  await written(context, draft, isInline);
  await tryOut(context, type, keys);
  const agentType = await interview.must(WHICH_AGENT);
  const agentKeys = await interview.all(AGENTS[agentType]!.questions);

  draft.agents.set("assistant", { type: agentType, ...agentKeys });
  const { yaml, secrets } = await written(context, draft, isInline);
  const envFile = join(dirname(resolve(context.configFile)), ".env");
  refuseToReplace(envFile, secrets, options.force === true);
  if (secrets.size > 0) addToEnvironmentFile(envFile, secrets);
  writeConfigFile(context.configFile, yaml, isInline);

  const path = answers.token === undefined ? undefined : `/webhooks/${id}`;
  context.say(
    `Wrote ${context.configFile}${secrets.size > 0 ? ", and the secrets to .env beside it (readable by you only)" : ""}.`,
  );
  for (const line of nextSteps(id, type, path)) context.say(line);
  context.emit({ ok: true, file: context.configFile, channel: id, type, agent: agentType, ...(path && { path }) });
};

/** @param path where callbacks come in, if any do */
function nextSteps(id: string, type: string, path: string | undefined): readonly string[] {
  const steps = ["Next: wxgate start"];
  if (type === "weixin-ilink") steps.push(`Then sign in: wxgate login ${id}`);
  if (path !== undefined) {
    steps.push(
      `Then give the console the address https://<your domain>${path}`,
      "Token and EncodingAESKey could not be tried from here: the console does it when you save the address. Should it refuse, wxgate doctor callback says why.",
    );
  }
  if (type === "wecom-agent-xml") {
    steps.push(
      `The AgentId could not be tried without a message: wxgate send ${id} <userid> hello does it. 40056 or 301002 mean that it is wrong.`,
    );
  }
  return steps;
}

const COMMENT = "Made by `wxgate init`. `wxgate check` says what is wrong after a change, `wxgate reload` applies it.";

/** @throws ConfigError that lists what is wrong with it. */
async function written(context: CommandContext, draft: Draft, isInline: boolean): Promise<Written> {
  const config = writeConfig(draft, isInline, COMMENT);
  const directory = dirname(resolve(context.configFile));
  const env = { ...context.env, ...Object.fromEntries(config.secrets) };
  await parseConfig({ file: context.configFile, text: config.yaml, directory, env }, registry);
  return config;
}

/** Before anything is written: what the platform says to the credentials. Of a callback's token and key only it can tell. */
async function tryOut(context: CommandContext, type: string, keys: Readonly<Record<string, string>>): Promise<void> {
  const { corpId, botId, secret, apiBaseUrl, url, baseUrl } = keys;
  const isIlink = type === "weixin-ilink";
  if (secret === undefined && !isIlink) return;
  const http = createHttpClient({ env: context.env, network: { timeoutMs: CHECK_TIMEOUT_MS, retries: 0 } });
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  try {
    if (isIlink) {
      await checkIlink(baseUrl, http.fetch, signal);
      return context.say("iLink can be reached.");
    }
    if (secret === undefined) return;
    if (botId !== undefined) await checkBot({ botId, secret, ...(url && { url }) }, http.openSocket, signal);
    else if (corpId !== undefined)
      await checkCorpSecret({ corpId, secret, ...(apiBaseUrl && { apiBaseUrl }) }, http.fetch, signal);
    else return;
    context.say("WeCom takes these credentials.");
  } catch (error) {
    if (error instanceof ChannelError) throw new CommandError([error.message, error.hint].filter(Boolean).join("\n"));
    if (error instanceof HttpError || signal.aborted)
      throw new CommandError(
        `${isIlink ? "iLink" : "WeCom"} cannot be reached from here (${error instanceof HttpError ? error.code : "no answer in time"}); check network and proxy`,
      );
    throw error;
  } finally {
    await http.close();
  }
}
