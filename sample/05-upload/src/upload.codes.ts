/** Close codes that the page explains: 4000 + the HTTP status that comes nearest. */
export enum UploadCode {
  /** There is none of that id, or it is over. */
  NotFound = 4404,
  /** Another connection brings the content. */
  Taken = 4409,
  TooLarge = 4413,
  /** Cancelled, cut off or stalled. */
  Interrupted = 4499,
}
