import { createHash } from "node:crypto";
import { type Answer, chosenItem, type OutboundContent, textOf, withoutMiddle } from "@wxgate/core";
import { type Fields, fieldsOf, listIn, textIn } from "../json.ts";
import { isNo, isYes } from "../turn/yes-no.ts";
import { type About, aboutOf, type ToolCall } from "./updates.ts";

type Menu = Extract<OutboundContent, { kind: "menu" }>;

/** One way to answer a permission request. */
interface Option {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
}

export interface PermissionRequest {
  /** What the agent wants to do, in its own words. */
  readonly action: string;
  /** Of everything that is known of it, also of what `action` has no room for. */
  readonly fingerprint: string;
  readonly options: readonly Option[];
}

/** As ACP has it. */
export interface PermissionResult {
  readonly outcome: { readonly outcome: "cancelled" } | { readonly outcome: "selected"; readonly optionId: string };
}

export const CANCELLED: PermissionResult = { outcome: { outcome: "cancelled" } };
const LONGEST_ACTION = 600;

/** Reads `session/request_permission`; `known` is the tool call as it was announced. */
export function readPermission(params: Fields, known: ToolCall | undefined): PermissionRequest {
  const call = fieldsOf(params.toolCall) ?? {};
  const options = (listIn(params.options) ?? []).flatMap((each) => {
    const { optionId, name, kind } = fieldsOf(each) ?? {};
    const id = textIn(optionId);
    return id === undefined ? [] : [{ id, name: textIn(name) ?? id, kind: textIn(kind) ?? "" }];
  });
  const about = aboutOf(call, known);
  const title = textIn(call.title) ?? known?.title ?? known?.name ?? "";
  return { action: actionOf(title, about), fingerprint: hashOf([title, about]), options };
}

/** The title alone may hide what is done: the command and the files stand below it. */
function actionOf(title: string, { rawInput, content, locations }: About): string {
  const input = fieldsOf(rawInput) ?? {};
  const command =
    textIn(input.command) ??
    listIn(input.command)
      ?.filter((word) => typeof word === "string")
      .join(" ");
  const paths = [...(listIn(locations) ?? []), ...(listIn(content) ?? [])].map((each) => textIn(fieldsOf(each)?.path));
  const more = [...new Set([command, ...paths])].filter((part) => part !== undefined && !title.includes(part));
  const action = [title, ...more].filter((part) => part !== "").join("\n");
  return withoutMiddle(action, LONGEST_ACTION);
}

/** The answer that grants or refuses, for this once where that is offered. */
export function resultOf({ options }: PermissionRequest, granted: boolean): PermissionResult {
  const kinds = granted ? ["allow_once", "allow_always"] : ["reject_once", "reject_always"];
  const option = kinds.map((kind) => options.find((each) => each.kind === kind)).find((each) => each !== undefined);
  return option === undefined ? CANCELLED : selected(option.id);
}

/**
 * The question for the person. What holds for ever is not offered: who answers in a chat sees this one action. The ids
 * are of this turn and question, so that an older menu answers nothing.
 */
export function questionFor({ action, fingerprint, options }: PermissionRequest, turn: string, template: string): Menu {
  const offered = offeredOf(options);
  const mark = hashOf([turn, fingerprint, offered]).slice(0, 12);
  return {
    kind: "menu",
    head: template.replaceAll("{action}", () => action),
    items: offered.map(({ name }, index) => ({ id: `${mark}.${index}`, text: name })),
  };
}

/** What the person's answer says; words that are no answer refuse, and are for the agent to read (`words`). */
export function resultFor(
  request: PermissionRequest,
  menu: Menu,
  answer: Answer,
): { readonly result: PermissionResult; readonly words?: string } {
  if (answer.kind === "unanswered") return { result: resultOf(request, false) };
  const { content } = answer.message;
  const chosen = chosenItem(menu, content);
  const option = offeredOf(request.options)[menu.items.findIndex((item) => "id" in item && item.id === chosen)];
  if (option !== undefined) return { result: selected(option.id) };
  const refused = resultOf(request, false);
  // The words on an older button were not written to this question.
  if (content.some(({ kind }) => kind === "choice" || kind === "action")) return { result: refused };
  const said = textOf(content).trim();
  if (isYes(said)) return { result: resultOf(request, true) };
  return isNo(said) || said === "" ? { result: refused } : { result: refused, words: said };
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

function offeredOf(options: readonly Option[]): readonly Option[] {
  const once = options.filter(({ kind }) => kind === "allow_once" || kind === "reject_once");
  return once.length > 1 ? once : options;
}

function selected(optionId: string): PermissionResult {
  return { outcome: { outcome: "selected", optionId } };
}
