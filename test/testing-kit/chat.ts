import {
  Body,
  Controller,
  Injectable,
  Module,
  UnauthorizedException,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import {
  RevaliWsModule,
  WebSocket,
  type HandshakeRequest,
  type WebSocketConnection,
} from 'nestjs-revali-ws';
import { map, type Observable } from 'rxjs';

@Injectable()
export class MemberGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<HandshakeRequest>();
    if (headers.authorization === undefined) throw new UnauthorizedException();
    return headers.authorization === 'Bearer member';
  }
}

export interface Said {
  readonly room: string;
  readonly text: string;
}

@Injectable()
export class RoomInterceptor implements NestInterceptor<string, Said> {
  intercept(context: ExecutionContext, next: CallHandler<string>): Observable<Said> {
    const { params } = context.switchToWs().getClient<WebSocketConnection>();
    return next.handle().pipe(map((text) => ({ room: String(params.room), text })));
  }
}

@Controller('chat')
@UseGuards(MemberGuard)
@UseInterceptors(RoomInterceptor)
export class ChatController {
  @WebSocket(':room')
  say(@Body() text: string): string {
    return text;
  }
}

@Module({ imports: [RevaliWsModule.forRoot()], controllers: [ChatController] })
export class ChatModule {}
