/** The client's host is not installed: whatever it imports from there is ours. */
export function resolve(specifier, context, next) {
  if (!specifier.startsWith("openclaw/")) return next(specifier, context);
  return { url: new URL("./openclaw-host.mjs", import.meta.url).href, shortCircuit: true };
}
