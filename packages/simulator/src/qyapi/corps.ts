import { createMediaStore, type MediaStore } from "../media-store.ts";

/** A secret that gettoken accepts, and what its tokens may be used for. */
export interface Credential {
  readonly corp: Corp;
  readonly secret: string;
  /** Which platform module it belongs to: "kf", an app … */
  readonly purpose: string;
  readonly label: string;
}

export interface Corp {
  readonly corpId: string;
  readonly name: string;
  readonly media: MediaStore;
  readonly credentials: Map<string, Credential>;
}

export interface Corps {
  /** The corp of that id; made when it is new. */
  ensure(corpId: string, name?: string): Corp;
  find(corpId: string): Corp | undefined;
  all(): readonly Corp[];
  /** @throws RangeError when the corp already has that secret for something else. */
  addCredential(corp: Corp, secret: string, purpose: string, label: string): Credential;
  /** Whether some other corp has this secret, as errcode 40091 tells. */
  isForeignSecret(corp: Corp, secret: string): boolean;
}

export function createCorps(now: () => number): Corps {
  const corps = new Map<string, Corp>();
  const all = () => [...corps.values()];
  return {
    ensure(corpId, name = corpId) {
      const known = corps.get(corpId);
      if (known) return known;
      const corp: Corp = { corpId, name, media: createMediaStore(now), credentials: new Map() };
      corps.set(corpId, corp);
      return corp;
    },
    find: (corpId) => corps.get(corpId),
    all,
    addCredential(corp, secret, purpose, label) {
      if (corp.credentials.has(secret))
        throw new RangeError(`Corp ${corp.corpId} has two credentials with one secret.`);
      const credential: Credential = { corp, secret, purpose, label };
      corp.credentials.set(secret, credential);
      return credential;
    },
    isForeignSecret: (corp, secret) => all().some((other) => other !== corp && other.credentials.has(secret)),
  };
}
