import { randomBytes } from 'node:crypto';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The voter: the same for all requests and handshakes of one browser. */
    voter: string;
  }
}

/**
 * A Fastify hook that identifies the voter of each request and handshake by a signed cookie. A browser without one
 * gets it with the response, which for a handshake is the 101.
 */
export function knowVoters(fastify: FastifyInstance): void {
  fastify.decorateRequest('voter', '');
  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
    request.voter = knownVoter(request) ?? newVoter(reply);
  });
}

function knownVoter(request: FastifyRequest): string | undefined {
  const { valid, value } = request.unsignCookie(request.cookies['voter'] ?? '');
  return valid ? value : undefined;
}

function newVoter(reply: FastifyReply): string {
  const voter = randomBytes(4).toString('hex');
  reply.setCookie('voter', voter, { path: '/', httpOnly: true, sameSite: 'strict', signed: true });
  return voter;
}
