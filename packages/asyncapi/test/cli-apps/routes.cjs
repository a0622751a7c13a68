// What decorators do, for applications that no compiler has seen.
const { Controller, Module } = require('@nestjs/common');
const { RevaliWsModule, Sends, Receives, WebSocket } = require('nestjs-revali-ws');

class ChatController {
  say() {}
}
const handler = Object.getOwnPropertyDescriptor(ChatController.prototype, 'say');
WebSocket('chat/:room')(ChatController.prototype, 'say', handler);
const text = { type: 'object', properties: { text: { type: 'string' } } };
Receives({ schema: text, name: 'Say' })(ChatController.prototype, 'say', handler);
Sends({ schema: { type: 'string' }, name: 'Said' })(ChatController.prototype, 'say', handler);
Controller()(ChatController);

class Database {
  constructor() {
    throw new Error('There is no database here');
  }

  query() {}
}

class AppModule {}
Module({
  imports: [RevaliWsModule.forRoot()],
  controllers: [ChatController],
  providers: [Database],
})(AppModule);

class AsyncModule {}
Module({
  imports: [RevaliWsModule.forRootAsync({ useFactory: () => ({}) })],
  controllers: [ChatController],
})(AsyncModule);

module.exports = { AppModule, AsyncModule };
