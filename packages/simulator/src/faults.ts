import type { JsonValue } from "./json.ts";

/** One thing that can be made to go wrong, or one behaviour the references leave open. */
export interface FaultDefinition {
  readonly name: string;
  readonly summary: string;
  /** What `target` may be compared with, in words. */
  readonly targets?: string;
  /** What `value` means; a fault without it takes none. */
  readonly value?: {
    readonly type: "number" | "string" | "json";
    readonly summary: string;
    readonly default?: JsonValue;
  };
}

export interface FaultSetting {
  readonly name: string;
  /** How many times it strikes; without it, until it is cleared. */
  readonly count?: number;
  /** From 0 to 1; 1 when left out. */
  readonly probability?: number;
  /** Only where this API path, corp, account or person is concerned. */
  readonly target?: string;
  /** How many matching occasions pass unharmed first ("at page 3" is `skip: 2`). */
  readonly skip?: number;
  readonly value?: JsonValue;
}

export interface ActiveFault extends FaultSetting {
  readonly hits: number;
  readonly left: number | null;
}

export interface FaultHit {
  readonly name: string;
  readonly value: JsonValue | undefined;
}

export interface Faults {
  define(definitions: readonly FaultDefinition[]): void;
  /** @throws FaultError on an unknown name or a value of the wrong type. */
  set(setting: FaultSetting): void;
  clear(name?: string, target?: string): void;
  /** Asks whether the fault strikes now, and counts it. Cheap when nothing of that name is set. */
  take(name: string, targets: readonly (string | undefined)[]): FaultHit | undefined;
  /** What `take` would find, uncounted; probabilities and skips are passed over. */
  peek(name: string, targets: readonly (string | undefined)[]): FaultHit | undefined;
  active(): readonly ActiveFault[];
  known(): readonly FaultDefinition[];
}

export class FaultError extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.name = "FaultError";
    this.hint = hint;
  }
}

interface Armed {
  readonly setting: FaultSetting;
  hits: number;
  skipped: number;
}

/** @param random 0 ≤ n < 1, decides faults that have a probability. */
export function createFaults(random: () => number = Math.random): Faults {
  const definitions = new Map<string, FaultDefinition>();
  const armed = new Map<string, Armed[]>();

  function strikes(fault: Armed, targets: readonly (string | undefined)[]): boolean {
    const { target, skip = 0, probability = 1 } = fault.setting;
    if (target !== undefined && !targets.includes(target)) return false;
    if (fault.skipped < skip) {
      fault.skipped += 1;
      return false;
    }
    return probability >= 1 || random() < probability;
  }

  function set(setting: FaultSetting): void {
    const definition = definitions.get(setting.name);
    if (!definition) {
      const names = [...definitions.keys()].sort().join(", ");
      throw new FaultError(`There is no fault "${setting.name}".`, `Known faults: ${names}`);
    }
    checkValue(definition, setting.value);
    const others = (armed.get(setting.name) ?? []).filter((fault) => fault.setting.target !== setting.target);
    armed.set(setting.name, [...others, { setting, hits: 0, skipped: 0 }]);
  }

  function take(name: string, targets: readonly (string | undefined)[]): FaultHit | undefined {
    const faults = armed.get(name);
    if (!faults) return undefined;
    const hit = faults.find((fault) => strikes(fault, targets));
    if (!hit) return undefined;
    hit.hits += 1;
    if (hit.setting.count !== undefined && hit.hits >= hit.setting.count) remove(name, (fault) => fault === hit);
    return hitOf(hit.setting);
  }

  function hitOf({ name, value }: FaultSetting): FaultHit {
    return { name, value: value ?? definitions.get(name)?.value?.default };
  }

  function peek(name: string, targets: readonly (string | undefined)[]): FaultHit | undefined {
    const found = armed
      .get(name)
      ?.find(({ setting }) => setting.target === undefined || targets.includes(setting.target));
    return found && hitOf(found.setting);
  }

  function remove(name: string, which: (fault: Armed) => boolean): void {
    const rest = (armed.get(name) ?? []).filter((fault) => !which(fault));
    if (rest.length > 0) armed.set(name, rest);
    else armed.delete(name);
  }

  return {
    define(more) {
      for (const definition of more) definitions.set(definition.name, definition);
    },
    set,
    clear(name, target) {
      if (name === undefined) armed.clear();
      else if (!definitions.has(name)) set({ name });
      else remove(name, (fault) => target === undefined || fault.setting.target === target);
    },
    take,
    peek,
    active: () =>
      [...armed.values()].flat().map(({ setting, hits }) => ({
        ...setting,
        hits,
        left: setting.count === undefined ? null : setting.count - hits,
      })),
    known: () => [...definitions.values()],
  };
}

function checkValue(definition: FaultDefinition, value: JsonValue | undefined): void {
  const { name, value: wanted } = definition;
  if (value === undefined) {
    if (wanted && wanted.default === undefined) {
      throw new FaultError(`The fault "${name}" needs a value.`, `value: ${wanted.summary}`);
    }
    return;
  }
  if (!wanted) throw new FaultError(`The fault "${name}" takes no value.`, definition.summary);
  if (wanted.type !== "json" && typeof value !== wanted.type) {
    throw new FaultError(`The fault "${name}" takes a ${wanted.type} as its value.`, `value: ${wanted.summary}`);
  }
}

/** The fault's number, for faults declared with `type: "number"`. */
export function numberOf(hit: FaultHit): number {
  return typeof hit.value === "number" ? hit.value : 0;
}
