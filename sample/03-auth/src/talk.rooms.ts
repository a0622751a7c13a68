import { Rooms, Sends, WebSocketRooms } from 'nestjs-revali-ws';

/** The room of all members. */
export const EVERYBODY = 'everybody';

/** What members say. A page whose token expires catches up when it is back with a new one. */
@WebSocketRooms('talk', { history: { messages: 100, age: '5m' } })
@Sends({ title: 'Text', type: 'string' })
export class TalkRooms extends Rooms<string> {}
