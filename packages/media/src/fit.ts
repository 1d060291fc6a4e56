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

/** `reason` is a sentence about the file, without its name, for timelines and notes. */
export type Fit =
  | { readonly as: "is"; readonly kind: MediaKind }
  | {
      readonly as: "convert";
      readonly kind: MediaKind;
      readonly to: string;
      readonly maxBytes: number;
      readonly reason: string;
    }
  | { readonly as: "file"; readonly reason: string }
  | { readonly as: "refused"; readonly reason: string };

/** Whether a conversion can be tried here. The same format twice means: make it smaller. */
export type CanConvert = (from: string, to: string) => boolean;

const NOUNS: Record<MediaKind, string> = { image: "picture", voice: "voice message", video: "video", file: "file" };

/** Decides how a file may be sent: as it is, converted, as a plain file, or not. Pure; ask again after a conversion. */
export function fitMedia(
  wanted: MediaKind,
  facts: MediaFacts,
  rules: MediaRules,
  canConvert: CanConvert = () => false,
): Fit {
  if (facts.bytes < rules.minBytes) {
    return { as: "refused", reason: `it has ${facts.bytes} bytes; the platform takes ${rules.minBytes} or more` };
  }
  if (wanted === "file") return fitAsFile(facts, rules) ?? { as: "is", kind: "file" };

  const rule = rules[wanted];
  const problem = rule ? misfit(wanted, facts, rule) : `the platform takes no ${NOUNS[wanted]}s`;
  if (problem === undefined) return { as: "is", kind: wanted };

  const to = rule && conversion(wanted, facts, rule, canConvert);
  if (rule && to !== undefined) return { as: "convert", kind: wanted, to, maxBytes: rule.maxBytes, reason: problem };
  return fileInstead(facts, rules, problem);
}

/** The answer when something cannot be sent as what it was meant to be, for `problem`. */
export function fileInstead(facts: MediaFacts, rules: MediaRules, problem: string): Fit {
  const refusal = fitAsFile(facts, rules);
  return refusal ? { as: "refused", reason: `${problem}; ${refusal.reason}` } : { as: "file", reason: problem };
}

function fitAsFile(facts: MediaFacts, rules: MediaRules): (Fit & { as: "refused" }) | undefined {
  if (!rules.file) return { as: "refused", reason: "the platform takes no files" };
  const { maxBytes } = rules.file;
  if (facts.bytes <= maxBytes) return undefined;
  return { as: "refused", reason: `it has ${formatBytes(facts.bytes)}; files may have ${formatBytes(maxBytes)}` };
}

function misfit(wanted: MediaKind, facts: MediaFacts, rule: KindRule): string | undefined {
  const noun = NOUNS[wanted];
  if (!rule.formats.includes(facts.format)) {
    return `a ${noun} must be ${rule.formats.map((format) => format.toUpperCase()).join(" or ")}, this is ${facts.format.toUpperCase()}`;
  }
  if (facts.bytes > rule.maxBytes) {
    return `a ${noun} may have ${formatBytes(rule.maxBytes)}, this has ${formatBytes(facts.bytes)}`;
  }
  if (rule.maxSeconds !== undefined && facts.seconds !== undefined && facts.seconds > rule.maxSeconds) {
    return `a ${noun} may last ${rule.maxSeconds} s, this lasts ${(Math.ceil(facts.seconds * 10) / 10).toFixed(1)} s`;
  }
  return undefined;
}

/** Formats are changed, pictures also made smaller. What is too long is not cut, and sound not made worse. */
function conversion(wanted: MediaKind, facts: MediaFacts, rule: KindRule, canConvert: CanConvert): string | undefined {
  if (rule.formats.includes(facts.format) && wanted !== "image") return undefined;
  return rule.formats.find((to) => canConvert(facts.format, to));
}
