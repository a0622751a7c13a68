// Steps side by side: when each may start, and what each writes, kept together.
import { stripVTControlCharacters } from 'node:util';

const TAIL_CHARACTERS = 2000;
const TAIL_LINES = 5;

/**
 * Starts the first waiting step that may start whenever a lane is free.
 * @param mayStart Given a name and the names that run, and those that still wait.
 * @param start Runs the step of that name; resolves, never rejects.
 * @returns What `start` resolved to, in the order of `names`.
 */
export async function inLanes(names, lanes, { mayStart, start }) {
  const waiting = [...names];
  const running = new Map();
  const results = new Map();
  const runOne = async (name) => {
    results.set(name, await start(name));
    running.delete(name);
  };
  while (results.size < names.length) {
    while (running.size < lanes) {
      const at = waiting.findIndex((name) => mayStart(name, [...running.keys()], waiting));
      if (at < 0) break;
      const [name] = waiting.splice(at, 1);
      running.set(name, runOne(name));
    }
    if (running.size === 0) throw new Error(`Nothing lets these start: ${waiting.join(', ')}`);
    await Promise.race(running.values());
  }
  return names.map((name) => results.get(name));
}

/** What steps write, one after another: the oldest at once, the others when it is their turn. */
export class Transcript {
  #pages = [];
  #write;

  constructor(write) {
    this.#write = write;
  }

  open() {
    const page = { chunks: [], ended: false };
    this.#pages.push(page);
    return {
      write: (chunk) => {
        page.chunks.push(chunk);
        this.#turn();
      },
      end: () => {
        page.ended = true;
        this.#turn();
      },
    };
  }

  #turn() {
    for (let [page] = this.#pages; page; [page] = this.#pages) {
      for (const chunk of page.chunks.splice(0)) this.#write(chunk);
      if (!page.ended) return;
      this.#pages.shift();
    }
  }
}

/** Passes on what a step writes, and keeps its end. */
export class Tail {
  #page;
  #end = '';

  constructor(page) {
    this.#page = page;
  }

  write(chunk) {
    this.#page.write(chunk);
    this.#end = `${this.#end}${chunk}`.slice(-TAIL_CHARACTERS);
  }

  lastLines() {
    return stripVTControlCharacters(this.#end).trim().split('\n').slice(-TAIL_LINES).join('\n');
  }
}
