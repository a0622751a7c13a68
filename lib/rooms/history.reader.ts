import type {
  BrokerLink,
  HistoryPage,
  HistoryStore,
  RoomKey,
  RoomPosition,
} from '../brokers/room.broker.js';
import { BrokerUnavailableException } from '../errors/room.exceptions.js';
import { ReadGate } from './read.gate.js';
import { within } from './within.js';

export interface ReaderParts {
  readonly link: () => Promise<BrokerLink>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly unavailable: (what: string, cause?: unknown) => BrokerUnavailableException;
}

/** Reads history from the broker, for all rooms of an application. */
export class HistoryReader {
  private readonly gate = new ReadGate();

  constructor(private readonly parts: ReaderParts) {}

  /** Reads in progress. */
  get pending(): number {
    return this.gate.size;
  }

  /** @throws BrokerUnavailableException */
  async read(room: RoomKey, after: RoomPosition | undefined, limit: number): Promise<HistoryPage> {
    const { timeout, unavailable } = this.parts;
    const end = await this.gate.enter(room, timeout, () =>
      unavailable('too many reads of its history are in progress'),
    );
    try {
      return await this.ask((store) => store.read(room, after, limit));
    } finally {
      end();
    }
  }

  /** @throws BrokerUnavailableException */
  positions(rooms: readonly RoomKey[]): Promise<readonly RoomPosition[]> {
    return this.ask((store) => store.positions(rooms));
  }

  private async ask<T>(question: (store: HistoryStore) => Promise<T>): Promise<T> {
    try {
      return await this.answerTo(question);
    } catch (error) {
      if (error instanceof BrokerUnavailableException) throw error;
      throw this.parts.unavailable('its history cannot be read', error);
    }
  }

  private answerTo<T>(question: (store: HistoryStore) => Promise<T>): Promise<T> {
    const { link, timeout, unavailable } = this.parts;
    const answer = link().then(({ history }) => {
      if (!history) throw unavailable('it has no history, whatever its capabilities say');
      return question(history);
    });
    return within(answer, timeout, () => unavailable(`no answer within ${timeout} ms`));
  }
}
