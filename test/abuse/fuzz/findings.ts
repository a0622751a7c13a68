/** Something that must not be. */
export interface Finding {
  readonly fault: string;
  /** Of the sequence, where one is to blame. */
  readonly index?: number;
  /** Those that ran when it happened: one of them is to blame. */
  readonly suspects?: readonly number[];
}

/** What was found so far, each thing once. */
export class Findings {
  readonly all: Finding[] = [];
  private readonly known = new Set<string>();

  add(finding: Finding): void {
    const key = `${finding.index} ${finding.fault}`;
    if (this.known.has(key)) return;
    this.known.add(key);
    this.all.push(finding);
  }
}
