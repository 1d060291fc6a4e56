import { dirname, join, resolve } from "node:path";
import { ChannelError } from "@wxgate/core";
import { createHttpClient, HttpError } from "@wxgate/http-client";
import type { Action, CommandContext } from "../cli/context.ts";
import { CommandError } from "../cli/exit-codes.ts";
import { parseConfig } from "../config/load.ts";
import { createDraft } from "../import/draft.ts";
import { writeConfig } from "../import/write.ts";
import { createInterview } from "../init/ask.ts";
import { checkBot, checkCorpSecret } from "../init/check-credentials.ts";
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
  await tryOut(context, keys);
  const agentType = await interview.must(WHICH_AGENT);
  const agentKeys = await interview.all(AGENTS[agentType]!.questions);

  const draft = createDraft();
  const id = typeof options.id === "string" ? options.id : "main";
  draft.channels.set(id, { type, comment: `${label}.`, keys, origin: { channel: type, account: "" } });
  draft.agents.set("assistant", { type: agentType, ...agentKeys });
  const { yaml, secrets } = writeConfig(draft, isInline, COMMENT);
  const directory = dirname(resolve(context.configFile));
  const env = { ...context.env, ...Object.fromEntries(secrets) };
  await parseConfig({ file: context.configFile, text: yaml, directory, env }, registry);
  const envFile = join(directory, ".env");
  refuseToReplace(envFile, secrets, options.force === true);
  if (secrets.size > 0) addToEnvironmentFile(envFile, secrets);
  writeConfigFile(context.configFile, yaml, isInline);

  const path = questions.some(({ key }) => key === "token") ? `/webhooks/${id}` : undefined;
  context.say(
    `Wrote ${context.configFile}${secrets.size > 0 ? ", and the secrets to .env beside it (readable by you only)" : ""}.`,
  );
  context.say("Next: wxgate start");
  if (path) context.say(`Then give the console the address https://<your domain>${path}`);
  if (type === "weixin-ilink") context.say(`Then sign in: wxgate login ${id}`);
  context.emit({ ok: true, file: context.configFile, channel: id, type, agent: agentType, ...(path && { path }) });
};

const COMMENT = "Made by `wxgate init`. `wxgate check` says what is wrong after a change, `wxgate reload` applies it.";

/** Before anything is written: what WeCom says to the credentials. */
async function tryOut(context: CommandContext, keys: Readonly<Record<string, string>>): Promise<void> {
  const { corpId, botId, secret, apiBaseUrl, url } = keys;
  if (secret === undefined) return;
  const http = createHttpClient({ env: context.env, network: { timeoutMs: CHECK_TIMEOUT_MS, retries: 0 } });
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  try {
    if (botId !== undefined) await checkBot({ botId, secret, ...(url && { url }) }, http.openSocket, signal);
    else if (corpId !== undefined)
      await checkCorpSecret({ corpId, secret, ...(apiBaseUrl && { apiBaseUrl }) }, http.fetch, signal);
    else return;
    context.say("WeCom takes these credentials.");
  } catch (error) {
    if (error instanceof ChannelError) throw new CommandError([error.message, error.hint].filter(Boolean).join("\n"));
    if (error instanceof HttpError || signal.aborted)
      throw new CommandError(
        `WeCom cannot be reached from here (${error instanceof HttpError ? error.code : "no answer in time"}); check network and proxy`,
      );
    throw error;
  } finally {
    await http.close();
  }
}
