const UNITS = ["bytes", "KB", "MB", "GB"];

/** `1.5 MB`, rounded up, so that what is over a limit reads so: 1 KB is 1024 bytes, as in the platforms' limits. */
export function formatBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const value = bytes / 1024 ** power;
  return `${Number.isInteger(value) ? value : (Math.ceil(value * 10) / 10).toFixed(1)} ${UNITS[power]}`;
}
