// Customer service of the simulator's enterprise.
export const KF_ACCOUNT = "wkSimAccount00000000000001";

export function kfChannel(sim, more = {}) {
  const { corpId, secret, token, encodingAESKey } = sim.accounts().find(({ account }) => account === KF_ACCOUNT);
  return { type: "kf", corpId, secret, token, encodingAESKey, apiBaseUrl: sim.url, ...more };
}

export async function connectKf(sim, port, channel = "support") {
  await sim.registerCallback(KF_ACCOUNT, `http://127.0.0.1:${port}/webhooks/${channel}`, { force: true });
}
