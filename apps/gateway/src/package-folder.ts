/** The package's own folder: the parent of `src`, and of `dist`, in which all files lie side by side. */
export const packageFolder: URL = new URL("../", import.meta.url);
