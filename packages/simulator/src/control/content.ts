import { z } from "zod";

/** What a person sends: named as the agents' JSON names it, with the bytes beside it. */
const text = z.object({ kind: z.literal("text"), text: z.string() });
const media = z.object({
  kind: z.enum(["image", "voice", "video", "file"]),
  /** The file's bytes. Without any source a small sample of the right format is sent. */
  base64: z.base64().optional(),
  /** http(s) or data: address; the simulator fetches it. */
  url: z.string().optional(),
  /** A made-up file of that many bytes, whose byte at n is n % 251. */
  bytes: z.int().min(0).max(2_000_000_000).optional(),
  filename: z.string().optional(),
  mime: z.string().optional(),
});
const location = z.object({
  kind: z.literal("location"),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: z.string().optional(),
  address: z.string().optional(),
});
const link = z.object({
  kind: z.literal("link"),
  url: z.string(),
  title: z.string(),
  description: z.string().optional(),
  imageUrl: z.string().optional(),
});
const contact = z.object({ kind: z.literal("contact"), userId: z.string(), name: z.string().optional() });
const miniprogram = z.object({
  kind: z.literal("miniprogram"),
  appId: z.string(),
  title: z.string(),
  path: z.string().optional(),
});
const channels = z.object({
  kind: z.literal("channels"),
  type: z.enum(["post", "live", "profile"]),
  nickname: z.string(),
  title: z.string().optional(),
});
const product = z.object({
  kind: z.literal("product"),
  productId: z.string(),
  title: z.string(),
  priceFen: z.number().optional(),
  shop: z.string().optional(),
  imageUrl: z.string().optional(),
});
const order = z.object({
  kind: z.literal("order"),
  orderId: z.string(),
  title: z.string(),
  price: z.string().optional(),
  state: z.string().optional(),
  shop: z.string().optional(),
  imageUrl: z.string().optional(),
});
const choice = z.object({ kind: z.literal("choice"), id: z.string(), text: z.string() });
const forwarded = z.object({
  kind: z.literal("forwarded"),
  title: z.string(),
  items: z.array(
    z.object({
      sender: z.string(),
      sentAt: z.iso.datetime().optional(),
      get content(): z.ZodType<Content> {
        return contentSchema;
      },
    }),
  ),
});
const unsupported = z.object({ kind: z.literal("unsupported"), nativeType: z.string().min(1), raw: z.json() });
/** Something happens instead of a message: the platform says which events it knows. */
const event = z.looseObject({ kind: z.literal("event"), event: z.string() });

export type Content =
  | z.infer<typeof text>
  | z.infer<typeof media>
  | z.infer<typeof location>
  | z.infer<typeof link>
  | z.infer<typeof contact>
  | z.infer<typeof miniprogram>
  | z.infer<typeof channels>
  | z.infer<typeof product>
  | z.infer<typeof order>
  | z.infer<typeof choice>
  | { kind: "forwarded"; title: string; items: { sender: string; sentAt?: string; content: Content }[] }
  | z.infer<typeof unsupported>
  | z.infer<typeof event>;
export type MediaContent = z.infer<typeof media>;
export type EventContent = z.infer<typeof event>;

export const contentSchema: z.ZodType<Content> = z.discriminatedUnion("kind", [
  text,
  media,
  location,
  link,
  contact,
  miniprogram,
  channels,
  product,
  order,
  choice,
  forwarded,
  unsupported,
  event,
]);

/** One content or several; always a list afterwards. */
export const contentsSchema: z.ZodType<Content[]> = z.preprocess(
  (value) => (value === undefined || Array.isArray(value) ? value : [value]),
  z.array(contentSchema).min(1),
);
