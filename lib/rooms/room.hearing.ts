/**
 * Whether everything that is published in a room without history comes: not before the broker has confirmed it for the
 * first time, and not since the link was lost. `told`: members know already, and more may be missing since.
 */
export type Hearing = 'unbegun' | 'whole' | 'broken' | 'told';

interface HearingRoom {
  hearing: Hearing;
  /** With history, positions tell what is missing. */
  readonly tail: object | undefined;
  tellGap(position: undefined): void;
}

/** The link is lost: nothing of the room comes any more. */
export function loseHearing(room: HearingRoom): void {
  if (!room.tail && room.hearing !== 'unbegun') room.hearing = 'broken';
}

/**
 * Something has come: members hear of what is missing before it. The broker's confirmation may come after the first
 * packets.
 *
 * @param isBack Whether the link is there again. If not, more may be missing later.
 */
export function resumeHearing(room: HearingRoom, isBack: boolean): void {
  const { hearing } = room;
  if (hearing === 'whole' || hearing === 'unbegun' || (hearing === 'told' && !isBack)) return;
  room.hearing = isBack ? 'whole' : 'told';
  room.tellGap(undefined);
}

/** The broker sends what is told there from now on. */
export function confirmHearing(room: HearingRoom): void {
  if (room.hearing === 'unbegun') room.hearing = 'whole';
  else resumeHearing(room, true);
}
