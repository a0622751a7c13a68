import {
  Body,
  Controller,
  Injectable,
  Param,
  Query,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import {
  CleanUp,
  CloseWebSocket,
  Closes,
  OnConnect,
  OnMessage,
  Receives,
  Sends,
  WebSocket,
  WebSocketController,
} from 'nestjs-revali-ws';

/** Routes of every kind, for the page to show. */
@Controller('echo')
@ApiTags('Echo')
export class EchoController {
  @WebSocket()
  @ApiOperation({ summary: 'Says what it is told' })
  @Sends(String)
  echo(@Body() text: string): string {
    return text;
  }

  @WebSocket('bytes', { format: 'binary' })
  @ApiOperation({ summary: 'Turns bytes around' })
  bytes(@Body() bytes: Buffer): Buffer {
    return Buffer.from(bytes.toReversed());
  }

  @WebSocket('protocol', { protocols: { supported: ['v2.chat', 'v1.chat'], required: true } })
  @Sends(String)
  protocol(@Body() text: string): string {
    return text;
  }
}

export class Say {
  @ApiProperty({ description: 'What everybody in the room reads' })
  @IsString()
  @Length(1, 200)
  text: string = '';

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(5)
  stars?: number;
}

export class Mood {
  @IsIn(['glad', 'sad', 'sleepy'])
  mood: string = 'glad';
}

export class Said {
  @ApiProperty() from: string = '';
  @ApiProperty() text: string = '';
}

@WebSocketController('chat/:room', {
  errors: 'reply',
  messageRate: { limit: 50, per: 10_000 },
  idleTimeout: 600_000,
})
@ApiTags('Chat')
@Sends(Said)
@Closes({ 4409: 'The name is taken' })
export class ChatController {
  @OnConnect()
  welcome(@Param('room') room: string, @Query('name') name?: string): unknown {
    return { welcome: name ?? 'stranger', room };
  }

  @OnMessage('say')
  say(@Body() message: Say, @Query('name') name = 'stranger'): unknown {
    return { from: name, text: message.text };
  }

  @OnMessage('mood')
  mood(@Body() { mood }: Mood): unknown {
    return { mood };
  }

  @OnMessage('leave')
  leave(closer: CloseWebSocket): void {
    closer.close(4409, 'Taken');
  }
}

@Controller('feed')
@ApiTags('Feeds')
export class FeedController {
  @WebSocket('prices', { mode: 'sendOnly' })
  @ApiOperation({ summary: 'Three prices, and the end' })
  @Sends({ schema: { type: 'object', properties: { price: { type: 'number' } } }, name: 'Price' })
  *prices(): Generator<{ price: number }> {
    for (const price of [101.5, 102.25, 99]) yield { price };
  }

  @WebSocket('orders', { mode: 'receiveOnly' })
  @Receives({
    schema: { type: 'object', required: ['item'], properties: { item: { type: 'string' } } },
    name: 'Order',
    examples: [{ item: 'tea' }],
  })
  orders(@Body() _order: unknown): void {}
}

@Injectable()
class NoOneGuard implements CanActivate {
  canActivate(): boolean {
    throw new UnauthorizedException('A ticket is needed');
  }
}

@Controller('members')
@ApiTags('Members')
@ApiBearerAuth()
export class MembersController {
  @WebSocket('only')
  @UseGuards(NoOneGuard)
  @ApiOperation({ summary: 'Refuses everybody', deprecated: true })
  only(@Body() text: string): string {
    return text;
  }
}

export const CONTROLLERS = [EchoController, ChatController, FeedController, MembersController];

@Controller('flood')
export class FloodController {
  @WebSocket('', { mode: 'sendOnly' })
  *flood(): Generator<string> {
    for (let at = 0; at < 3000; at += 1) yield String(at);
  }
}

@Injectable()
class SilentGuard implements CanActivate {
  canActivate(): Promise<boolean> {
    return new Promise(() => undefined);
  }
}

@Controller('patience')
export class PatienceController {
  /** Connections that are open. */
  static open = 0;

  @WebSocket('tested')
  @UseGuards(SilentGuard)
  never(@Body() text: string): string {
    return text;
  }

  @WebSocket('counted', { triggerOnConnect: true })
  counted(cleanUp: CleanUp): void {
    PatienceController.open += 1;
    cleanUp.add(() => (PatienceController.open -= 1));
  }
}
