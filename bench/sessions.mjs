// What a message and its turn cost where 10,000 people have a session, against 10.
import { openAppWorld } from "./lib/app-world.mjs";
import { comparePopulations } from "./lib/population.mjs";
import { report } from "./lib/report.mjs";

const FEW = 10;
const MANY = Number(process.env.WXGATE_BENCH_PEOPLE ?? 10_000);

export async function run() {
  const { ratio, fewUs, manyUs } = await comparePopulations({
    open: openAppWorld,
    answer: (response) => response.writeHead(204).end(),
    few: FEW,
    many: MANY,
  });
  report(`CPU per message with ${MANY} sessions over ${FEW}`, ratio, {
    most: 1.2,
    unit: "x",
    detail: `${manyUs.toFixed(0)} µs against ${fewUs.toFixed(0)} µs`,
  });
}
