import type { JsonObject } from "@wxgate/core";
import { z } from "zod";

const text = z.string().min(1);
const jsonObject = z.record(z.string(), z.unknown()).transform((value) => value as JsonObject);
const source = {
  url: z.url().optional(),
  path: text.optional(),
  mediaId: text.optional(),
  text: z.string().optional(),
};
const oneSource = (media: Readonly<Record<string, unknown>>) =>
  Object.keys(source).filter((key) => media[key] !== undefined).length === 1;
const picture = z.strictObject(source).refine(oneSource, "needs exactly one of url, path, mediaId and text");

const media = (kind: "image" | "voice" | "video" | "file") =>
  z
    .strictObject({ kind: z.literal(kind), filename: text.optional(), ...source })
    .refine(oneSource, "needs exactly one of url, path, mediaId and text");

const menuItem = z.union([
  z.strictObject({ id: text, text }),
  z.strictObject({ url: z.url(), text }),
  z.strictObject({ appId: text, path: text, text }),
  z.strictObject({ text }),
]);

const place = {
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: z.string().optional(),
  address: z.string().optional(),
};

/** What can be sent, by `kind`: the gateway's own names, or `native` for the platform's own JSON. */
export const outboundContentSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("text"), text, format: z.enum(["markdown", "plain"]).optional() }),
  media("image"),
  media("voice"),
  media("video"),
  media("file"),
  z.strictObject({
    kind: z.literal("link"),
    title: text,
    description: z.string().optional(),
    url: z.url(),
    image: picture.optional(),
  }),
  z.strictObject({
    kind: z.literal("articles"),
    items: z
      .array(
        z.strictObject({ title: text, description: z.string().optional(), url: z.url(), imageUrl: z.url().optional() }),
      )
      .min(1),
  }),
  z.strictObject({ kind: z.literal("location"), ...place }),
  z.strictObject({
    kind: z.literal("miniprogram"),
    appId: text,
    title: z.string().optional(),
    path: text,
    image: picture.optional(),
  }),
  z.strictObject({
    kind: z.literal("menu"),
    head: z.string().optional(),
    items: z.array(menuItem).min(1),
    tail: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("card"), card: jsonObject }),
  z.strictObject({ kind: z.literal("handoff"), operator: text.optional(), text: z.string().optional() }),
  z.strictObject({ kind: z.literal("native"), payload: jsonObject }),
]);
