// What an application has of each build of the package.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export const loaders = {
  esm: {
    application: () => import('nestjs-revali-ws'),
    testing: () => import('nestjs-revali-ws/testing'),
    library: () => import('./esm/library.js'),
  },
  cjs: {
    application: () => require('nestjs-revali-ws'),
    testing: () => require('nestjs-revali-ws/testing'),
    library: () => require('./cjs/library.js'),
  },
};
