import type { FilePart } from "../turn/parts.ts";

/** A form with one file named `file`, as most servers take uploads. */
export function fileForm({ as, media, bytes }: FilePart, fields: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", new Blob([bytes], { type: media.mime }), media.filename ?? `${as}.${extensionOf(media.mime)}`);
  return form;
}

function extensionOf(mime: string): string {
  return /^[a-z]+\/(?:x-)?([a-z0-9]+)$/.exec(mime)?.[1] ?? "bin";
}

/** A form as bytes: a `fetch` that is not Node's own knows another `FormData` class and would send neither. */
export async function encodeForm(
  form: FormData,
): Promise<{ readonly contentType: string; readonly body: Uint8Array<ArrayBuffer> }> {
  const encoded = new Response(form);
  return {
    contentType: encoded.headers.get("content-type") ?? "multipart/form-data",
    body: new Uint8Array(await encoded.arrayBuffer()),
  };
}
