// An application whose document does not depend on what is installed beside class-validator.
import 'reflect-metadata';
import { Body, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { OnMessage, RevaliWsModule, WebSocketController } from 'nestjs-revali-ws';
import { AsyncApiModule, createAsyncApiDocument } from 'nestjs-revali-ws-asyncapi';

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

const info = { title: 'Chat', version: '1.0.0' };

@Module({
  imports: [RevaliWsModule.forRoot(), AsyncApiModule.forRoot({ info })],
  controllers: [ChatController],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const document = await createAsyncApiDocument(app, { info });
  const response = await fetch(new URL('/async-api-json', await app.getUrl()));
  const served: unknown = await response.json();
  await app.close();
  process.stdout.write(JSON.stringify({ document, served }));
}

void main();
