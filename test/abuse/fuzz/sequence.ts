import type { Answer, FrameExpectation } from './expectations.js';

/** Bytes that mean something to the server, and what it may answer to them. */
export interface Item {
  /** For the eyes. */
  readonly label: string;
  readonly bytes: Buffer;
  readonly answer?: Answer;
  readonly frames?: FrameExpectation;
}

export type Step =
  /** Items in one go, cut at these offsets into TCP segments. */
  | { readonly do: 'write'; readonly items: readonly Item[]; readonly cuts: readonly number[] }
  /** Waits for everything that is due. */
  | { readonly do: 'settle' }
  | { readonly do: 'wait'; readonly ms: number }
  /** Leaves what comes in the kernel. */
  | { readonly do: 'stop reading'; readonly ms: number }
  | { readonly do: 'end'; readonly how: Ending };

/**
 * A half-close, a reset, a close frame and then a half-close where the server has closed, or, where it is the
 * server's turn, nothing at all.
 */
export type Ending = 'FIN' | 'RST' | 'reply' | 'silence';

/** What one client does on one connection. The seed and the index make it again. */
export interface Sequence {
  readonly index: number;
  readonly steps: readonly Step[];
}

/** One line for each step. */
export function describeSequence({ index, steps }: Sequence): string {
  return [`sequence ${index}:`, ...steps.map((step) => `  ${describeStep(step)}`)].join('\n');
}

function describeStep(step: Step): string {
  switch (step.do) {
    case 'write': {
      const labels = step.items.map(({ label }) => label).join(' + ');
      return step.cuts.length > 0
        ? `write ${labels}, cut at ${step.cuts.join(', ')}`
        : `write ${labels}`;
    }
    case 'settle':
      return 'settle';
    case 'end':
      return `end by ${step.how}`;
    case 'wait':
    case 'stop reading':
      return `${step.do} for ${step.ms} ms`;
  }
}
