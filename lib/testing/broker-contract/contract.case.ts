import type { BrokerStage } from './broker.stage.js';

/** A guarantee in words, and how it is tried. */
export type ContractCase = readonly [name: string, run: (stage: BrokerStage) => Promise<void>];
