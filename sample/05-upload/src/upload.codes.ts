/** Close codes that the page explains: 4000 + the closest HTTP status. */
export enum UploadCode {
  /** No upload has this id, or it is over. */
  NotFound = 4404,
  /** Another connection is sending the content. */
  Taken = 4409,
  TooLarge = 4413,
  /** Canceled, cut off or stalled. */
  Interrupted = 4499,
}
