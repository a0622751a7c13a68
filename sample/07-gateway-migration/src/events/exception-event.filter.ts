import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { WsException, type WsResponse } from '@nestjs/websockets';

/** Returns what is sent: the `exception` event that Nest sends to a gateway's clients. */
@Catch(WsException, HttpException)
export class ExceptionEventFilter implements ExceptionFilter<WsException | HttpException> {
  catch({ message }: WsException | HttpException, host: ArgumentsHost): WsResponse {
    const ws = host.switchToWs();
    const cause = { pattern: ws.getPattern(), data: ws.getData<unknown>() };
    return { event: 'exception', data: { status: 'error', message, cause } };
  }
}
