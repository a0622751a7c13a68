/** The path as a client may write it: a value for each parameter, without what is optional. */
export function clientPath(route: string): string {
  const path = route
    .replace(/\{[^{}]*\}/g, '')
    .replace(/:(\w+)/g, '1')
    .replace(/\*(\w+)/g, '$1');
  return `/${path}`;
}
