// A library of WebSocket routes. One source, compiled for each of the two module systems.
import 'reflect-metadata';
import {
  Body,
  Catch,
  Controller,
  Injectable,
  Module,
  UseFilters,
  type ExceptionFilter,
  type PipeTransform,
} from '@nestjs/common';
import {
  AsyncWebSocketSender,
  CleanUp,
  CloseWebSocket,
  CloseWebSocketException,
  Connection,
  InvalidPayloadException,
  RevaliWsMetrics,
  UseObservers,
  WebSocket,
  WebSocketConnection,
  WebSocketRoutes,
  WebSocketServers,
  type ConnectionOutcome,
  type WebSocketObserver,
} from 'nestjs-revali-ws';

export const seen: { outcomes: unknown[]; cleanUps: string[] } = { outcomes: [], cleanUps: [] };

@Injectable()
class Handles {
  constructor(
    readonly sender: AsyncWebSocketSender,
    readonly closer: CloseWebSocket,
    readonly cleanUp: CleanUp,
    readonly connection: WebSocketConnection,
  ) {}
}

@Injectable()
class Watch {
  constructor(
    readonly metrics: RevaliWsMetrics,
    readonly routes: WebSocketRoutes,
    readonly servers: WebSocketServers,
  ) {}
}

class OutcomeObserver implements WebSocketObserver {
  onClose(_context: unknown, { code }: ConnectionOutcome): void {
    seen.outcomes.push(code);
  }
}

@Catch(InvalidPayloadException)
class InvalidPayloadFilter implements ExceptionFilter<InvalidPayloadException> {
  catch({ name }: InvalidPayloadException): unknown {
    return { caught: name };
  }
}

class RefusingPipe implements PipeTransform {
  transform(): never {
    throw new InvalidPayloadException();
  }
}

@Controller()
class InjectingController {
  constructor(
    private readonly sender: AsyncWebSocketSender,
    private readonly handles: Handles,
    private readonly watch: Watch,
  ) {}

  @WebSocket('injected')
  @UseObservers(OutcomeObserver)
  async injected(@Body() message: string): Promise<void> {
    const { cleanUp, closer, connection, sender } = this.handles;
    const { metrics, routes, servers } = this.watch;
    cleanUp.add(() => seen.cleanUps.push(message));
    await this.sender.send(`sender: ${message}`);
    await sender.send({
      isConnection: connection instanceof WebSocketConnection,
      isOpen: connection.isOpen,
      open: metrics.snapshot().connections.open,
      routes: routes.all.length,
      attach: typeof servers.attach,
    });
    closer.close(4001, 'closer');
  }
}

@Controller()
class HandlingController {
  @WebSocket('parameters')
  async parameters(
    @Body() message: string,
    sender: AsyncWebSocketSender,
    @Connection() connection: WebSocketConnection,
  ): Promise<string> {
    await sender.send(connection instanceof WebSocketConnection);
    return message;
  }

  @WebSocket('throws')
  throws(): never {
    throw new CloseWebSocketException(4002, 'thrown');
  }

  @WebSocket('pipe')
  pipe(@Body(RefusingPipe) message: string): string {
    return message;
  }

  @UseFilters(InvalidPayloadFilter)
  @WebSocket('filter')
  filter(@Body() message: number): number {
    return message;
  }
}

@Module({
  controllers: [InjectingController, HandlingController],
  providers: [Handles, Watch],
})
export class LibraryModule {}
