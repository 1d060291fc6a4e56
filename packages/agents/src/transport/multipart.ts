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
