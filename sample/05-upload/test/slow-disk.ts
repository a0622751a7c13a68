import type { INestApplication } from '@nestjs/common';

import { gate, type Gate } from '../../../test/support/gate.js';
import { Uploads } from '../src/uploads.js';

/** A disk that writes nothing before the gate is opened. */
export function slowDisk(app: INestApplication): Gate {
  const disk = gate();
  const uploads = app.get(Uploads);
  const begin = uploads.begin.bind(uploads);
  uploads.begin = async (size) => {
    const upload = await begin(size);
    const write = upload.write.bind(upload);
    upload.write = (chunk) => disk.opened.then(() => write(chunk));
    return upload;
  };
  return disk;
}
