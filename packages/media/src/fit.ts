import { both, type Reason } from "./reason.ts";
import { formatBytes } from "./size.ts";
import type { MediaKind } from "./sniff.ts";

/** What a platform takes as one kind. Formats are extensions as `sniff` names them; the first is converted to. */
export interface KindRule {
  readonly formats: readonly string[];
  readonly maxBytes: number;
  readonly maxSeconds?: number;
}

/** What a platform takes. A kind without a rule is sent as a file, and without a rule for files not at all. */
export interface MediaRules {
  readonly image?: KindRule;
  readonly voice?: KindRule;
  readonly video?: KindRule;
  readonly file?: { readonly maxBytes: number };
  /** Smallest upload. WeCom: "more than 5 bytes", so 6. */
  readonly minBytes: number;
}

export interface MediaFacts {
  /** Extension as `sniff` names it. */
  readonly format: string;
  readonly bytes: number;
  /** Where it is known; not checked otherwise. */
  readonly seconds?: number;
}

/** `reason` tells about the file, without its name, for timelines and notes. */
export type Fit =
  | { readonly as: "is"; readonly kind: MediaKind }
  | {
      readonly as: "convert";
      readonly kind: MediaKind;
      readonly to: string;
      readonly maxBytes: number;
      readonly reason: Reason;
    }
  | { readonly as: "file"; readonly reason: Reason }
  | { readonly as: "refused"; readonly reason: Reason };

/** Whether a conversion can be tried here. The same format twice means: make it smaller. */
export type CanConvert = (from: string, to: string) => boolean;

const NOUNS: Record<MediaKind, Reason> = {
  image: { en: "picture", zh: "图片" },
  voice: { en: "voice message", zh: "语音" },
  video: { en: "video", zh: "视频" },
  file: { en: "file", zh: "文件" },
};

/** Decides how a file may be sent: as it is, converted, as a plain file, or not. Pure; ask again after a conversion. */
export function fitMedia(
  wanted: MediaKind,
  facts: MediaFacts,
  rules: MediaRules,
  canConvert: CanConvert = () => false,
): Fit {
  if (facts.bytes < rules.minBytes) {
    const reason = {
      en: `it has ${facts.bytes} bytes; the platform takes ${rules.minBytes} or more`,
      zh: `文件只有 ${facts.bytes} 字节，平台要求至少 ${rules.minBytes} 字节`,
    };
    return { as: "refused", reason };
  }
  if (wanted === "file") return fitAsFile(facts, rules) ?? { as: "is", kind: "file" };

  const rule = rules[wanted];
  const problem = rule ? misfit(wanted, facts, rule) : noneTaken(wanted);
  if (problem === undefined) return { as: "is", kind: wanted };

  const to = rule && conversion(wanted, facts, rule, canConvert);
  if (rule && to !== undefined) return { as: "convert", kind: wanted, to, maxBytes: rule.maxBytes, reason: problem };
  return fileInstead(facts, rules, problem);
}

/** The answer when something cannot be sent as what it was meant to be, for `problem`. */
export function fileInstead(facts: MediaFacts, rules: MediaRules, problem: Reason): Fit {
  const refusal = fitAsFile(facts, rules);
  return refusal ? { as: "refused", reason: both(problem, refusal.reason) } : { as: "file", reason: problem };
}

function fitAsFile(facts: MediaFacts, rules: MediaRules): (Fit & { as: "refused" }) | undefined {
  if (!rules.file) return { as: "refused", reason: noneTaken("file") };
  const { maxBytes } = rules.file;
  if (facts.bytes <= maxBytes) return undefined;
  const [has, may] = [formatBytes(facts.bytes), formatBytes(maxBytes)];
  return {
    as: "refused",
    reason: { en: `it has ${has}; files may have ${may}`, zh: `文件大小为 ${has}，上限为 ${may}` },
  };
}

function noneTaken(kind: MediaKind): Reason {
  return { en: `the platform takes no ${NOUNS[kind].en}s`, zh: `平台不接收${NOUNS[kind].zh}` };
}

function misfit(wanted: MediaKind, facts: MediaFacts, rule: KindRule): Reason | undefined {
  const { en, zh } = NOUNS[wanted];
  if (!rule.formats.includes(facts.format)) {
    const formats = rule.formats.map((format) => format.toUpperCase());
    const format = facts.format.toUpperCase();
    return {
      en: `a ${en} must be ${formats.join(" or ")}, this is ${format}`,
      zh: `${zh}须为 ${formats.join(" 或 ")} 格式，此文件为 ${format}`,
    };
  }
  if (facts.bytes > rule.maxBytes) {
    const [has, may] = [formatBytes(facts.bytes), formatBytes(rule.maxBytes)];
    return { en: `a ${en} may have ${may}, this has ${has}`, zh: `${zh}不得超过 ${may}，此文件为 ${has}` };
  }
  if (rule.maxSeconds !== undefined && facts.seconds !== undefined && facts.seconds > rule.maxSeconds) {
    const lasts = (Math.ceil(facts.seconds * 10) / 10).toFixed(1);
    return {
      en: `a ${en} may last ${rule.maxSeconds} s, this lasts ${lasts} s`,
      zh: `${zh}不得超过 ${rule.maxSeconds} 秒，此文件为 ${lasts} 秒`,
    };
  }
  return undefined;
}

/** Formats are changed, pictures also made smaller. What is too long is not cut, and sound not made worse. */
function conversion(wanted: MediaKind, facts: MediaFacts, rule: KindRule, canConvert: CanConvert): string | undefined {
  if (rule.formats.includes(facts.format) && wanted !== "image") return undefined;
  return rule.formats.find((to) => canConvert(facts.format, to));
}
