import type { BrokerStage } from './broker.stage.js';

/** A guarantee in words, and the function that tests it. */
export type ContractCase = readonly [name: string, run: (stage: BrokerStage) => Promise<void>];
