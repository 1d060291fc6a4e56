import type { Address, Clock, InboundContent, Sender, Store, TurnSkill } from "@wxgate/core";
import { LANES } from "./choose-agent.ts";

/** Instructions for one kind of work, which a person may choose by `/skill`. */
export interface Skill extends TurnSkill {
  /** One line that says what it is for. */
  readonly description: string;
}

/** Who would use a skill, and where. */
export interface SkillPlace {
  readonly agent: string;
  readonly conversation: Address;
  readonly sender: Sender;
}

/** What `/skill` chose for a lane, until `/new`. */
export interface SkillChoice {
  get(lane: string): Promise<string | undefined>;
  set(lane: string, name: string): Promise<void>;
  clear(lane: string): Promise<void>;
}

const PREFIX = "skill|";
/** How long a choice that was made at another gateway may stay unseen here. */
const LOOK_MS = 5_000;
const KEPT_MS = 30 * 24 * 3_600_000;

/** Few people choose a skill: all choices are read together now and then, so that a turn costs no look of its own. */
export function createSkillChoice({ store, clock }: { readonly store: Store; readonly clock: Clock }): SkillChoice {
  const state = store.state(LANES);
  let known: Promise<Map<string, string>> | undefined;
  let readAt = 0;

  async function read(): Promise<Map<string, string>> {
    const rows = await state.list(PREFIX);
    return new Map(
      rows.flatMap(({ key, value }) => (typeof value === "string" ? [[key.slice(PREFIX.length), value] as const] : [])),
    );
  }

  function choices(): Promise<Map<string, string>> {
    if (known !== undefined && clock.now() - readAt < LOOK_MS) return known;
    readAt = clock.now();
    known = read();
    // The next turn reads again.
    known.catch(() => {
      known = undefined;
    });
    return known;
  }

  return {
    get: async (lane) => (await choices()).get(lane),
    async set(lane, name) {
      await state.set(`${PREFIX}${lane}`, name, { ttlMs: KEPT_MS });
      known = undefined;
    },
    async clear(lane) {
      if ((await choices()).get(lane) === undefined) return;
      await state.delete(`${PREFIX}${lane}`);
      known = undefined;
    },
  };
}

const REQUEST = /^\s*[/／]\s*(?:skill|技能)\s+(\S+)\s+(\S[\s\S]*)$/i;

/** `/skill <name> <request>`: the skill for this one request. Undefined for any other text. */
export function skillRequest(text: string): { readonly name: string; readonly request: string } | undefined {
  const [, name, request] = REQUEST.exec(text) ?? [];
  return name === undefined || request === undefined ? undefined : { name, request };
}

/** The content without the words that named the skill. */
export function withRequest(content: readonly InboundContent[], request: string): readonly InboundContent[] {
  const at = content.findIndex(({ kind }) => kind === "text");
  return content.map((part, index) => (index === at ? { kind: "text", text: request } : part));
}
