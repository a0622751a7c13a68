// An application on one build with a library on the other. Prints what a client sees, as JSON.
//   node application.mjs esm|cjs library|application: which build the application has, and which loads first
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loaders } from './builds.mjs';

const [build, first] = process.argv.slice(2);
const other = build === 'esm' ? 'cjs' : 'esm';
const loading = [
  ['library', () => loaders[other].library()],
  ['application', () => loaders[build].application()],
];
if (first === 'application') loading.reverse();
const loaded = {};
for (const [name, load] of loading) loaded[name] = await load();
const { LibraryModule, seen } = loaded.library;
const { RevaliWsModule } = loaded.application;
const { connect } = await loaders[build].testing();

class AppModule {}
Module({ imports: [LibraryModule, RevaliWsModule.forRoot()] })(AppModule);
const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'], abortOnError: false });
await app.init();

/** The messages of an answer, and the close after them where there is one. */
async function ask(path, message, answers) {
  const socket = await connect(app, path);
  socket.send(message);
  const messages = [];
  while (messages.length < answers) messages.push(await socket.text());
  if (path === '/filter' || path === '/parameters') socket.close(1000);
  return [...messages, await socket.closed];
}

const result = {
  injected: await ask('/injected', 'hi', 2),
  parameters: await ask('/parameters', 'hi', 2),
  throws: await ask('/throws', 'hi', 0),
  pipe: await ask('/pipe', 'hi', 0),
  filter: await ask('/filter', 'not a number', 1),
};
await app.close();
console.log(JSON.stringify({ ...result, ...seen }));
