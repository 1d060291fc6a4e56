const TOKENS_KEPT = 4;

/** What must not appear in an error: the secret, and the tokens that the platform may still repeat in its answers. */
export interface Secrets {
  readonly values: readonly string[];
  remember(token: string): void;
}

export function createSecrets(secret: string): Secrets {
  let tokens: readonly string[] = [];

  return {
    get values() {
      return [secret, ...tokens];
    },
    remember(token) {
      if (!tokens.includes(token)) tokens = [token, ...tokens].slice(0, TOKENS_KEPT);
    },
  };
}
