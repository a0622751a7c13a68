import type { AbuseTheme } from '../abuse-case.js';
import { closing, control } from './control.js';
import { compression } from './deflate.js';
import { frames } from './frames.js';
import { halfHeads, halfOpen } from './half-open.js';
import { headers } from './headers.js';
import { limits } from './limits.js';
import { paths } from './paths.js';
import { payloads } from './payloads.js';
import { requests } from './requests.js';
import { utf8 } from './utf8.js';

export const themes: readonly AbuseTheme[] = [
  frames,
  control,
  closing,
  utf8,
  limits,
  compression,
  payloads,
  requests,
  headers,
  paths,
  halfOpen,
  halfHeads,
];
