import { binary, close, ping, text } from '../../support/raw/frames.js';
import { alsoByteByByte, PROTOCOL_ERROR, type ConformanceCase } from '../conformance-case.js';

export const reservedBits: readonly ConformanceCase[] = alsoByteByByte([
  { name: '3.1 a text with RSV 1', send: [text('Hello', { rsv: 1 })], see: PROTOCOL_ERROR },
  {
    name: '3.2 a good text, one with RSV 2, and a ping',
    send: [text('Hello'), text('Hello', { rsv: 2 }), ping()],
    see: ['text "Hello"', ...PROTOCOL_ERROR],
  },
  {
    name: '3.3 a good text, one with RSV 3, and a ping',
    send: [text('Hello'), text('Hello', { rsv: 3 }), ping()],
    see: ['text "Hello"', ...PROTOCOL_ERROR],
  },
  {
    name: '3.4 a good text, one with RSV 4, and a ping',
    send: [text('Hello'), text('Hello', { rsv: 4 }), ping()],
    see: ['text "Hello"', ...PROTOCOL_ERROR],
  },
  {
    name: '3.5 bytes with RSV 5',
    send: [binary(Buffer.of(0, 255), { rsv: 5 })],
    see: PROTOCOL_ERROR,
  },
  { name: '3.6 a ping with RSV 6', send: [ping('Hello', { rsv: 6 })], see: PROTOCOL_ERROR },
  { name: '3.7 a close with RSV 7', send: [{ ...close(1000), rsv: 7 }], see: PROTOCOL_ERROR },
]);

function reserved(section: string, first: number): ConformanceCase[] {
  const opcode = (offset: number): number => first + offset;
  return [
    {
      name: `${section}.1 the opcode ${opcode(0)}`,
      send: [{ opcode: opcode(0) }],
      see: PROTOCOL_ERROR,
    },
    {
      name: `${section}.2 the opcode ${opcode(1)} with a payload`,
      send: [{ opcode: opcode(1), payload: 'reserved' }],
      see: PROTOCOL_ERROR,
    },
    {
      name: `${section}.3 a good text, the opcode ${opcode(2)}, and a ping`,
      send: [text('Hello'), { opcode: opcode(2) }, ping()],
      see: ['text "Hello"', ...PROTOCOL_ERROR],
    },
    {
      name: `${section}.4 a good text, the opcode ${opcode(3)} with a payload, and a ping`,
      send: [text('Hello'), { opcode: opcode(3), payload: 'reserved' }, ping()],
      see: ['text "Hello"', ...PROTOCOL_ERROR],
    },
    {
      name: `${section}.5 a good text, the opcode ${opcode(4)} with a payload, and a ping`,
      send: [text('Hello'), { opcode: opcode(4), payload: 'reserved' }, ping()],
      see: ['text "Hello"', ...PROTOCOL_ERROR],
    },
  ];
}

export const opcodes: readonly ConformanceCase[] = alsoByteByByte([
  ...reserved('4.1', 0x3),
  ...reserved('4.2', 0xb),
]);
