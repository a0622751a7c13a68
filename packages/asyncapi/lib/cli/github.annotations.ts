import type { ChangeLevel, RouteChange } from '../comparison/route.change.js';
import { HIDDEN } from './terminal.js';

const COMMANDS: Readonly<Record<ChangeLevel, string>> = {
  breaking: 'error',
  risky: 'warning',
  added: 'notice',
};

/**
 * Writes a change as a command for GitHub's runner.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export function annotationOf({ level, route, direction, text }: RouteChange): string {
  const title = `${level}: ${route}`;
  return `::${COMMANDS[level]} title=${property(title)}::${data(`${direction}: ${text}`)}`;
}

function data(text: string): string {
  const escaped = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return escaped.replaceAll(HIDDEN, '?').replaceAll('##[', '# #[');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
