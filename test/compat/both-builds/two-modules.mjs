// Both builds' modules in one application. Prints why it does not start.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loaders } from './builds.mjs';

const modules = [await loaders.esm.application(), loaders.cjs.application()];
class AppModule {}
Module({ imports: modules.map(({ RevaliWsModule }) => RevaliWsModule.forRoot()) })(AppModule);
await NestFactory.create(AppModule, { logger: false, abortOnError: false }).then(
  () => console.log('started'),
  (error) => console.log(error.message),
);
