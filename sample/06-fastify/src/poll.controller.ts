import { Body, Controller, Get, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CleanUp, Closes, Sends, WebSocket, WebSocketConnection } from 'nestjs-revali-ws';

import { meals, PollService, type Votes } from './poll.service.js';

/** The poll as one voter sees it. */
export interface PollView {
  /** The id of the request; for a WebSocket, always that of the handshake. */
  requestId: string;
  voter: string;
  mine: string | undefined;
  /** The count for each meal. */
  votes: Record<string, number>;
}

/** Its schema for the AsyncAPI document: interfaces do not exist at run time. */
const POLL_VIEW = {
  title: 'PollView',
  type: 'object',
  required: ['requestId', 'voter', 'votes'],
  properties: {
    requestId: { type: 'string' },
    voter: { type: 'string' },
    mine: { enum: meals },
    votes: { type: 'object', additionalProperties: { type: 'integer', minimum: 0 } },
  },
};

/** One path, two ways to read it: a GET returns the current poll, a WebSocket also gets every change. */
@Controller('poll')
export class PollController {
  constructor(private readonly poll: PollService) {}

  @Get()
  read(@Req() request: FastifyRequest): PollView {
    return viewFor(request, this.poll.votes);
  }

  @Sends(POLL_VIEW)
  @Closes({ 1007: 'The meal is not on the menu' })
  @WebSocket.mode('twoWay', { triggerOnConnect: true })
  follow(
    @Req() request: FastifyRequest,
    connection: WebSocketConnection,
    cleanUp: CleanUp,
    @Body() meal?: string,
  ): void {
    if (meal !== undefined) {
      this.poll.vote(request.voter, meal);
      return;
    }
    const following = this.poll.changes.subscribe(
      (votes) => void connection.send(viewFor(request, votes)),
    );
    cleanUp.add(() => following.unsubscribe());
  }
}

function viewFor({ id, voter }: FastifyRequest, votes: Votes): PollView {
  const counts = new Map(meals.map((meal) => [meal, 0]));
  for (const meal of votes.values()) counts.set(meal, (counts.get(meal) ?? 0) + 1);
  return { requestId: id, voter, mine: votes.get(voter), votes: Object.fromEntries(counts) };
}
