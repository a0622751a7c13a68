import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  InternalServerErrorException,
  NotFoundException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { WsException } from '@nestjs/websockets';

import { answerOf } from '../../../lib/message/error.policy.js';
import {
  CloseWebSocketException,
  InvalidPayloadException,
} from '../../../lib/errors/revali-ws.exceptions.js';

const INTERNAL_REPLY = { error: { statusCode: 500, message: 'Internal server error' } };

describe("the policy 'close'", () => {
  it.each([
    ['CloseWebSocketException', new CloseWebSocketException(4001, 'Bye'), 4001, 'Bye'],
    ['an undecodable payload', new InvalidPayloadException(), 1007, 'Invalid payload'],
    ['400', new BadRequestException('Name is missing'), 1007, 'Name is missing'],
    ['422', new UnprocessableEntityException('Too short'), 1007, 'Too short'],
    ['403', new ForbiddenException('Not yours'), 1008, 'Not yours'],
    ['404', new NotFoundException('No such room'), 1008, 'No such room'],
    ['418', new HttpException('Teapot', 418), 1008, 'Teapot'],
    ['WsException', new WsException('Nope'), 1008, 'Nope'],
  ])('tells the client of %s', (_name, error, code, reason) => {
    expect(answerOf(error, 'close')).toEqual({ close: { code, reason }, isFault: false });
  });

  it.each([
    ['500', new InternalServerErrorException('secret')],
    ['503', new HttpException('secret', 503)],
    ['302', new HttpException('secret', 302)],
    ['an Error', new Error('secret')],
    ['a string', 'secret'],
    ['undefined', undefined],
    ['null', null],
    ['an object that looks like an HttpException', { getStatus: () => 400, message: 'secret' }],
  ])('tells nothing of %s', (_name, error) => {
    expect(answerOf(error, 'close')).toEqual({
      close: { code: 1011, reason: 'Internal server error' },
      isFault: true,
    });
  });

  it('cuts a long message to what a close frame holds', () => {
    const { close } = answerOf(new BadRequestException('é'.repeat(200)), 'close');
    expect(close?.reason).toBe('é'.repeat(61));
  });
});

describe("the policy 'reply'", () => {
  it('closes for CloseWebSocketException all the same', () => {
    expect(answerOf(new CloseWebSocketException(4001, 'Bye'), 'reply')).toEqual({
      close: { code: 4001, reason: 'Bye' },
      isFault: false,
    });
  });

  it.each([
    ['an undecodable payload', new InvalidPayloadException(new Error('secret')), 400],
    ['an HttpException with a text', new HttpException('Invalid payload', 409), 409],
  ])('replies to %s', (_name, error, statusCode) => {
    const reply = { error: { statusCode, message: 'Invalid payload' } };
    expect(answerOf(error, 'reply')).toEqual({ reply, isFault: false });
  });

  it("replies with an HttpException's own response", () => {
    const response = { message: ['name must be a string'], hint: 'see the docs' };
    expect(answerOf(new BadRequestException(response), 'reply').reply).toEqual({ error: response });
  });

  it("replies with a WsException's own error", () => {
    expect(answerOf(new WsException({ code: 'E1' }), 'reply').reply).toEqual({
      error: { code: 'E1' },
    });
    expect(answerOf(new WsException('Nope'), 'reply').reply).toMatchObject({
      error: { message: 'Nope' },
    });
  });

  it.each([
    ['500', new InternalServerErrorException('secret')],
    ['an Error', new Error('secret')],
  ])('tells nothing of %s', (_name, error) => {
    expect(answerOf(error, 'reply')).toEqual({ reply: INTERNAL_REPLY, isFault: true });
  });
});
