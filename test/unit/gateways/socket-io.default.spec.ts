import { loadSocketIoDefault } from '../../../lib/gateways/socket-io.default.js';

class IoAdapter {}

const failing = (message: string) => (): Promise<object> => Promise.reject(new Error(message));

describe("Nest's default adapter", () => {
  it('is the class of the package', async () => {
    expect(await loadSocketIoDefault(() => Promise.resolve({ IoAdapter }))).toEqual({ IoAdapter });
  });

  it.each([
    "Cannot find package '@nestjs/platform-socket.io' imported from /app/node_modules/x/index.js",
    "Cannot find module '@nestjs/platform-socket.io'\nRequire stack:\n- /app/node_modules/x/index.js",
    "Cannot find module '@nestjs/platform-socket.io' from 'node_modules/x/index.js'",
    'Cannot find module "@nestjs/platform-socket.io" from "/app/x.js"',
    'Failed to resolve import "@nestjs/platform-socket.io" from "x.js"',
  ])('is none where the package is not installed: %s', async (message) => {
    expect(await loadSocketIoDefault(failing(message))).toBeUndefined();
  });

  it.each([
    "Cannot find module 'socket.io'\nRequire stack:\n- /app/node_modules/@nestjs/platform-socket.io/index.js",
    "Cannot find package 'socket.io' imported from '/app/node_modules/@nestjs/platform-socket.io/index.js'",
    'Unexpected token',
  ])("is Nest's to complain of where the package is broken: %s", async (message) => {
    expect(await loadSocketIoDefault(failing(message))).toEqual({ IoAdapter: undefined });
  });
});
