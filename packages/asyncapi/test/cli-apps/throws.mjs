export function createApp() {
  throw new Error('DATABASE_URL is not set');
}
