import { afterEach, beforeEach, describe } from "vitest";
import { acceptTests } from "./accept-tests.ts";
import { deliveryTests } from "./delivery-tests.ts";
import { endingTests } from "./ending-tests.ts";
import { feedbackTests } from "./feedback-tests.ts";
import { gatewayTests } from "./gateway-tests.ts";
import { humanTests } from "./human-tests.ts";
import { laneTests } from "./lane-tests.ts";
import { modelTests } from "./model-tests.ts";
import { queryTests } from "./query-tests.ts";
import { questionTests } from "./question-tests.ts";
import { quotaTests } from "./quota-tests.ts";
import { scheduleTests } from "./schedule-tests.ts";
import { sessionTests } from "./session-tests.ts";
import { sharedTests } from "./shared-tests.ts";
import { turnTests } from "./turn-tests.ts";
import { type StoreUnderTest, World } from "./world.ts";

export interface StoreContractOptions {
  /** A fresh, empty store. */
  open(): Promise<StoreUnderTest>;
  /** Several gateways may share one store: `second` is there. */
  readonly shared?: boolean;
  /** Why it cannot run here, and what to do about it; shown with the name. */
  readonly skip?: string;
}

/** What every store must do, whatever keeps its data. */
export function storeContract(name: string, options: StoreContractOptions): void {
  const title = options.skip === undefined ? name : `${name} (skipped: ${options.skip})`;
  describe.skipIf(options.skip !== undefined)(title, () => {
    describe("any order of events", () => modelTests(options.open));
    describe("one after the other", () => contractTests(options));
  });
}

function contractTests(options: StoreContractOptions): void {
  let current: World | undefined;
  const world = () => {
    if (current === undefined) throw new Error("the store is opened before each test");
    return current;
  };
  beforeEach(async () => {
    current = new World(await options.open());
  });
  afterEach(async () => {
    await current?.under.close();
    current = undefined;
  });

  describe("what is accepted", () => acceptTests(world));
  describe("lanes", () => laneTests(world));
  describe("turns", () => turnTests(world));
  describe("questions in a turn", () => questionTests(world));
  describe("commands and sessions", () => sessionTests(world));
  describe("deliveries", () => deliveryTests(world));
  describe("ends of deliveries", () => endingTests(world));
  describe("windows and quotas", () => quotaTests(world));
  describe("humans", () => humanTests(world));
  describe("ratings", () => feedbackTests(world));
  describe("schedules", () => scheduleTests(world));
  describe("state, leases and media", () => sharedTests(world));
  describe("what is asked about it", () => queryTests(world));
  describe.skipIf(options.shared !== true)("several gateways", () => gatewayTests(world));
}

export type { StoreUnderTest } from "./world.ts";
