/** Why a file is not sent as it was meant, in the languages that sentences to people are in. */
export interface Reason {
  readonly en: string;
  readonly zh: string;
}

export function both({ en, zh }: Reason, more: Reason): Reason {
  return { en: `${en}; ${more.en}`, zh: `${zh}；${more.zh}` };
}

const HAN = /\p{Script=Han}/u;

/** Puts a reason in the place of `{reason}`, in the sentence's own language: Chinese where it holds Chinese characters. */
export function withReason(sentence: string, reason: Reason): string {
  const words = HAN.test(sentence) ? reason.zh : reason.en;
  return sentence.replaceAll("{reason}", () => words);
}
