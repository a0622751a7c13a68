import { setTimeout } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';

export const BLOCK_MS = 20;
const SAMPLES = 8000;
const LOUDEST = 32_000;
/** The made-up vibration repeats after this many blocks. */
const PERIOD = 5000;

/** What the sensor measured in 20 ms: about 50 KB of JSON. */
export interface Block {
  readonly number: number;
  readonly samples: readonly number[];
}

/** Keeps measuring, with or without readers: a reader that missed blocks continues with the current one. */
@Injectable()
export class Sensor {
  private latest: Block = { number: 0, samples: [] };

  /** The number of the block being measured. */
  get number(): number {
    return Math.floor(Date.now() / BLOCK_MS);
  }

  /** Created once for all readers. */
  async next(): Promise<Block> {
    await setTimeout(BLOCK_MS - (Date.now() % BLOCK_MS));
    const { number } = this;
    if (this.latest.number !== number) this.latest = { number, samples: measure(number) };
    return this.latest;
  }
}

function measure(number: number): number[] {
  const seconds = BLOCK_MS / 1000;
  const start = (number % PERIOD) * seconds;
  const sway = 0.2 * Math.sin(2 * Math.PI * 0.7 * start);
  const samples: number[] = [];
  for (let index = 0; index < SAMPLES; index += 1) {
    const turn = 2 * Math.PI * (start + (index / SAMPLES) * seconds);
    const value = 0.5 * Math.sin(120 * turn) + 0.3 * Math.sin(310 * turn) + sway;
    samples.push(Math.round(value * LOUDEST));
  }
  return samples;
}
