/** What the page offers for each type of account: what its platform can do, and nothing that must fail. */

/** Messages of every kind, for those who have no file at hand. */
export const SAMPLES = {
  image: { kind: "image" },
  voice: { kind: "voice" },
  video: { kind: "video" },
  file: { kind: "file" },
  location: { kind: "location", latitude: 23.1066, longitude: 113.3245, name: "Canton Tower", address: "Guangzhou" },
  link: { kind: "link", url: "https://example.com/", title: "An article", description: "About something" },
  contact: { kind: "contact", userId: "zhangsan" },
  miniprogram: { kind: "miniprogram", appId: "wx0000000000000001", title: "A mini program", path: "pages/index.html" },
  channels: { kind: "channels", type: "post", nickname: "A creator", title: "A post" },
  product: { kind: "product", productId: "10001", title: "A teapot", priceFen: 19900, shop: "Tea shop" },
  order: { kind: "order", orderId: "20001", title: "A teapot", price: "¥199.00", state: "Paid", shop: "Tea shop" },
  forwarded: {
    kind: "forwarded",
    title: "Chat record",
    items: [
      { sender: "Ann", content: { kind: "text", text: "Is it open today?" } },
      { sender: "Bob", content: { kind: "text", text: "Until six." } },
    ],
  },
  unsupported: { kind: "unsupported", nativeType: "note", raw: {} },
};

const BOT = { samples: ["image", "voice", "video", "file", "link", "unsupported"], enter: "enter_chat" };

const OFFERS = {
  kf: { samples: Object.keys(SAMPLES), enter: "enter_session", staff: true },
  "wecom-agent-xml": {
    samples: ["image", "voice", "video", "file", "location", "link", "unsupported"],
    enter: "enter_agent",
    events: true,
    groups: true,
    byUserId: true,
  },
  "wecom-bot-ws": BOT,
  "wecom-bot-webhook": BOT,
  "weixin-ilink": { samples: ["image", "voice", "video", "file", "unsupported"] },
};

export const offersOf = (type) => OFFERS[type] ?? { samples: [] };
