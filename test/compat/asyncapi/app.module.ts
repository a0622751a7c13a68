// An application whose document does not depend on what is installed beside class-validator.
import 'reflect-metadata';
import { Body, Module } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { OnMessage, RevaliWsModule, WebSocketController } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

class Tag {
  @IsString()
  name!: string;
}

class Say {
  @Length(1, 5)
  text!: string;

  @IsInt()
  @IsOptional()
  at?: number;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Tag)
  tags!: Tag[];
}

@WebSocketController('chat/:room')
class ChatController {
  @OnMessage('say')
  say(@Body() message: Say): Tag {
    return { name: message.text };
  }
}

export const info = { title: 'Chat', version: '1.0.0' };

@Module({
  imports: [RevaliWsModule.forRoot(), AsyncApiModule.forRoot({ info })],
  controllers: [ChatController],
})
export class AppModule {}
