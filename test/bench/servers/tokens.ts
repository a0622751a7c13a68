import jwt from 'jsonwebtoken';

/** The bench signs with the same. */
const SECRET = 'secret';

/** Whether a request has a token that is signed: the same work for every server. */
export function isSigned({
  headers,
}: {
  headers: { authorization?: string | undefined };
}): boolean {
  try {
    jwt.verify(headers.authorization?.slice('Bearer '.length) ?? '', SECRET);
    return true;
  } catch {
    return false;
  }
}
