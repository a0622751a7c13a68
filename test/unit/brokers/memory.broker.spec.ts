import { MemoryBroker } from 'nestjs-revali-ws';
import { brokerContract } from 'nestjs-revali-ws/testing';

brokerContract(() => new MemoryBroker());
