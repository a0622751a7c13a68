export function createApp() {
  process.exit(1);
}
