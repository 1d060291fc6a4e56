import type { JsonObject } from "@wxgate/core";
import { isObject, listIn, parseObject, textIn } from "./json.ts";

/** What a method answered in its own words: the JSON of its first text that holds any. */
export function businessAnswer(result: JsonObject): JsonObject | undefined {
  return businessAnswers(result)[0];
}

/** The JSON of each text that is a JSON object. */
export function businessAnswers(result: JsonObject): readonly JsonObject[] {
  return listIn(result.content).flatMap((item) => {
    const text = isObject(item) && item.type === "text" ? textIn(item.text) : undefined;
    const answer = text === undefined ? undefined : parseObject(text);
    return answer === undefined ? [] : [answer];
  });
}

export function errcodeOf(answer: JsonObject | undefined): number | undefined {
  return typeof answer?.errcode === "number" ? answer.errcode : undefined;
}

/** A result that says `answer` and nothing else. */
export function resultOf(answer: JsonObject): JsonObject {
  return { content: [{ type: "text", text: JSON.stringify(answer) }], isError: false };
}
