// iLink beside the official client: conversations with a slow agent, one that hangs, and what known people cost.
import { AGENT_MS, besideOneThatHangs, createSlowAgent, shareOfTurns } from "./lib/crowd.mjs";
import { openIlinkWorld, startChannel, startOfficial } from "./lib/ilink.mjs";
import { median } from "./lib/load.mjs";
import { comparePopulations } from "./lib/population.mjs";
import { note, report } from "./lib/report.mjs";

const CONVERSATIONS = 50;
const FEW = 10;
const MANY = Number(process.env.WXGATE_BENCH_PEOPLE ?? 10_000);
const MESSAGES = 300;
/** So many people write between two polls. */
const AT_ONCE = 10;
const ROUNDS = 5;

export async function run() {
  await compareConversations();
  await comparePeople();
  await compareReceiving();
}

const answer = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end('{"content":[{"kind":"text","text":"您的订单今天发货。"}]}');
};

async function compareConversations() {
  const official = await openIlinkWorld(createSlowAgent(answer), startOfficial);
  const theirs = await shareOfTurns(official, CONVERSATIONS);
  await official.stop();
  const ours = await openIlinkWorld(createSlowAgent(answer));
  const share = await shareOfTurns(ours, CONVERSATIONS);
  note(`the official client: ${theirs.toFixed(2)} of ${CONVERSATIONS} / ${AGENT_MS} ms`);
  report(`${CONVERSATIONS} iLink conversations with an agent of ${AGENT_MS} ms, of n / latency`, share, {
    least: 0.9,
    unit: "",
  });
  const { withoutMs, besideMs, ratio } = await besideOneThatHangs(ours);
  report("iLink: p99 of the others beside a conversation that hangs", ratio, {
    most: 1.1,
    unit: "x",
    detail: `${withoutMs.toFixed(1)} → ${besideMs.toFixed(1)} ms`,
  });
  await ours.stop();
}

/** The whole way through the gateway, answers included. */
async function comparePeople() {
  const { ratio, fewUs, manyUs } = await comparePopulations({ open: openIlinkWorld, answer, few: FEW, many: MANY });
  report(`iLink: CPU per message and answer with ${MANY} known people over ${FEW}`, ratio, {
    most: 1.2,
    unit: "x",
    detail: `${manyUs.toFixed(0)} µs against ${fewUs.toFixed(0)} µs`,
  });
}

/** From a poll to what must outlive a restart; neither client has an agent. */
async function compareReceiving() {
  const people = Array.from({ length: MANY }, (_, index) => `person${index}`);
  const ours = await openIlinkWorld(undefined, startChannel);
  const known = { known: people, withAgent: false };
  const official = await openIlinkWorld(undefined, (platform) => startOfficial(platform, known));
  // The official client read its people from its file; ours gets to know them now.
  await receive(ours, people, people.length);
  await receive(official, people.slice(0, MESSAGES));
  const costs = { ours: [], official: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const some = people.slice((round * MESSAGES) % (MANY - MESSAGES)).slice(0, MESSAGES);
    costs.ours.push(await cpuOf(ours, () => receive(ours, some)));
    costs.official.push(await cpuOf(official, () => receive(official, some)));
  }
  const [mine, theirs] = [median(costs.ours), median(costs.official)];
  report(`iLink: CPU of receiving with ${MANY} known people, the official client's over ours`, theirs / mine, {
    least: 20,
    unit: "x",
    detail: `${theirs.toFixed(0)} µs against ${mine.toFixed(0)} µs`,
  });
  await ours.stop();
  await official.stop();
}

/** Some write at once, and the next ones when the client asks for more. */
async function receive({ platform }, people, atOnce = AT_ONCE) {
  for (let next = 0; next < people.length; next += atOnce) {
    const polled = new Promise((resolve) => {
      platform.onPoll = resolve;
    });
    for (const person of people.slice(next, next + atOnce)) platform.write(person);
    await polled;
  }
}

async function cpuOf({ cpu }, work) {
  const before = await cpu();
  await work();
  return (((await cpu()).cpuMs - before.cpuMs) * 1000) / MESSAGES;
}
