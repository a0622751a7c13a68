/**
 * Whether every message published in a room without history arrives. `unbegun`: the broker has not confirmed yet.
 * `broken`: the link was lost. `told`: members know already, and more may be missing since.
 */
export type Hearing = 'unbegun' | 'whole' | 'broken' | 'told';

interface HearingRoom {
  hearing: Hearing;
  /** With history, positions show what is missing. */
  readonly tail: object | undefined;
  tellGap(position: undefined): void;
}

/** The link is lost: the room gets no more messages. */
export function loseHearing(room: HearingRoom): void {
  if (!room.tail && room.hearing !== 'unbegun') room.hearing = 'broken';
}

/**
 * A packet came: members first learn of the gap before it. Packets may come before the broker's confirmation.
 *
 * @param isBack Whether the link is back. If not, more may be missing later.
 */
export function resumeHearing(room: HearingRoom, isBack: boolean): void {
  const { hearing } = room;
  if (hearing === 'whole' || hearing === 'unbegun' || (hearing === 'told' && !isBack)) return;
  room.hearing = isBack ? 'whole' : 'told';
  room.tellGap(undefined);
}

/** From now on, the broker sends the room's messages. */
export function confirmHearing(room: HearingRoom): void {
  if (room.hearing === 'unbegun') room.hearing = 'whole';
  else resumeHearing(room, true);
}
